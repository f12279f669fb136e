/**
 * How good completion is: a text is typed as by somebody who takes a word as soon as it is offered. Counted are
 *
 *   keystrokes saved          1 − keys / characters
 *   mean reciprocal rank      the mean of 1 / rank of the word among the suggestions, 0 where it is not there
 *
 * A word that is taken costs one key; all else is typed, a key a character: also the space after it. Ranks are of all
 * positions in words: before each of their characters, also where the word would have been taken before.
 */
import { refuseArgument } from "../argument-checks.js";
import { Turns } from "../breathe.js";
import { UserError } from "../errors.js";
import type { Completer } from "../generate/complete/completer.js";
import { isWordCharacter } from "../generate/complete/word-end.js";
import { checkOptions, checkValue } from "../options/check.js";
import { MEASURE_COMPLETION_OPTIONS } from "../options/command-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { openCorpus } from "../text/corpus/corpus.js";
import { countCharacters } from "../text/characters.js";
import type { ReadingInputs } from "./encode-inputs.js";
import { TextModel } from "./text-model.js";

/** Defaults are those of options/command-options.ts. */
export interface MeasureCompletionOptions extends ReadingInputs {
  /** Words that are completed at most, spread evenly over the text; what stands between them is only read. */
  readonly completionWords?: number;
  /** Called with the words completed, of `total`. */
  readonly onProgress?: ((words: number, total: number) => void) | undefined;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
}

/** With so many suggestions. */
export interface SuggestionsMeasure {
  readonly suggestions: number;
  /** Part of the keystrokes, from 0 to below 1. */
  readonly keystrokesSaved: number;
  readonly meanReciprocalRank: number;
}

export interface CompletionMeasure {
  /** Words that were completed, spread evenly over those of the text. */
  readonly words: number;
  readonly ofWords: number;
  /** Places in them at which suggestions were asked for. */
  readonly positions: number;
  /** With 1, 3 and 5 suggestions. */
  readonly measures: readonly SuggestionsMeasure[];
}

const SUGGESTIONS = [1, 3, 5] as const;
const MOST = SUGGESTIONS.at(-1)!;
/** Characters that are kept before they are read for good. */
const KEPT = 8192;

/**
 * Measures completion on files, folders, patterns, or "-" for standard input, which are read twice: to count the words, and
 * to complete some.
 * @throws UserError where the text cannot be read or has no words, for a model that follows one text; the signal's reason
 *   where that ended it
 */
export async function measureCompletion(
  model: TextModel,
  inputs: readonly string[],
  options: MeasureCompletionOptions = {},
): Promise<CompletionMeasure> {
  if (!(model instanceof TextModel))
    refuseArgument("The model to measure", model, "give one that load, train, adapt or ensemble returned");
  checkOptions("measureCompletion", options, MEASURE_COMPLETION_OPTIONS);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  const { completionWords, onProgress, onNotice, signal, ...reading } = options;
  const most = completionWords ?? MEASURE_COMPLETION_OPTIONS.completionWords.default;
  const completer = await model.completer();
  const corpus = await openCorpus(inputs, reading);
  try {
    for (const message of corpus.notices) onNotice?.(message);
    let ofWords = 0;
    for await (const _ of wordsOf(corpus.chunks())) {
      ofWords++;
      signal?.throwIfAborted();
    }
    if (ofWords === 0) throw new UserError(`There is no word in ${corpus.name}; give a text with some.`);
    const total = Math.min(most, ofWords);
    // Words that come before word i: of `total` in all, spread evenly.
    const before = (i: number): number => Math.floor((i * total) / ofWords);
    const counts = new Counts();
    const turns = new Turns();
    const lines = model.tokenizer.bosId !== undefined;
    let text = "";
    let index = 0;
    for await (const { gap, word } of wordsOf(corpus.chunks())) {
      text += gap;
      if (lines) text = text.slice(text.lastIndexOf("\n") + 1);
      else if (text.length > KEPT) text = text.slice(await completer.readOn(text));
      if (before(++index) > before(index - 1)) {
        counts.add(countCharacters(gap), await ranks(completer, text, word));
        onProgress?.(counts.words, total);
      }
      text += word;
      if (turns.due) await turns.give();
      signal?.throwIfAborted();
    }
    return { words: counts.words, ofWords, ...counts.measures() };
  } finally {
    corpus.dispose();
  }
}

/** By position in a word: the rank of its rest among the suggestions, from 1 on; Infinity where it is not there. */
async function ranks(completer: Completer, before: string, word: string): Promise<number[]> {
  const characters = [...word];
  const found: number[] = [];
  for (let typed = 0; typed < characters.length; typed++) {
    const begun = characters.slice(0, typed).join("");
    const rest = word.slice(begun.length);
    const suggested = await completer.complete(before + begun, { suggestions: MOST });
    const at = suggested.findIndex(({ text }) => text === rest);
    found.push(at < 0 ? Infinity : at + 1);
  }
  return found;
}

class Counts {
  words = 0;
  #characters = 0;
  #positions = 0;
  readonly #keys = SUGGESTIONS.map(() => 0);
  readonly #reciprocals = SUGGESTIONS.map(() => 0);

  /** @param gap characters before the word that are typed in any case @param ranked by position in the word */
  add(gap: number, ranked: readonly number[]): void {
    this.words++;
    this.#characters += gap + ranked.length;
    this.#positions += ranked.length;
    for (const [i, suggestions] of SUGGESTIONS.entries()) {
      const taken = ranked.findIndex((rank) => rank <= suggestions);
      this.#keys[i]! += gap + (taken < 0 ? ranked.length : taken + 1);
      for (const rank of ranked) if (rank <= suggestions) this.#reciprocals[i]! += 1 / rank;
    }
  }

  measures(): Pick<CompletionMeasure, "positions" | "measures"> {
    const measures = SUGGESTIONS.map((suggestions, i) => ({
      suggestions,
      keystrokesSaved: 1 - this.#keys[i]! / this.#characters,
      meanReciprocalRank: this.#reciprocals[i]! / this.#positions,
    }));
    return { positions: this.#positions, measures };
  }
}

/** The words of a text with what stands before each. @param chunks which never cut a character */
async function* wordsOf(
  chunks: AsyncIterable<string>,
): AsyncGenerator<{ readonly gap: string; readonly word: string }> {
  let gap = "";
  let word = "";
  const ended = () => {
    const found = { gap, word };
    gap = "";
    word = "";
    return found;
  };
  for await (const chunk of chunks) {
    for (const character of chunk) {
      if (isWordCharacter(character.codePointAt(0)!)) word += character;
      else {
        if (isWord(word)) yield ended();
        else {
          gap += word;
          word = "";
        }
        gap += character;
      }
    }
  }
  if (isWord(word)) yield ended();
}

/** Apostrophes alone are no word. */
const isWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);

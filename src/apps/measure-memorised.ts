/**
 * What a model gives away of the text that it was trained on: how much of what it writes stands there word by word, beside the
 * same of a text that it was not trained on; the longest passages; and the exposure of canaries.
 */
import { refuseArgument } from "../argument-checks.js";
import { Turns } from "../breathe.js";
import { option, sentence, UserError } from "../errors.js";
import { readJsonFile } from "../format/json-file.js";
import { parseCanaries } from "../memorised/canary-record.js";
import { TextIndex } from "../memorised/longest-matches.js";
import { longestPassages, placesOf } from "../memorised/passages.js";
import { type MatchedPiece, type Overlap, overlapOf } from "../memorised/shares.js";
import { blocksOf, unitsOf } from "../memorised/text-units.js";
import { checkBelonging, checkOptions } from "../options/check.js";
import { MEMORISED_OPTIONS } from "../options/memorised-options.js";
import { type Corpus, openCorpus } from "../text/corpus/corpus.js";
import type { ReadingInputs } from "./encode-inputs.js";
import { LoadedModel } from "./loaded-model.js";
import { spreadPieces } from "./spread-pieces.js";
import { type WritingOptions, writtenPieces } from "./written-pieces.js";
import { checkCanaries, measureExposure, type PatternExposure } from "./measure-exposure.js";

/** Ranges and defaults are those of options/memorised-options.ts. */
export interface MemorisedOptions extends ReadingInputs, WritingOptions {
  /** The text that the model was trained on: files, folders, patterns, or "-". */
  readonly train?: readonly string[];
  /** A like text that it was not trained on. */
  readonly heldOut?: readonly string[];
  /** Lengths of n-grams, ascending. */
  readonly orders?: readonly number[];
  /** How many of the longest passages. */
  readonly passages?: number;
  /** File of `plantCanaries`. */
  readonly canaries?: string;
  /** All lines of a canary's form are measured where there are no more than so many. */
  readonly exactUpTo?: number;
  /** Lines that are drawn where there are more. */
  readonly draws?: number;
  readonly onProgress?: ((progress: MemorisedProgress) => void) | undefined;
}

export interface MemorisedProgress {
  readonly doing: "writing" | "comparing" | "measuring canaries";
  /** From 0 to 1. */
  readonly done: number;
}

/** A passage that the model wrote and that stands in the training text. */
export interface MemorisedPassage {
  readonly text: string;
  /** In characters or words. */
  readonly length: number;
  /** How often it stands in the training text, and the line of the first, from 1: of all texts, one after the other. */
  readonly times: number;
  readonly line: number;
  /** The sample that has it, from 0: `generate` writes it with the seed `seed` + sample. */
  readonly sample: number;
}

export interface TextMemorised {
  /** What n-grams and lengths count. */
  readonly unit: "character" | "word";
  /** Units of the training text. */
  readonly trainUnits: number;
  readonly generated: Overlap;
  /** As many pieces of the held-out text, as long, spread evenly over it. */
  readonly heldOut?: Overlap;
  /** The longest first. */
  readonly passages: readonly MemorisedPassage[];
}

export interface Memorised {
  readonly seed: number;
  readonly temperature?: number;
  readonly text?: TextMemorised;
  readonly canaries?: readonly PatternExposure[];
}

const ORDERS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50] as const;
/** Units of the training text that are indexed at a time: at most 20 bytes each. */
const BLOCK = 1 << 23;

/**
 * Measures what a model gives away of its training text. A text of any size is read, in blocks of 8 million characters or
 * words of which some 170 MB of memory are taken, in time that grows with it.
 * @throws UserError for options that make no sense, texts and files that cannot be read, and canaries that the model cannot
 *   write; the signal's reason where that ended it
 */
export async function memorised(model: LoadedModel, options: MemorisedOptions): Promise<Memorised> {
  if (!(model instanceof LoadedModel))
    refuseArgument("The model", model, "give one that load or train returned");
  checkOptions("memorised", options, MEMORISED_OPTIONS);
  checkBelonging(options, MEMORISED_OPTIONS);
  const { train, canaries, exactUpTo, draws, onProgress, signal } = options;
  if (train === undefined && canaries === undefined)
    throw new UserError({
      option: "train",
      problem: sentence`There is nothing to compare the model with`,
      advice: sentence`give the text that it was trained on with ${option("train")}, or what was planted in it with ${option("canaries")}`,
    });
  const { seed = MEMORISED_OPTIONS.seed.default, temperature = MEMORISED_OPTIONS.temperature.default } =
    options;
  const record = canaries === undefined ? undefined : parseCanaries(await readJsonFile(canaries), canaries);
  // Before anything is written.
  if (record) checkCanaries(model.tokenizer, record);
  const text = train === undefined ? undefined : await compare(model, train, options);
  const exposures =
    record &&
    (await measureExposure(model, record, {
      exactUpTo: exactUpTo ?? MEMORISED_OPTIONS.exactUpTo.default,
      draws: draws ?? MEMORISED_OPTIONS.draws.default,
      seed,
      signal,
      onProgress: (done, total) => onProgress?.({ doing: "measuring canaries", done: done / total }),
    }));
  return { seed, ...(text && { temperature, text }), ...(exposures && { canaries: exposures }) };
}

async function compare(
  model: LoadedModel,
  train: readonly string[],
  options: MemorisedOptions,
): Promise<TextMemorised> {
  const { heldOut, orders = ORDERS, onProgress, signal } = options;
  const { encoding, field, stdin, onNotice } = options;
  const reading = {
    ...(encoding && { encoding }),
    ...(field !== undefined && { field }),
    ...(stdin && { stdin }),
  };
  const units = unitsOf(model.tokenizer);
  const isOfLines = model.tokenizer.bosId !== undefined;
  const opened: Corpus[] = [];
  const open = async (inputs: readonly string[]): Promise<Corpus> => {
    const corpus = await openCorpus(inputs, reading);
    opened.push(corpus);
    for (const message of corpus.notices) onNotice?.(message);
    return corpus;
  };
  try {
    // Both, before anything is written.
    const training = await open(train);
    const other = heldOut && (await open(heldOut));
    const written = await writtenPieces(model, units, options, (done) =>
      onProgress?.({ doing: "writing", done }),
    );
    const aside =
      other &&
      (await spreadPieces(
        () => units.ofText(other.chunks()),
        written,
        isOfLines ? units.newline : undefined,
      ));
    const pieces = [...written, ...(aside ?? [])];
    let read = 0;
    const trainingUnits = async function* (pass: 0 | 1) {
      for await (const piece of units.ofText(training.chunks((done) => (read = done)))) {
        signal?.throwIfAborted();
        yield piece;
      }
      onProgress?.({ doing: "comparing", done: (pass + 1) / 2 });
    };
    const longest = Math.max(1, ...pieces.map((piece) => piece.units.length));
    const trainUnits = await match(
      pieces,
      blocksOf(trainingUnits(0), Math.max(BLOCK, longest), longest - 1),
      (done) => {
        signal?.throwIfAborted();
        onProgress?.({ doing: "comparing", done: ((read / training.bytes) * done) / 2 });
      },
    );
    const passages = longestPassages(written, options.passages ?? MEMORISED_OPTIONS.passages.default);
    const overlap = Math.max(1, ...passages.map((passage) => passage.units.length)) - 1;
    const places =
      passages.length === 0
        ? []
        : await placesOf(
            passages,
            blocksOf(trainingUnits(1), Math.max(BLOCK, overlap), overlap),
            units.newline,
          );
    return {
      unit: units.noun,
      trainUnits,
      generated: overlapOf(written, orders),
      ...(aside && { heldOut: overlapOf(aside, orders) }),
      passages: passages.map((passage, i) => ({
        text: units.textOf(passage.units),
        length: passage.units.length,
        ...places[i]!,
        sample: passage.piece,
      })),
    };
  } finally {
    for (const corpus of opened) corpus.dispose();
  }
}

/** Finds the longest matches of all pieces in a text, block by block. @returns units of the text */
async function match(
  pieces: readonly MatchedPiece[],
  blocks: ReturnType<typeof blocksOf>,
  onDone: (part: number) => void,
): Promise<number> {
  const turns = new Turns();
  let count = 0;
  for await (const { units, own, before } of blocks) {
    count = before + own;
    const index = new TextIndex(units);
    for (const [i, piece] of pieces.entries()) {
      index.raise(piece.units, piece.lengths);
      if (!turns.due) continue;
      await turns.give();
      onDone((i + 1) / pieces.length);
    }
  }
  return count - 1;
}

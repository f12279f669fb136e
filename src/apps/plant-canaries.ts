/** Plants canaries in a text, so that one can measure afterwards what a model that was trained on it gives away of them. */
import { resolve } from "node:path";
import { option, sentence, UserError } from "../errors.js";
import { Random } from "../engine/random.js";
import { writeFileAtomic } from "../format/atomic-file.js";
import { writeJsonFile } from "../format/json-file.js";
import { checkNotThere } from "../format/existing-file.js";
import { CanaryPattern, checkPattern, fillingCharacters, hasWords } from "../memorised/canary-pattern.js";
import { type Canary, canaryRecordJson } from "../memorised/canary-record.js";
import { checkOptions, checkValue } from "../options/check.js";
import { PLANT_OPTIONS } from "../options/memorised-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { shown } from "../shown.js";
import { countCharacters } from "../text/characters.js";
import { type Corpus, openCorpus } from "../text/corpus/corpus.js";
import { linesOf } from "../text/corpus/lines.js";
import { charactersToTrainOn } from "../text/corpus/split.js";
import { mayBeHeldOut } from "../text/corpus/split-lines.js";
import type { ReadingInputs } from "./encode-inputs.js";

/** Ranges and defaults are those of options/memorised-options.ts. */
export interface PlantOptions extends ReadingInputs {
  /** Lines with holes `{digits:n}`, `{letters:n}`, `{words:n}`. */
  readonly pattern?: readonly string[];
  /** How often canaries stand in the text. */
  readonly times?: number | readonly number[];
  /** Canaries of each pattern for each of these. */
  readonly each?: number;
  readonly seed?: number;
  /** File for the text with the canaries in it. */
  readonly out: string;
  /** File for what was planted; default: `out` with .canaries.json after it. */
  readonly canaries?: string;
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface PlantedCanaries {
  readonly out: string;
  readonly record: string;
  readonly canaries: readonly Canary[];
  /** Lines that were added to the text. */
  readonly lines: number;
}

const USUAL_PATTERN = "My number is {digits:6}.";
const USUAL_TIMES = [0, 1, 4, 16];
/** Words that fill holes: the most frequent of those that stand so often at least, so that a model has them. */
const MOST_WORDS = 1000;
const LEAST_COUNT = 5;
/** Lower-case letters between white space. */
const WORD = /(?<=^|\s)\p{Ll}{3,}(?=\s|$)/gu;

/**
 * Writes a text again with lines of random content at random places, all in the part that is trained on where no other text
 * to validate on is given, also with `lines`; and beside it a file that says which they are.
 * @param inputs files, folders, patterns, or "-"
 * @throws UserError for options that make no sense, a text that cannot be read, or is too short for so many lines; files that are
 *   there stay as they are. The signal's reason where that ended it
 */
export async function plantCanaries(
  inputs: readonly string[],
  options: PlantOptions,
): Promise<PlantedCanaries> {
  checkOptions("plantCanaries", options, PLANT_OPTIONS);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  const {
    pattern: patterns = [USUAL_PATTERN],
    times: given = USUAL_TIMES,
    signal,
    onNotice,
    ...rest
  } = options;
  const { each = PLANT_OPTIONS.each.default, seed = PLANT_OPTIONS.seed.default, ...files } = rest;
  const { out, canaries: record = `${out}.canaries.json`, overwrite = false, ...reading } = files;
  if (record === out)
    throw new UserError({
      option: "canaries",
      problem: sentence`${option("canaries")} and ${option("out")} are the same file`,
      advice: "give two",
    });
  for (const path of [out, record]) checkNotThere(path, overwrite);
  if (patterns.length === 0)
    throw new UserError({
      option: "pattern",
      problem: sentence`${option("pattern")} is an empty list`,
      advice: "give a line with a hole, or leave it out",
    });
  // Patterns that make no sense are told before a text is read.
  for (const one of patterns) checkPattern(one);
  const times = [given].flat();
  const random = new Random(seed);
  const corpus = await openCorpus(inputs, reading);
  try {
    for (const path of [out, record])
      if (corpus.files.some((file) => resolve(file.path) === resolve(path)))
        throw new UserError({
          option: path === out ? "out" : "canaries",
          problem: `${path} is one of the texts that canaries are to be planted in`,
          advice: "choose another name: the text stays as it is",
        });
    for (const message of corpus.notices) onNotice?.(message);
    const { characters, words, missing } = await survey(corpus, patterns, signal);
    const canaries = [...new Set(patterns)].flatMap((one) =>
      drawCanaries(new CanaryPattern(one, words), times, each, random),
    );
    const lines = canaries.flatMap(({ line, times: n }) => new Array<string>(n).fill(line));
    const planted = lines.reduce((sum, line) => sum + countCharacters(line) + 1, 0);
    // Where the part that is trained on ends moves by less than what is planted.
    const room = charactersToTrainOn(characters) - planted;
    if (room <= 0)
      throw new UserError(
        `The text has ${characters.toLocaleString("en")} characters and the canaries ${planted.toLocaleString("en")}, too many for it; give a longer text, or plant fewer.`,
      );
    const lacking = [...missing].filter((character) => !lines.some((line) => line.includes(character)));
    if (lacking.length > 0)
      onNotice?.(
        `Neither text nor canaries have ${lacking.join(" ")}, which may fill holes: a model of characters will not know them, and its canaries cannot be measured.`,
      );
    const places = lines.map((line) => ({ line, at: random.below(room) })).toSorted((a, b) => a.at - b.at);
    await writeFileAtomic(out, encoded(withLines(corpus.chunks(), places, room, signal)));
    await writeJsonFile(record, canaryRecordJson({ seed, canaries, words }));
    return { out, record, canaries, lines: lines.length };
  } finally {
    corpus.dispose();
  }
}

interface TextSurvey {
  readonly characters: number;
  /** What fills holes of words. */
  readonly words: readonly string[];
  /** Characters that may fill holes, and that the text has not. */
  readonly missing: ReadonlySet<string>;
}

async function survey(
  corpus: Corpus,
  patterns: readonly string[],
  signal: AbortSignal | undefined,
): Promise<TextSurvey> {
  const countsWords = patterns.some(hasWords);
  const missing = new Set(patterns.flatMap(fillingCharacters));
  let characters = 0;
  const counts = new Map<string, number>();
  for await (const group of linesOf(corpus.chunks(), { name: corpus.name })) {
    signal?.throwIfAborted();
    for (const line of group) {
      characters += countCharacters(line) + 1;
      for (const character of missing) if (line.includes(character)) missing.delete(character);
      if (countsWords)
        for (const [word] of line.matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  const words = [...counts]
    .filter(([, count]) => count >= LEAST_COUNT)
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(([word]) => word);
  if (countsWords && words.length < 2)
    throw new UserError({
      option: "pattern",
      problem: `${corpus.name} has no two words of lower-case letters that stand ${LEAST_COUNT} times in it, to fill {words:n}`,
      advice: "take a pattern of {digits:n} or {letters:n}, or give a longer text",
    });
  return { characters, words, missing };
}

/** All different, and none that a run over lines may hold out. */
function drawCanaries(form: CanaryPattern, times: readonly number[], each: number, random: Random): Canary[] {
  const wanted = times.length * each;
  const drawn = new Map<string, readonly number[]>();
  // A tenth of all lines is left out: with so much room, draws find the rest.
  if (form.size < 4 * wanted)
    throw new UserError({
      option: "pattern",
      problem: `The pattern ${shown(form.pattern)} has ${form.size} different lines, too few to draw ${wanted} of them`,
      advice: "make its holes longer",
    });
  for (let tries = 0; drawn.size < wanted; tries++) {
    const choices = form.radices.map((radix) => random.below(radix));
    const line = form.line(choices);
    if (!mayBeHeldOut(line) || tries > 1000 * wanted) drawn.set(line, choices);
  }
  return [...drawn].map(([line, choices], i) => ({
    pattern: form.pattern,
    choices,
    line,
    times: times[Math.floor(i / each)]!,
  }));
}

interface Place {
  readonly line: string;
  /** Characters before it, at least; it follows the next line end. */
  readonly at: number;
}

/** @param end characters before which all lines have to stand: those drawn for a line that reaches over it stand before that */
async function* withLines(
  chunks: AsyncIterable<string>,
  places: readonly Place[],
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  let characters = 0;
  let next = 0;
  for await (const group of linesOf(chunks)) {
    signal?.throwIfAborted();
    let text = "";
    const plant = (until: number): void => {
      while (next < places.length && places[next]!.at < until) text += `${places[next++]!.line}\n`;
    };
    for (const line of group) {
      characters += countCharacters(line) + 1;
      if (characters > end) plant(Infinity);
      text += `${line}\n`;
      if (characters <= end) plant(characters);
    }
    yield text;
  }
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}

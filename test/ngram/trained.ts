/** n-gram models of small texts, for tests. */
import { Random } from "../../src/engine/random.js";
import { kneserNey } from "../../src/ngram/kneser-ney.js";
import { NgramCounter } from "../../src/ngram/ngram-counter.js";
import { type Cutting, kindOf } from "../../src/ngram/cutting.js";
import { BEGIN_ID, END_ID, readSentences } from "../../src/ngram/read-sentences.js";

const BY_SPACES: Cutting = { tokens: "word", wordMode: "whitespace" };

interface Training {
  readonly order: number;
  /** By length; default: nothing is left out. */
  readonly prune?: readonly number[];
  /** Bytes to count in; default: as many as wanted. */
  readonly memory?: number;
  readonly cutting?: Cutting;
}

export async function trained(
  chunks: readonly string[],
  { order, prune, memory = Infinity, cutting = BY_SPACES }: Training,
) {
  const counter = new NgramCounter({ order, beginId: BEGIN_ID, endId: END_ID, memory });
  try {
    const push = (id: number): void => counter.push(id);
    const { words, sentences } = await readSentences(chunks, cutting, push);
    const levels = await counter.finish(words.length);
    const limits = prune ?? new Array<number>(order).fill(0);
    const smoothed = await kneserNey(levels, { words, beginId: BEGIN_ID, cutting: kindOf(cutting) }, limits);
    return { ...smoothed, sentences, onDisk: counter.onDisk };
  } finally {
    counter.close();
  }
}

/** Sentences of few words, so that all counts from 1 to 4 occur at every length. */
export function randomText(lines: number, words: number): string {
  const random = new Random(5);
  const word = () => `w${Math.floor(random.next() ** 2 * words)}`;
  return Array.from(
    { length: lines },
    () => `${Array.from({ length: Math.floor(random.next() * 8) }, word).join(" ")}\n`,
  ).join("");
}

/** Words that come after 1, 2, 3 and 4 others, so that the discounts of unigrams can be estimated: 8, 4, 2 and 1 of them. */
export function rareWords(): string {
  const lines: string[] = [];
  for (let k = 1; k <= 4; k++)
    for (let j = 0; j < 16 / 2 ** k; j++) for (let i = 0; i < k; i++) lines.push(`w${i} r${k}-${j}\n`);
  return lines.join("");
}

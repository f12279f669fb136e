/** Holds out a part of a text for validation, in bounded memory. */
import { dropoutBits } from "../engine/random.js";
import { countCharacters } from "./encode.js";
import { linesOf } from "./lines.js";

/** A text that can be read again and again. */
export type Chunks = () => AsyncIterable<string>;

export interface Split {
  readonly train: Chunks;
  readonly valid: Chunks;
  /** Characters to train on; counted only for running text, an estimate for lines. */
  readonly trainCharacters: number;
}

/** Part of a text that is held out by default. */
export const HOLD_OUT = 0.1;

/** Number of characters (code points) of a text. */
export async function characterCount(chunks: Chunks): Promise<number> {
  let count = 0;
  for await (const chunk of chunks()) count += countCharacters(chunk);
  return count;
}

/**
 * Running text: the last `fraction` of the characters, exactly: the first ⌊(1 − fraction) · n⌋ are trained on. Lines:
 * each is held out or not by a hash of its number, so that neighbours are not together and the choice never changes.
 */
export async function splitText(chunks: Chunks, lines: boolean, fraction = HOLD_OUT): Promise<Split> {
  const total = await characterCount(chunks);
  const trainCharacters = Math.floor((1 - fraction) * total);
  if (lines) {
    const threshold = fraction * 2 ** 32;
    return {
      train: () => someLines(chunks, (number) => dropoutBits([0, 0], number) >= threshold),
      valid: () => someLines(chunks, (number) => dropoutBits([0, 0], number) < threshold),
      trainCharacters,
    };
  }
  return {
    train: () => before(chunks, trainCharacters),
    valid: () => after(chunks, trainCharacters),
    trainCharacters,
  };
}

async function* someLines(chunks: Chunks, keep: (number: number) => boolean): AsyncGenerator<string> {
  let number = 0;
  for await (const line of linesOf(chunks())) if (keep(number++)) yield `${line}\n`;
}

/** UTF-16 index of the character number `count`. */
function indexOfCharacter(text: string, count: number): number {
  let index = 0;
  for (let i = 0; i < count; i++) index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  return index;
}

async function* before(chunks: Chunks, count: number): AsyncGenerator<string> {
  let left = count;
  for await (const chunk of chunks()) {
    const here = countCharacters(chunk);
    if (here < left) yield chunk;
    else {
      yield chunk.slice(0, indexOfCharacter(chunk, left));
      return;
    }
    left -= here;
  }
}

async function* after(chunks: Chunks, count: number): AsyncGenerator<string> {
  let left = count;
  for await (const chunk of chunks()) {
    const here = left > 0 ? countCharacters(chunk) : 0;
    if (left === 0) yield chunk;
    else if (here > left) yield chunk.slice(indexOfCharacter(chunk, left));
    left = Math.max(0, left - here);
  }
}

/** Holds out a part of a text for validation, in bounded memory. */
import { option, sentence, UserError } from "../../errors.js";
import { countCharacters } from "../characters.js";
import { mix } from "../line-hash.js";
import { linesOf } from "./lines.js";
import { TextKey } from "./text-key.js";

/** A text that can be read again and again. */
export type Chunks = () => AsyncIterable<string>;

export interface Split {
  readonly train: Chunks;
  readonly valid: Chunks;
  /** Characters (code points) to train on. */
  readonly trainCharacters: number;
  /** Of the whole text; see TextKey. */
  readonly key: string;
}

/** The result of one reading of a text. */
export interface Survey {
  /** Code points. */
  readonly characters: number;
  /** See TextKey. */
  readonly key: string;
}

/** Part of a text that is held out by default. */
export const HOLD_OUT = 0.1;
/** Characters that are held out at most: enough to measure on, also of a text of gigabytes. */
const MOST_HELD_OUT = 1_000_000;

/** Reads a text to its end. */
export async function survey(chunks: Chunks): Promise<Survey> {
  const key = new TextKey();
  let characters = 0;
  for await (const chunk of key.reading(chunks())) characters += countCharacters(chunk);
  return { characters, key: key.value };
}

/**
 * Running text: the last `fraction` of the characters, exactly: the first ⌊(1 − fraction) · n⌋ are trained on. Lines:
 * each is held out or not by a hash of its text, so that the choice does not depend on their order or number, and no
 * line is on both sides; about the fraction of the distinct lines is held out, and at least one is on each side. Of
 * large texts MOST_HELD_OUT characters are held out (of lines, about as many), which is less than the fraction.
 * @param chunks never cut a surrogate pair
 * @throws UserError where all lines are equal
 */
export async function splitText(chunks: Chunks, lines: boolean, fraction = HOLD_OUT): Promise<Split> {
  if (!(fraction > 0 && fraction < 1)) {
    throw new UserError(`A part of ${fraction} cannot be held out; give a number between 0 and 1.`);
  }
  if (lines) return splitLines(chunks, fraction);
  const { characters: total, key } = await survey(chunks);
  const trainCharacters = Math.max(Math.floor((1 - fraction) * total), total - MOST_HELD_OUT);
  return {
    train: () => before(chunks, trainCharacters),
    valid: () => after(chunks, trainCharacters),
    trainCharacters,
    key,
  };
}

async function splitLines(chunks: Chunks, fraction: number): Promise<Split> {
  const key = new TextKey();
  const byFraction = fraction * 2 ** 32;
  let least = Infinity;
  let most = -Infinity;
  let total = 0;
  let held = 0;
  for await (const group of linesOf(key.reading(chunks()))) {
    for (const line of group) {
      if (isBlank(line)) continue;
      const hash = hashOf(line);
      const characters = countCharacters(line) + 1;
      least = Math.min(least, hash);
      most = Math.max(most, hash);
      total += characters;
      if (hash < byFraction) held += characters;
    }
  }
  if (least === most) {
    throw new UserError({
      option: "valid",
      problem: "All lines say the same, so none can be held out to measure on",
      advice: sentence`give more lines, or a text to validate on with ${option("valid")}`,
    });
  }
  const wanted = Math.floor(byFraction * Math.min(1, MOST_HELD_OUT / held));
  // Few lines may all fall on one side: then the nearest one is held out, or all but one.
  const threshold = Math.min(Math.max(wanted, least + 1), most);
  return {
    train: () => someLines(chunks, (line) => hashOf(line) >= threshold),
    valid: () => someLines(chunks, (line) => hashOf(line) < threshold),
    trainCharacters:
      threshold === wanted ? total - Math.min(held, MOST_HELD_OUT) : Math.floor((1 - fraction) * total),
    key: key.value,
  };
}

/** Such a line is not a sequence and is skipped everywhere. */
function isBlank(line: string): boolean {
  return line.trim() === "";
}

/** 32 bits of a text: FNV-1a over its UTF-16 units, then mixed, so that each bit counts in each. */
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}

async function* someLines(chunks: Chunks, keep: (line: string) => boolean): AsyncGenerator<string> {
  for await (const group of linesOf(chunks())) {
    const kept = group.filter((line) => !isBlank(line) && keep(line));
    if (kept.length > 0) yield `${kept.join("\n")}\n`;
  }
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
    if (here >= left) {
      if (left > 0) yield chunk.slice(0, indexOfCharacter(chunk, left));
      return;
    }
    yield chunk;
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

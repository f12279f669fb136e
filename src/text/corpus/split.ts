/** Holds out a part of a text for validation, in bounded memory. */
import { UserError } from "../../errors.js";
import { loadPart } from "../../load-part.js";
import { countCharacters } from "../characters.js";
import { type Chunks, HOLD_OUT, MOST_HELD_OUT, type Split } from "./held-out.js";
import { TextKey } from "./text-key.js";

export { type Chunks, HOLD_OUT, type Split };

/** The result of one reading of a text. */
export interface Survey {
  /** Code points. */
  readonly characters: number;
  /** See TextKey. */
  readonly key: string;
}

/** Reads a text to its end. */
export async function survey(chunks: Chunks): Promise<Survey> {
  const key = new TextKey();
  let characters = 0;
  for await (const chunk of key.reading(chunks())) characters += countCharacters(chunk);
  return { characters, key: key.value };
}

/** Of a running text with so many characters those that come first are trained on, and the others held out. */
export function charactersToTrainOn(total: number, fraction = HOLD_OUT): number {
  return Math.max(Math.floor((1 - fraction) * total), total - MOST_HELD_OUT);
}

/**
 * Running text: the last `fraction` of the characters, exactly: the first ⌊(1 − fraction) · n⌋ are trained on. Lines: see
 * split-lines.ts. Of large texts MOST_HELD_OUT characters are held out (of lines, about as many), which is less than the
 * fraction.
 * @param chunks never cut a surrogate pair
 * @throws UserError where all lines are equal
 */
export async function splitText(chunks: Chunks, lines: boolean, fraction = HOLD_OUT): Promise<Split> {
  if (!(fraction > 0 && fraction < 1)) {
    throw new UserError(`A part of ${fraction} cannot be held out; give a number between 0 and 1.`);
  }
  if (lines) {
    const { splitLines } = await loadPart(import("./split-lines.js"));
    return splitLines(chunks, fraction);
  }
  const { characters: total, key } = await survey(chunks);
  const trainCharacters = charactersToTrainOn(total, fraction);
  return {
    train: () => before(chunks, trainCharacters),
    valid: () => after(chunks, trainCharacters),
    trainCharacters,
    key,
  };
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

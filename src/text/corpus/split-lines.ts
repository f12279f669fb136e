/**
 * Holds out lines: each is held out or not by a hash of its text, so that the choice does not depend on their order or
 * number, and no line is on both sides; about the fraction of the distinct lines is held out, and at least one is on each
 * side. Loaded with the first text of lines.
 */
import { option, sentence, UserError } from "../../errors.js";
import { countCharacters } from "../characters.js";
import { mix } from "../line-hash.js";
import { type Chunks, HOLD_OUT, MOST_HELD_OUT, type Split } from "./held-out.js";
import { linesOf } from "./lines.js";
import { TextKey } from "./text-key.js";

/** Whether a line may be held out by default, where every line is a sequence of its own. */
export const mayBeHeldOut = (line: string): boolean => hashOf(line) < HOLD_OUT * 2 ** 32;

/** @throws UserError where all lines are equal */
export async function splitLines(chunks: Chunks, fraction: number): Promise<Split> {
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

/** Text without a place to cut it is cut by its length, wherever the chunks end. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LONGEST_PIECE } from "../../src/text/limits.js";
import { lastCharacterCut } from "../../src/text/tokenizers/code-points.js";
import { HeldText, type LastCut } from "../../src/text/tokenizers/held-text.js";
import { forEachPreToken, lastPreTokenCut } from "../../src/text/tokenizers/pre-tokens.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import type { Tokenizer, TokenizerKind } from "../../src/text/tokenizers/tokenizer.js";
import { forEachWord, lastWordCut } from "../../src/text/tokenizers/word-splitter.js";
import { anyUnits, awkwardText } from "./tokenizer-samples.js";

function pieces(lastCut: LastCut, longest: number, chunks: readonly string[]): string[] {
  const held = new HeldText(lastCut, longest);
  return [...chunks.flatMap((chunk) => [...held.push(chunk)]), held.end()];
}

/** The words, pre-tokens or characters of a text that may be taken on its own. */
type Atoms = (text: string, onAtom: (atom: string) => void) => void;

/** Those of a text in chunks. */
function atomsOf(lastCut: LastCut, longest: number, chunks: readonly string[], atoms: Atoms): string[] {
  const found: string[] = [];
  for (const piece of pieces(lastCut, longest, chunks)) atoms(piece, (atom) => found.push(atom));
  return found;
}

describe.each([
  ["words", lastWordCut, (text, onWord) => forEachWord(text, "unicode", onWord)],
  ["pre-tokens", lastPreTokenCut, forEachPreToken],
  ["characters", lastCharacterCut, (text, onCharacter) => Array.from(text).forEach(onCharacter)],
] satisfies [string, LastCut, Atoms][])("%s", (_name, lastCut, atoms) => {
  const text = fc.oneof(awkwardText, anyUnits, fc.stringMatching(/^[ab ]{0,60}$/));
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  test("no piece is longer than it may be, and nothing is lost", () => {
    fc.assert(
      fc.property(text, cuts, fc.integer({ min: 2, max: 12 }), (whole, places, longest) => {
        const chunks = cutAt(whole, places);
        const found = pieces(lastCut, longest, chunks);
        expect(found.join("")).toBe(whole);
        for (const piece of found) expect(piece.length).toBeLessThanOrEqual(longest);
      }),
      { numRuns: 1000 },
    );
  });

  test("what comes out does not depend on the chunks, also where it is cut by force", () => {
    fc.assert(
      fc.property(text, cuts, fc.integer({ min: 4, max: 12 }), (whole, places, longest) => {
        const inChunks = atomsOf(lastCut, longest, cutAt(whole, places), atoms);
        expect(inChunks).toEqual(atomsOf(lastCut, longest, [whole], atoms));
      }),
      { numRuns: 1000 },
    );
  });
});

function cutAt(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted((a, b) => a - b);
  return places.slice(1).map((end, i) => text.slice(places[i], end));
}

describe("one word longer than a piece may be", () => {
  const long = "x".repeat(LONGEST_PIECE + 70_000);

  function* chunks(): Generator<string> {
    for (let from = 0; from < long.length; from += 1 << 20) yield long.slice(from, from + (1 << 20));
  }

  async function inChunks(tokenizer: Tokenizer): Promise<number> {
    const stream = tokenizer.encodeStream();
    let count = 0;
    for (const chunk of chunks()) count += stream.push(chunk).length;
    return count + stream.end().length;
  }

  test.each<TokenizerKind>(["word", "bpe", "char"])(
    "%s: learned from, and encoded whole as in chunks",
    async (kind) => {
      const tokenizer = await trainTokenizer(kind, ["a b ", "a b x ", ...chunks()], {
        ...(kind === "bpe" && { vocabSize: 258 }),
      });
      const whole = tokenizer.encode(long).length;
      expect(whole).toBeGreaterThan(0);
      expect(await inChunks(tokenizer)).toBe(whole);
      if (kind === "word") expect(whole).toBe(2);
    },
    60_000,
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { trainTokenizer } from "../../src/index.js";
import { TextIndex } from "../../src/memorised/longest-matches.js";
import { longestPassages, placesOf } from "../../src/memorised/passages.js";
import { type MatchedPiece, overlapOf } from "../../src/memorised/shares.js";
import { blocksOf, NOWHERE, unitsOf } from "../../src/memorised/text-units.js";

async function* pieces<Piece>(...all: Piece[]): AsyncGenerator<Piece> {
  yield* all;
}

async function gathered<Piece>(all: AsyncIterable<Piece>): Promise<Piece[]> {
  const list: Piece[] = [];
  for await (const one of all) list.push(one);
  return list;
}

const smallText = fc.array(fc.nat({ max: 2 }), { maxLength: 60 });

test("blocks are the text, each with the beginning of the next", async () => {
  await fc.assert(
    fc.asyncProperty(
      smallText,
      fc.integer({ min: 1, max: 9 }),
      fc.nat({ max: 9 }),
      fc.integer({ min: 1, max: 7 }),
      async (text, size, overlap, cut) => {
        const parts = Array.from({ length: Math.ceil(text.length / cut) }, (_, i) =>
          Int32Array.from(text.slice(i * cut, (i + 1) * cut)),
        );
        const blocks = await gathered(blocksOf(pieces(...parts), size, overlap));
        const own = blocks.flatMap((block) => [...block.units.subarray(0, block.own)]);
        expect(own).toEqual(text);
        for (const [b, { units, before, own: count }] of blocks.entries()) {
          const isLast = b === blocks.length - 1;
          expect(count).toBe(isLast ? units.length : size);
          expect(units.length).toBe(isLast ? text.length - before : size + overlap);
          expect([...units]).toEqual(text.slice(before, before + units.length));
        }
      },
    ),
  );
});

/** The part of all n-grams of the pieces that stands in the text, by looking for each. */
function plainShare(text: string, all: readonly string[], order: number): number | null {
  const ngrams = all.flatMap((piece) =>
    Array.from({ length: Math.max(0, piece.length - order + 1) }, (_, i) => piece.slice(i, i + order)),
  );
  return ngrams.length === 0 ? null : ngrams.filter((ngram) => text.includes(ngram)).length / ngrams.length;
}

const letters = fc
  .array(fc.constantFrom("a", "b", "c", "\n"), { maxLength: 60 })
  .map((units) => units.join(""));
const codes = (text: string): Int32Array => Int32Array.from(text, (unit) => unit.charCodeAt(0));

test("shares, passages and their places are those of looking for each, whatever the blocks", async () => {
  await fc.assert(
    fc.asyncProperty(
      letters,
      fc.array(letters, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 30 }),
      async (text, written, size) => {
        const matched = written.map((piece): MatchedPiece => ({
          units: codes(piece),
          lengths: new Int32Array(piece.length),
          isLine: false,
        }));
        const longest = Math.max(1, ...written.map((piece) => piece.length));
        for await (const { units } of blocksOf(pieces(codes(text)), Math.max(size, longest), longest - 1))
          for (const piece of matched) new TextIndex(units).raise(piece.units, piece.lengths);
        const orders = [1, 2, 3, 5, 8];
        const { shares, longest: found, units } = overlapOf(matched, orders);
        expect(shares.map(({ share }) => share)).toEqual(
          orders.map((order) => plainShare(text, written, order)),
        );
        expect(units).toBe(written.join("").length);
        const passages = longestPassages(matched, 3);
        expect(passages[0]?.units.length ?? 0).toBe(found);
        for (const passage of passages) {
          const own = String.fromCharCode(...passage.units);
          expect(written[passage.piece]!.slice(passage.from)).toMatch(new RegExp(`^${own}`));
          expect(text).toContain(own);
        }
        const overlap = Math.max(1, found) - 1;
        const places = await placesOf(
          passages,
          blocksOf(pieces(codes(`\n${text}`)), Math.max(size, overlap), overlap),
          10,
        );
        for (const [i, { times, line }] of places.entries()) {
          const own = String.fromCharCode(...passages[i]!.units);
          const starts = Array.from({ length: text.length + 1 }, (_, at) => at).filter((at) =>
            `\n${text}`.startsWith(own, at),
          );
          expect(times).toBe(starts.length);
          expect(line).toBe(`\n${text}`.slice(0, starts[0]! + 1).split("\n").length - 1);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("the error of a share is that between pieces", () => {
  const piece = (found: number, n: number): MatchedPiece => ({
    units: new Int32Array(n),
    lengths: Int32Array.from({ length: n }, (_, i) => (i < found ? 1 : 0)),
    isLine: false,
  });
  const [share] = overlapOf([piece(1, 4), piece(4, 4), piece(1, 4)], [1]).shares;
  // The mean of 1/4, 1 and 1/4, and its standard error.
  expect(share!.share).toBeCloseTo(0.5, 12);
  expect(share!.error).toBeCloseTo(Math.sqrt((0.25 ** 2 + 0.5 ** 2 + 0.25 ** 2) / 2 / 3), 12);
  expect(overlapOf([piece(1, 4)], [1, 5]).shares).toEqual([
    { order: 1, ngrams: 4, share: 0.25, error: null },
    { order: 5, ngrams: 0, share: null, error: null },
  ]);
});

test("passages that overlap, or lie in others, are told once", () => {
  const units = codes("abcdefgh");
  const lengths = Int32Array.of(5, 5, 4, 3, 2, 1, 2, 1);
  const short = { units: codes("bcd"), lengths: Int32Array.of(3, 2, 1), isLine: false };
  const found = longestPassages([{ units, lengths, isLine: false }, short], 10);
  // "bcdef" overlaps "abcde"; "bcd" stands in it; "gh" is another.
  expect(found.map((passage) => String.fromCharCode(...passage.units))).toEqual(["abcde", "gh"]);
});

test("units are characters, of byte pairs too, or words; a newline comes first", async () => {
  const text = "the whale 😀\n\nthe sea\n";
  const points = [10, ...Array.from(text, (character) => character.codePointAt(0)!)];
  for (const kind of ["char", "bpe"] as const) {
    const units = unitsOf(await trainTokenizer(kind, [text], { vocabSize: 300 }));
    const all = (await gathered(units.ofText(pieces(...text)))).flatMap((piece) => [...piece]);
    expect(all).toEqual(points);
    expect(units.textOf(Int32Array.from(all))).toBe(`\n${text}`);
    expect([...units.ofWritten("a😀", [1, 2, 3])]).toEqual([97, 0x1f600]);
  }
  const words = await trainTokenizer("word", ["the whale the sea\n"], { minCount: 1 });
  const units = unitsOf(words);
  const [the, whale, sea] = words.encode("the whale sea");
  const all = (await gathered(units.ofText(pieces(text)))).flatMap((piece) => [...piece]);
  const nl = units.newline;
  expect(all).toEqual([nl, the, whale, NOWHERE, nl, nl, the, sea, nl]);
  const lines = await trainTokenizer("word", ["the whale the sea\n"], { minCount: 1, lines: true });
  const ofLines = unitsOf(lines);
  const [a, , c] = lines.encode("the whale sea");
  const lineUnits = (await gathered(ofLines.ofText(pieces("the sea\nthe")))).flatMap((piece) => [...piece]);
  expect(lineUnits).toEqual([lines.eosId, a, c, lines.eosId, a, lines.eosId]);
});

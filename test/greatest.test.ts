/** The greatest of many, and of sums that grow, as sorting all of them has it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { greatest } from "../src/apps/next-tokens.js";
import { FoundTexts } from "../src/generate/complete/found-texts.js";
import { Greatest } from "../src/greatest.js";

const few = fc.integer({ min: 1, max: 5 });
const scores = fc.array(fc.integer({ min: 0, max: 6 }));

test("the greatest are kept in order, of equals the one that was added earlier", () => {
  fc.assert(
    fc.property(scores, few, (values, most) => {
      const best = new Greatest<number>(most);
      values.forEach((score, item) => best.add(item, score));
      const sorted = values
        .map((score, item) => ({ item, score }))
        .toSorted((a, b) => b.score - a.score || a.item - b.item);
      expect(best.found).toEqual(sorted.slice(0, most));
      expect(best.least).toBe(values.length < most ? -Infinity : sorted[most - 1]!.score);
      expect(greatest(Float64Array.from(values), most)).toEqual(best.found.map(({ item }) => item));
    }),
  );
});

test("of equals the one that is said to be first", () => {
  fc.assert(
    fc.property(scores, few, (values, most) => {
      const best = new Greatest<number>(most, (a, b) => a > b);
      values.forEach((score, item) => best.add(item, score));
      const sorted = values
        .map((score, item) => ({ item, score }))
        .toSorted((a, b) => b.score - a.score || b.item - a.item);
      expect(best.found).toEqual(sorted.slice(0, most));
    }),
  );
});

test("of texts that are found again and again those of the greatest sums, at every moment", () => {
  const found = fc.array(
    fc.tuple(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.integer({ min: 0, max: 4 })),
  );
  fc.assert(
    fc.property(found, few, (added, most) => {
      const texts = new FoundTexts(most);
      const sums = new Map<string, number>();
      for (const [text, p] of added) {
        texts.add(text, p);
        sums.set(text, (sums.get(text) ?? 0) + p);
        const sorted = [...sums]
          .map(([one, sum]) => ({ text: one, p: sum }))
          .toSorted((a, b) => b.p - a.p || (a.text < b.text ? -1 : 1));
        expect(texts.best()).toEqual(sorted.slice(0, most));
        expect(texts.least).toBe(sums.size < most ? 0 : sorted[most - 1]!.p);
      }
    }),
  );
});

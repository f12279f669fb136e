/** Stop strings, however the text is cut. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import { generateSettings } from "../../src/generate/options.js";
import { StopFinder } from "../../src/generate/stop-strings.js";

function run(stops: string[], pieces: string[]): { text: string; found: boolean } {
  const finder = new StopFinder(stops);
  let text = "";
  for (const piece of pieces) text += finder.push(piece);
  return { text: text + finder.end(), found: finder.found };
}

it("gives out what cannot begin a stop, and holds the rest back", () => {
  const finder = new StopFinder(["END", "\n\n"]);
  expect(finder.push("the E")).toBe("the ");
  expect(finder.push("N")).toBe("");
  expect(finder.push("x\n")).toBe("ENx");
  expect(finder.push("E")).toBe("\n");
  expect(finder.push("ENDEN")).toBe("E");
  expect(finder.found).toBe(true);
  expect(finder.push("more")).toBe("");
  expect(finder.end()).toBe("");
});

it("of overlapping stops the one that is complete first counts", () => {
  expect(run(["abcd", "bc"], ["xabcdy"])).toEqual({ text: "xa", found: true });
  expect(run(["bc", "abc"], ["xabcd"])).toEqual({ text: "x", found: true });
});

it("does not depend on where the pieces are cut", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 30 });
  const stops = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(stops, fc.array(letters), (all, pieces) => {
      const whole = pieces.join("");
      const result = run(all, pieces);
      expect(result).toEqual(run(all, [...whole]));
      expect(result.found).toBe(all.some((stop) => whole.includes(stop)));
      expect(whole.startsWith(result.text)).toBe(true);
      expect(all.some((stop) => result.text.includes(stop))).toBe(false);
      if (!result.found) expect(result.text).toBe(whole);
    }),
    { seed: 3 },
  );
});

it("refuses an empty stop", () => {
  expect(() => generateSettings({ stop: ["a", ""] })).toThrow(UserError);
});

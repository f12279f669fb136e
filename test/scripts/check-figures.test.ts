/** Figures that documents state: one source, and what counts as reached. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Figure, problemOf, readFigures } from "../../scripts/check-figures.js";
import { RECIPES, type RecipeName } from "../../src/options/recipes.js";

const figure: Figure = {
  recipe: "quick",
  bitsPerChar: 2.5,
  perplexity: 5.6,
  tolerance: 0.01,
  natsPerToken: { avx2: 2, avx512: 2.000001 },
};

test("a stated instruction set has to give the very same bits, another one a result within the tolerance", () => {
  expect(problemOf(figure, "avx2", { natsPerToken: 2 })).toBeUndefined();
  expect(problemOf(figure, "avx2", { natsPerToken: 2.000001 })).toMatch(
    /other bits, though within the tolerance/,
  );
  expect(problemOf(figure, "avx2", { natsPerToken: 2.1 })).toMatch(
    /^--recipe quick gave a loss of 2\.1 on avx2, and 2 is stated: it differs by 5\.00 %$/,
  );
  expect(problemOf(figure, "neon", { natsPerToken: 2.019 })).toBeUndefined();
  expect(problemOf(figure, "neon", { natsPerToken: 1.979 })).toMatch(/differs by 1\.05 %/);
  expect(problemOf(figure, "neon", { natsPerToken: Number.NaN })).toMatch(/differs/);
});

test.each(readFigures())("$recipe: documents and list say what was measured", ({ recipe, ...stated }) => {
  const results = readFileSync(fileURLToPath(new URL("../../docs/results.md", import.meta.url)), "utf8");
  const row = results.split("\n").find((line) => line.startsWith(`| \`${recipe}\` |`))!;
  expect(row).toContain(`| ${stated.bitsPerChar} | ${stated.perplexity} |`);
  expect(RECIPES[recipe as RecipeName].figure).toContain(`${stated.bitsPerChar} bits per character`);
  for (const loss of Object.values(stated.natsPerToken))
    expect(Math.exp(loss)).toBeCloseTo(stated.perplexity, 0);
  // Nothing is left to a plan, whose rules may change.
  const { layers, hidden, embedding, tie, softmax, dropout, batchSize, seqLen, lr, seed, steps } =
    RECIPES[recipe as RecipeName].options;
  const decided = [layers, hidden, embedding, tie, softmax, dropout, batchSize, seqLen, lr, seed, steps];
  expect(decided.every((value) => value !== undefined)).toBe(true);
});

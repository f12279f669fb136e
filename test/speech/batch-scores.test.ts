/** Many lines at once say what each by itself does, and beginnings that are shared are read once. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Temperature } from "../../src/adapt/temperature.js";
import { scoreLine } from "../../src/apps/score.js";
import { createEngine } from "../../src/engine/create.js";
import { createModel } from "../../src/model/create-model.js";
import { modelConfig } from "../../src/model/config.js";
import { scoreTexts } from "../../src/speech/score-lists.js";
import { scoreLists } from "../../src/speech/batch-scores.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomModel, TEXT } from "../generate/models.js";

const tokenizers = {
  "running text": await trainTokenizer("char", [TEXT]),
  "running text without a newline": await trainTokenizer("char", ["a b ab"]),
  lines: await trainTokenizer("char", [TEXT], { lines: true }),
};

describe.each(Object.entries(tokenizers))("a model of %s", (_name, tokenizer) => {
  const model = randomModel(tokenizer);
  test("scores lists as it scores each line by itself, whatever the number of rows", async () => {
    const line = fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 6 });
    const lists = fc.array(fc.array(line, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(lists, fc.constantFrom(1, 2, 3, 128), async (texts, rows) => {
        const { logProbabilities, tokens } = await scoreTexts({ model, tokenizer }, texts, { rows });
        let count = 0;
        for (const [u, list] of texts.entries())
          for (const [i, text] of list.entries()) {
            const alone = scoreLine(model, tokenizer, text);
            count += alone.tokens;
            expect(Math.abs(logProbabilities[u]![i]! + alone.nats)).toBeLessThan(1e-9);
          }
        expect(tokens).toBe(count);
      }),
      { numRuns: 40 },
    );
  });

  test("reads a beginning that is shared once", async () => {
    const ids = (...all: number[]) => Int32Array.from(all);
    const list = [ids(1, 2, 3, 0), ids(1, 2, 3, 1), ids(1, 2, 3), ids(1, 2, 3, 0)];
    const { rows, tokens } = await scoreLists(model, [list]);
    expect(tokens).toBe(11);
    // 2 and 3 once, then 0 and 1.
    expect(rows).toBe(4);
  });

  test("ends with the signal's reason, and tells how far it is", async () => {
    const ended = AbortSignal.abort(new Error("enough"));
    const long = Array.from({ length: 200 }, () => [
      Int32Array.from({ length: 400 }, (_value, i) => 1 + (i % 3)),
    ]);
    await expect(scoreLists(model, long, { rows: 1, signal: ended })).rejects.toThrow("enough");
    const told: number[] = [];
    await scoreLists(model, long.slice(0, 3), { onProgress: (done) => void told.push(done) });
    expect(told.at(-1)).toBe(3);
  });
});

describe("more rows than go through the softmax together", () => {
  const tokenizer = tokenizers.lines;
  const letters = "the sea was calm, and slept ";
  const texts = Array.from({ length: 60 }, (_, u) =>
    [0, 1, 2].map((n) =>
      Array.from(
        { length: (u * 7) % 50 },
        (_value, i) => letters[(u + i * i + n * (i % 5)) % letters.length],
      ).join(""),
    ),
  );

  test.each(["reference", "native"] as const)("say what each by itself does: %s", async (name) => {
    const config = modelConfig({ vocabulary: tokenizer.size, cell: "gru", hidden: 9, layers: 2 });
    const model = createModel(await createEngine({ engine: name }), config, 3);
    const loss = vi.spyOn(model.output, "loss");
    const { logProbabilities, rows } = await scoreTexts({ model, tokenizer }, texts);
    const sizes = loss.mock.calls.map(([, , N]) => N);
    expect(sizes.reduce((sum, N) => sum + N, 0)).toBe(rows);
    expect(rows).toBeGreaterThan(3 * 1024);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024);
    expect(sizes.length).toBeLessThan(2 * Math.ceil(rows / 1024));
    // A model with a temperature of 1 is the same to whoever reads it, but shows nothing to be computed later.
    const each = await scoreTexts({ model: new Temperature(model, 1), tokenizer }, texts);
    expect(each.rows).toBe(rows);
    for (const [u, list] of texts.entries())
      for (const [i, text] of list.entries()) {
        expect(logProbabilities[u]![i]!).toBeCloseTo(-scoreLine(model, tokenizer, text).nats, 3);
        expect(each.logProbabilities[u]![i]!).toBeCloseTo(logProbabilities[u]![i]!, 3);
      }
  });
});

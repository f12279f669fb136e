/**
 * Models and checkpoints that version 0.1.0 wrote (test/fixtures/models, one of each cell, tokenizer, softmax and
 * optimizer) load, write and measure as they did, and their runs go on to the same weights. `expected.json` was made by
 * that version with the reference engine.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { modelPaths } from "../../src/format/model-folder.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import { load, train, type TrainOptions } from "../../src/index.js";

interface Expected {
  readonly options?: TrainOptions;
  readonly nats: number;
  readonly tokens: number;
  readonly written: string;
  /** What the run of `options`, stopped at step 15, ends with: the first four elements of each weight. */
  readonly resumed?: { readonly bestLoss: number; readonly weights: readonly number[] };
}

const fixtures = fileURLToPath(new URL("../fixtures/models/", import.meta.url));
const read = (name: string) => readFileSync(join(fixtures, name), "utf8");
const expected = JSON.parse(read("expected.json")) as Record<string, Expected>;
const copies = mkdtempSync(join(tmpdir(), "recurra-earlier-"));
afterAll(() => rmSync(copies, { recursive: true, force: true }));

describe.each(Object.entries(expected))("%s", (name, { options, nats, tokens, written, resumed }) => {
  test("loads, measures and writes", async () => {
    const model = await load(join(fixtures, name), { engine: "reference" });
    const measured = await model.evaluate(read("other.txt"));
    expect(measured.tokens).toBe(tokens);
    expect((measured.perplexity / Math.exp(nats / tokens)).toFixed(4)).toBe("1.0000");
    let text = "";
    for await (const piece of model.generate({ prompt: "the ", length: 24, temperature: 0 }))
      text += piece.text;
    expect(text).toBe(written);
  });

  if (!resumed) return;
  test("its run goes on", async () => {
    const out = join(copies, name);
    cpSync(join(fixtures, name), out, { recursive: true });
    const text = read("text.txt");
    const result = await train({ ...options, text, out, engine: "reference", resume: true });
    expect(result.bestLoss).toBeCloseTo(resumed.bestLoss, 5);
    const { tensors } = await readSafetensors(modelPaths(out).weights);
    const { model } = await load(out, { engine: "reference" });
    const parameters = model.parameters.map((parameter) => tensors.get(parameter.name)!.data);
    const firsts = parameters.flatMap((data) => Array.from(data as Float32Array).slice(0, 4));
    expect(firsts).toHaveLength(resumed.weights.length);
    for (const [i, weight] of firsts.entries()) expect(weight).toBeCloseTo(resumed.weights[i]!, 5);
  });
});

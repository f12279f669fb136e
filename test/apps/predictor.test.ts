/** What stands around models takes their place: generation, scoring, evaluation, completion and inspection take a predictor. */
import { expect, test } from "vitest";
import type { Floats, LossSums } from "../../src/engine/engine.js";
import { inspectText } from "../../src/apps/inspect-text.js";
import { nextTokens, probabilities } from "../../src/apps/next-tokens.js";
import { scoreLine } from "../../src/apps/score.js";
import { generate } from "../../src/generate/generate.js";
import { wasmEngine } from "../../src/engine/wasm-loader.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { ModelWindow } from "../../src/model/check-window.js";
import type { Predictor, PredictorState } from "../../src/model/predictor.js";
import { encodeToMemory } from "../../src/text/windows/encode.js";
import { evaluateText } from "../../src/train/evaluate.js";
import { randomModel, TEXT } from "../generate/models.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";

/** What both parts remember. */
class MixedState implements PredictorState {
  readonly batch: number;
  readonly first: PredictorState;
  readonly second: PredictorState;

  constructor(first: PredictorState, second: PredictorState) {
    [this.batch, this.first, this.second] = [first.batch, first, second];
  }

  copy(): MixedState {
    return new MixedState(this.first.copy(), this.second.copy());
  }

  reset(): void {
    this.first.reset();
    this.second.reset();
  }

  copyRow(source: MixedState, from: number, to: number): void {
    this.first.copyRow(source.first, from, to);
    this.second.copyRow(source.second, from, to);
  }
}

/** p = (p₁ + p₂) / 2 */
class Mixture implements Predictor {
  readonly vocabulary: number;
  readonly #parts: readonly [Predictor, Predictor];

  constructor(first: Predictor, second: Predictor) {
    this.vocabulary = first.vocabulary;
    this.#parts = [first, second];
  }

  zeroState(batch: number): MixedState {
    const [first, second] = this.#parts;
    return new MixedState(first.zeroState(batch), second.zeroState(batch));
  }

  logits(ids: Int32Array, state: MixedState): Floats {
    const [first, second] = this.#parts;
    const V = this.vocabulary;
    const [a, b] = [Float64Array.from(first.logits(ids, state.first)), second.logits(ids, state.second)];
    for (let row = 0; row < ids.length; row++) {
      const [p, q] = [a, b].map((logits) => probabilities(logits.subarray(row * V, (row + 1) * V), 1));
      for (let v = 0; v < V; v++) a[row * V + v] = Math.log((p![v]! + q![v]!) / 2);
    }
    return a;
  }

  evaluate({ T, B, inputs, targets }: ModelWindow, state: MixedState, out?: Floats): LossSums {
    const V = this.vocabulary;
    let [nats, count, correct] = [0, 0, 0];
    for (let t = 0; t < T; t++) {
      const logs = this.logits(inputs.slice(t * B, (t + 1) * B), state);
      for (let b = 0; b < B; b++) {
        const [n, target] = [t * B + b, targets[t * B + b]!];
        if (out) out[n] = target < 0 ? 0 : logs[b * V + target]!;
        if (target < 0) continue;
        const row = logs.subarray(b * V, (b + 1) * V);
        nats -= row[target]!;
        count++;
        if (row.indexOf(Math.max(...row)) === target) correct++;
      }
    }
    return { nats, count, correct };
  }
}

const tokenizer = await trainTokenizer("char", [TEXT]);
const [first, second] = [randomModel(tokenizer, "lstm", 1), randomModel(tokenizer, "gru", 2)];
const mixture = new Mixture(first, second);
const line = "the whale was calm";

test("a mixture is scored: p of each token is the mean of both", () => {
  const [mixed, a, b] = [mixture, first, second].map((predictor) => scoreLine(predictor, tokenizer, line));
  for (const [i, { logProbability }] of mixed!.scores.entries()) {
    const [p, q] = [a!, b!].map(({ scores }) => Math.exp(scores[i]!.logProbability!));
    expect(Math.exp(logProbability!)).toBeCloseTo((p! + q!) / 2, 10);
  }
  expect(mixed!.nats).not.toBeCloseTo(a!.nats, 2);
});

test("of two equal models it is that model, in evaluation", async () => {
  const encoded = await encodeToMemory([TEXT], tokenizer, false);
  const measure = (predictor: Predictor) => evaluateText(predictor, encoded, { unknownId: undefined });
  const [alone, twice] = [await measure(first), await measure(new Mixture(first, first))];
  expect(twice.natsPerToken).toBeCloseTo(alone.natsPerToken, 10);
  expect(twice.accuracy).toBe(alone.accuracy);
  expect((await measure(mixture)).natsPerToken).not.toBeCloseTo(alone.natsPerToken, 3);
});

test("it writes, also several samples that end apart", async () => {
  const write = async (predictor: Predictor, samples: number) => {
    const texts = new Array<string>(samples).fill("");
    const options = { prompt: "the ", length: 30, samples, seed: 3, stop: ["e"] };
    for await (const { sample, text } of generate(predictor, tokenizer, options)) texts[sample] += text;
    return texts;
  };
  expect(await write(new Mixture(first, first), 4)).toEqual(await write(first, 4));
  const [together, alone] = [await write(mixture, 3), await write(mixture, 1)];
  expect(together[0]).toBe(alone[0]);
  expect(new Set(together).size).toBeGreaterThan(1);
});

test("it completes and is looked into", async () => {
  const about = { text: line, count: 3, temperature: 1 };
  const next = nextTokens({ model: mixture, tokenizer }, about);
  expect(next).toHaveLength(3);
  expect(nextTokens({ model: new Mixture(first, first), tokenizer }, about).map(({ id }) => id)).toEqual(
    nextTokens({ model: first, tokenizer }, about).map(({ id }) => id),
  );
  const { signal } = new AbortController();
  const { tokens, units } = await inspectText({ model: mixture, tokenizer }, line, signal);
  expect(units).toBe(0);
  const scored = scoreLine(mixture, tokenizer, line);
  for (const [i, { surprisal }] of tokens.entries())
    expect(surprisal!).toBeCloseTo(scored.scores[i]!.surprisal!, 8);
});

test("scoring and completing line after line takes no more memory of the engine", () => {
  const engine = wasmEngine(1);
  const sizes = { vocabulary: tokenizer.size, cell: "mingru", hidden: 8192, embedding: 1 } as const;
  const model = createModel(engine, modelConfig(sizes), 1);
  const work = () => {
    scoreLine(model, tokenizer, "calm");
    nextTokens({ model, tokenizer }, { text: "calm", count: 1, temperature: 1 });
  };
  work();
  const before = engine.memoryBytes;
  for (let i = 0; i < 50; i++) work();
  // A state has 32 KiB.
  expect(engine.memoryBytes).toBe(before);
});

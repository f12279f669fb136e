/** Head and layers that learn together: windows of long texts, batches, and what is kept. */
import { describe, expect, test } from "vitest";
import { fineTune, type LabelledTokens } from "../../src/classify/fine-tune.js";
import { headedModel } from "../../src/classify/headed-model.js";
import { textBatches } from "../../src/classify/text-batches.js";
import { windowOfTexts } from "../../src/classify/window-of-texts.js";
import { createEngine } from "../../src/engine/create.js";
import type { Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { createModel } from "../../src/model/create-model.js";
import { modelConfig } from "../../src/model/config.js";
import { copiedTensors, weightsOf } from "../../src/train/weights.js";

const exact = await createEngine({ engine: "reference", precision: "f64" });
const native = await createEngine({ engine: "native", threads: 1 });
const [V, H] = [9, 8];

async function headed(engine: Engine, seed = 3) {
  const config = modelConfig({ vocabulary: V, hidden: H, embedding: 6, layers: 2, cell: "gru" });
  const origin = createModel(engine, config, seed);
  const made = await headedModel(engine, config, copiedTensors(weightsOf(origin)), 2, "concat");
  const random = new Random(seed);
  for (const { value } of made.head.weights)
    engine.write(
      Float64Array.from({ length: value.length }, () => random.normal() / 4),
      value,
    );
  return { ...made, origin };
}

test.each([undefined, 0])(
  "texts longer than a window cost what they cost whole; read before each: %s",
  async (beginning) => {
    const random = new Random(5);
    const { model, head } = await headed(exact);
    const texts = [17, 3, 9, 1, 12].map((length, i) => ({
      ids: Int32Array.from({ length }, () => random.below(V)),
      label: i % 2,
      weight: 1 + i / 3,
    }));
    const losses = [40, 13, 9, 4, 2].map((steps) => {
      const { window, state, texts: rows } = windowOfTexts(model, texts, beginning, steps, H);
      expect(window.T).toBeLessThanOrEqual(steps);
      head.window = { texts: rows };
      model.train(window, state, {}, exact.sums());
      return head.lastLoss;
    });
    for (const loss of losses) expect(loss).toBeCloseTo(losses[0]!, 12);
  },
);

describe("batches", () => {
  const lengths = Array.from({ length: 100 }, (_, n) => (n * 37) % 90);
  const rows = Array.from(lengths.keys()).filter((n) => n % 7 !== 0);
  test("have every text once, those of like length together, in another order in each pass", () => {
    const batches = textBatches(lengths, rows, 8, 1, 1);
    expect(batches.flat().toSorted((a, b) => a - b)).toEqual(rows);
    for (const batch of batches) {
      const own = batch.map((n) => lengths[n]!);
      expect(Math.max(...own) - Math.min(...own)).toBeLessThan(20);
    }
    expect(textBatches(lengths, rows, 8, 1, 1)).toEqual(batches);
    expect(textBatches(lengths, rows, 8, 1, 2)).not.toEqual(batches);
    expect(textBatches(lengths, rows, 8, 2, 1)).not.toEqual(batches);
  });
});

/** The label is whether token 1 comes before token 2 the first time: no count of tokens tells it. */
function ordered(count: number, seed: number): LabelledTokens {
  const random = new Random(seed);
  const ids = Array.from({ length: count }, () => {
    const text = Int32Array.from({ length: 6 + random.below(5) }, () => 3 + random.below(V - 3));
    const [a, b] = [random.below(3), 3 + random.below(3)];
    const swap = random.below(2);
    text[a] = swap ? 2 : 1;
    text[b] = swap ? 1 : 2;
    return text;
  });
  return {
    ids,
    labels: Int32Array.from(ids, (text) => (text.indexOf(1) < text.indexOf(2) ? 1 : 0)),
    heldOut: Array.from(ids.keys()).filter((n) => n % 5 === 0),
    beginning: undefined,
  };
}

const SETTINGS = {
  epochs: 8,
  lr: 0.03,
  layerDecay: 1 / 2.6,
  batchSize: 8,
  dropout: 0,
  classWeights: [1, 1],
  seed: 1,
};

describe("fine-tuning", () => {
  test("learns what the states alone do not tell; the layers and the best pass are kept", async () => {
    const texts = ordered(300, 2);
    const made = await headed(native);
    const before = made.model.parameters.map(({ value }) => native.read(value).slice());
    const losses: number[] = [];
    const tuned = await fineTune(made, "concat", texts, {
      ...SETTINGS,
      epochs: 10,
      lr: 0.05,
      layerDecay: 0.8,
      onProgress: (_done, _total, loss) => void losses.push(loss),
    });
    expect(losses[0]).toBeGreaterThan(0.6);
    expect(tuned.loss).toBeLessThan(0.2);
    expect(tuned.loss).toBe(Math.min(...losses));
    expect(losses[tuned.epoch]).toBe(tuned.loss);
    const right = texts.heldOut.filter((n, i) => {
      return (tuned.logits[2 * i + 1]! > tuned.logits[2 * i]! ? 1 : 0) === texts.labels[n];
    });
    expect(right.length / texts.heldOut.length).toBeGreaterThan(0.9);
    for (const [i, { name, value }] of made.model.parameters.entries())
      expect(native.read(value), name).not.toEqual(before[i]);
  });

  test("in its first pass the head learns alone, and where nothing is better all is as it was", async () => {
    const texts = ordered(60, 3);
    const made = await headed(native);
    const before = made.model.parameters.map(({ value }) => native.read(value).slice());
    let body: boolean | undefined;
    await fineTune(made, "concat", texts, {
      ...SETTINGS,
      epochs: 1,
      onProgress(done) {
        if (done === 0) return;
        body = made.model.parameters.every(
          ({ name, value }, i) =>
            name.startsWith("classifier.") === (String(native.read(value)) !== String(before[i])),
        );
      },
    });
    expect(body).toBe(true);
    const again = await headed(native);
    // A rate that breaks it: what was there before the first pass is the best.
    const broken = await fineTune(again, "concat", texts, { ...SETTINGS, lr: 1e6, epochs: 2 });
    expect(broken.epoch).toBe(0);
    for (const [i, { value }] of again.model.parameters.entries())
      expect(native.read(value)).toEqual(before[i]);
  });

  test("the same seed has the same bits; a signal ends it", async () => {
    const texts = ordered(60, 4);
    const run = async (seed: number) =>
      (await fineTune(await headed(native), "concat", texts, { ...SETTINGS, dropout: 0.2, epochs: 3, seed }))
        .logits;
    expect(await run(1)).toEqual(await run(1));
    expect(await run(2)).not.toEqual(await run(1));
    const stop = new AbortController();
    const stopped = fineTune(await headed(native), "concat", texts, {
      ...SETTINGS,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });
});

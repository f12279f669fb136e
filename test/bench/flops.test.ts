/** Operations a workload stands for, against numbers made by hand; and that a step really makes them. */
import { describe, expect, test } from "vitest";
import { executedFlops, forwardFlops, makeJob } from "../../bench/jobs.js";
import { profiledEngine, totalFlops } from "../../bench/profiled-engine.js";
import { flopsPerStep, trainingStep } from "../../bench/training-step.js";
import { EVALUATION, GENERATION, TRAINING, type TrainingWorkload } from "../../bench/workloads.js";
import { nativeEngine } from "../../src/engine/native-loader.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CELLS } from "../../src/model/config.js";
import { dataOf } from "../engine/tensor-data.js";

describe("operations of a step", () => {
  test.each([
    // 6 · B·T · (4·128·(64 + 128) + 128·96)
    ["W1", 6 * 2048 * (98_304 + 12_288)],
    // 4·256·(128 + 256) and 4·256·(256 + 256)
    ["W2", 6 * 4096 * (393_216 + 524_288 + 24_576)],
    ["W3", 6 * 4096 * (2 * 2_097_152 + 49_152)],
    ["W4", 6 * 4096 * (98_304 + 24_576)],
    ["W5", 6 * 4096 * (294_912 + 393_216 + 24_576)],
    // 4·200·400 twice, 200·33,278
    ["W6", 6 * 700 * (2 * 320_000 + 6_655_600)],
    ["W7", 119_240_940_000],
    ["C3", 6 * 4096 * (2 * 2_097_152 + 49_152)],
    // W3's, and five matrices of 512·512 in each layer; or each the product of 512·48 and 48·512
    ["M3", 6 * 4096 * (2 * (2_097_152 + 5 * 262_144) + 49_152)],
    ["M3R", 6 * 4096 * (2 * (2_097_152 + 10 * 24_576) + 49_152)],
    ["WT2", 6 * 700 * (2 * 320_000 + 6_655_600)],
  ])("%s", (name, flops) => {
    expect(flopsPerStep(TRAINING[name]!)).toBe(flops);
  });

  test("two a weight in generation and evaluation", () => {
    expect(forwardFlops(GENERATION["G1"]!, 1, 1)).toBe(8_486_912);
    expect(forwardFlops(GENERATION["G2"]!, 1, 1)).toBe(2 * 28_390_700);
    expect(forwardFlops(EVALUATION["E1"]!, 64, 64)).toBe(7_717_519_360);
  });
});

describe("what a watched engine counts", () => {
  // So many ids that hardly any come twice: no product is spared.
  const sizes = { vocabulary: 1000, embedding: 3, hidden: 5, batch: 2, steps: 4, optimizer: "adam" } as const;
  const workloads = CELLS.flatMap((cell) =>
    [1, 2].map((layers): TrainingWorkload => ({ ...sizes, cell, layers })),
  );

  test.each(workloads)("a step of $cell × $layers makes as many operations as it is said to", (workload) => {
    const { engine, profile } = profiledEngine(new ReferenceEngine());
    trainingStep(engine, workload)();
    expect(totalFlops(profile)).toBe(flopsPerStep(workload));
  });

  test("products by what they are for", () => {
    const { engine, profile } = profiledEngine(new ReferenceEngine());
    trainingStep(engine, { ...sizes, cell: "lstm", layers: 2, dropout: 0.5 })();
    const N = 8;
    const [projection, recurrence] = [2 * N * 20 * (3 + 5), 2 * N * 20 * (5 + 5)];
    expect(profile.get("input projection")).toMatchObject({ calls: 2, flops: projection });
    expect(profile.get("gradient by the input")).toMatchObject({ calls: 2, flops: projection });
    expect(profile.get("recurrence, forward")).toMatchObject({ calls: 2, flops: recurrence });
    expect(profile.get("recurrence, backward")).toMatchObject({ calls: 2, flops: recurrence });
    expect(profile.get("weight gradients")).toMatchObject({ calls: 4, flops: projection + recurrence });
    expect(profile.get("output layer and softmax")).toMatchObject({ calls: 1, flops: 6 * N * 5 * 1000 });
    // Forward and backward in three places.
    expect(profile.get("dropout")).toMatchObject({ calls: 6, flops: 0 });
    for (const { milliseconds } of profile.values()) expect(milliseconds).toBeGreaterThanOrEqual(0);
  });

  test("nothing more once it is stopped", () => {
    const { engine, profile, stop } = profiledEngine(new ReferenceEngine());
    const step = trainingStep(engine, { ...sizes, cell: "rnn", layers: 1 });
    step();
    const counted = totalFlops(profile);
    stop();
    step();
    expect(totalFlops(profile)).toBe(counted);
  });

  test("it computes what the engine computes", () => {
    const weights = [new ReferenceEngine(), profiledEngine(new ReferenceEngine()).engine].map((engine) => {
      const made: ReturnType<typeof engine.tensor>[] = [];
      const noting = new Proxy(engine, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            const result: unknown = Reflect.apply(value, target, args);
            if (name === "tensor") made.push(result as (typeof made)[number]);
            return result;
          };
        },
      });
      const step = trainingStep(noting, { ...sizes, cell: "gru", layers: 1 });
      step();
      step();
      return made.map((tensor) => [...dataOf(tensor)]);
    });
    expect(weights[0]!.length).toBeGreaterThan(10);
    expect(weights[1]).toEqual(weights[0]);
  });
});

test("products that are spared are not counted as executed", () => {
  const engine = nativeEngine(1);
  // Each of 96 characters comes many times in a window: 2·96·1024·128 in place of 2·4096·1024·128.
  expect(executedFlops(engine, "E1")).toBe(7_717_519_360 - 2 * (4096 - 96) * 1024 * 128);
  // The first layer's projection of a character stands in a table: 2·2048·512 are spared.
  expect(executedFlops(engine, "G1")).toBe(8_486_912 - 2 * 2048 * 512);
});

test("a job for a name that is none", () => {
  expect(() => makeJob(new ReferenceEngine(), "W99")).toThrow("no workload W99");
});

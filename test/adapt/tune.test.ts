/** What tuning finds, and that caches are compared as they would predict. */
import { describe, expect, test } from "vitest";
import { bestCache, bestLambda, cacheParts, mixedLoss } from "../../src/adapt/cache-grid.js";
import { DynamicEvaluation } from "../../src/adapt/dynamic-evaluation.js";
import { follow } from "../../src/adapt/follow.js";
import { Ladder } from "../../src/adapt/ladder.js";
import { NeuralCache } from "../../src/adapt/neural-cache.js";
import { meanLoss, recordText } from "../../src/adapt/record.js";
import { findSettings } from "../../src/adapt/tune.js";
import { Temperature } from "../../src/adapt/temperature.js";
import { ContiguousBatches } from "../../src/text/windows/contiguous-batches.js";
import { MemoryTokens } from "../../src/text/windows/token-source.js";
import { logsOf, randomText, smallModel } from "./small-model.js";

/** Words that come in runs: what came lately comes again. */
const text = Int32Array.from({ length: 240 }, (_, i) => randomText(4, 13, 1 + Math.floor(i / 60))[i % 4]!);
const batchesOf = (ids: Int32Array) => new ContiguousBatches(new MemoryTokens(ids), 1, 16);
const mean = (logs: readonly number[]) => -logs.reduce((a, b) => a + b, 0) / logs.length;

describe("a recorded text", () => {
  const options = { most: Infinity, temperatures: [0.8, 1, 1.25], withHidden: true };

  test("has ln p for every temperature, and is as long as wanted", async () => {
    const model = smallModel();
    const record = await recordText(model, batchesOf(text), options);
    expect(record.count).toBe(text.length - 1);
    expect([...record.targets]).toEqual([...text.subarray(1)]);
    for (const [i, temperature] of record.temperatures.entries()) {
      const expected = logsOf(new Temperature(model, temperature), text);
      for (const [t, log] of record.logs[i]!.entries()) expect(log).toBeCloseTo(expected[t]!, 10);
    }
    const part = await recordText(model, batchesOf(text), { ...options, most: 37 });
    expect(part.count).toBe(37);
    expect([...part.logs[1]!]).toEqual([...record.logs[1]!.subarray(0, 37)]);
  });

  test.each([1, 9, 100, 1000])("a cache of %i places is compared as it would predict", async (window) => {
    const learner = () =>
      new DynamicEvaluation(smallModel(), { method: "sgd", rate: 0.1, decay: 0, segment: 7, epsilon: 0 });
    const record = await recordText(learner(), batchesOf(text), options);
    const parts = await cacheParts(record, [0.2, 1], [1, 9, 100, 1000]);
    for (const theta of [0.2, 1]) {
      const part = parts.find((each) => each.theta === theta && each.window === window)!;
      const logs = logsOf(new NeuralCache(learner(), { window, theta, lambda: 0.3 }), text);
      expect(mixedLoss(record.logs[1]!, part.p, 0.3)).toBeCloseTo(mean(logs), 6);
    }
  });

  test("λ is the best there is", async () => {
    const record = await recordText(smallModel(), batchesOf(text), options);
    const parts = await cacheParts(record, [0.2, 1], [50]);
    for (const { p } of parts) {
      const best = bestLambda(record.logs[1]!, p);
      const loss = mixedLoss(record.logs[1]!, p, best);
      for (let lambda = 0; lambda < 0.95; lambda += 0.05)
        expect(mixedLoss(record.logs[1]!, p, lambda)).toBeGreaterThanOrEqual(loss - 1e-6);
    }
    const { settings, loss } = bestCache(record.logs[1]!, parts);
    expect(loss).toBeLessThan(meanLoss(record.logs[1]!));
    expect(bestCache(record.logs[1]!, parts, 0.5).settings).toEqual({
      ...settings,
      lambda: 0.5,
      theta: expect.any(Number),
    });
  });
});

describe("a search by factors", () => {
  test("finds the better of two, whichever way it lies", async () => {
    for (const best of [1, 8, 1 / 8]) {
      const ladder = new Ladder({ rate: 1, decay: 3 }, async ({ rate }) => Math.abs(Math.log2(rate / best)));
      await ladder.climb({ rate: 2 }, 6);
      expect(ladder.best).toEqual({ rate: best, decay: 3 });
    }
  });

  test("measures nothing twice, and takes what is not a number for the worst", async () => {
    const measured: string[] = [];
    const ladder = new Ladder({ rate: 1, decay: 1 }, async ({ rate, decay }) => {
      measured.push(`${rate} ${decay}`);
      return rate > 3 ? NaN : -rate - decay;
    });
    await ladder.climb({ rate: 2 }, 5);
    await ladder.climb({ rate: 2 }, 5);
    await ladder.climb({ decay: 2, rate: 0.5 }, 2);
    expect(ladder.best).toEqual({ rate: 2, decay: 1 });
    expect(new Set(measured).size).toBe(measured.length);
  });
});

describe("settings are found that predict better, with", () => {
  const work = { batches: batchesOf(text), tokens: 239, statistics: undefined };
  const plain = mean(logsOf(smallModel(), text));

  test.each([
    [{}],
    [{ cache: true }],
    [{ dynamic: true, dynamicSegment: 8 }],
    [{ cache: true, cacheWindow: 17, cacheLambda: 0.4, dynamic: true, dynamicRate: 0.05 }],
  ])("%j", async (options) => {
    const model = smallModel();
    const tried = new Set<string>();
    const onProgress = ({ trying }: { trying: string }) => void tried.add(trying);
    const found = await findSettings({ ...work, model, options, onProgress });
    expect(found.plainLoss).toBeCloseTo(plain, 10);
    expect(found.loss).toBeLessThan(plain);
    const { settings } = found;
    // What was found predicts as well as is said.
    const { predictor } = follow(model, settings);
    expect(mean(logsOf(predictor, text))).toBeCloseTo(found.loss, 4);
    expect(Boolean(settings.cache)).toBe("cache" in options);
    expect(Boolean(settings.dynamic)).toBe("dynamic" in options);
    if ("cacheWindow" in options) expect(settings.cache).toMatchObject({ window: 17, lambda: 0.4 });
    if ("dynamicRate" in options) expect(settings.dynamic!.rate).toBe(0.05);
    expect(tried.size > 1).toBe("dynamic" in options);
  });

  test("a temperature that is given stays", async () => {
    const found = await findSettings({
      ...work,
      model: smallModel(),
      options: { cache: true, temperature: 1.3 },
    });
    expect(found.settings.temperature).toBe(1.3);
    expect(found.plainLoss).toBeCloseTo(plain, 10);
  });

  test("a signal ends it", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const options = { cache: true };
    await expect(findSettings({ ...work, model: smallModel(), options, signal })).rejects.toThrow("enough");
  });
});

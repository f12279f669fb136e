/** The rules of choosing, as functions of what is known: text, options, time, and how fast some sizes were measured. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TrainOptions } from "../../src/train/options.js";
import {
  costOf,
  LADDERS,
  type MeasuredSpeed,
  NOMINAL_SPEED,
  planBySize,
  planInTime,
  type PlanText,
  type PlanTime,
  withRung,
} from "../../src/train/plan.js";

const BOOK: PlanText = { kind: "char", lines: false, tokens: 1.1e6, vocabulary: 90 };
const WIKI: PlanText = { kind: "word", lines: false, tokens: 2.09e6, vocabulary: 33_278 };

const inTime = (seconds: number, more: Partial<PlanTime> = {}): PlanTime => ({
  seconds,
  measured: 0,
  speeds: [],
  nominal: NOMINAL_SPEED,
  fits: () => true,
  ...more,
});

describe("the ladder", () => {
  test.each(Object.entries(LADDERS))(
    "of %s rises: every rung costs more and asks for more",
    (kind, { rungs }) => {
      const text = { ...WIKI, kind: kind as PlanText["kind"], tokens: 1e9 };
      const costs = rungs.map((rung) => planInTime(rung, text, inTime(1)).cost.training);
      for (const [i, rung] of rungs.entries()) {
        if (i === 0) {
          expect([rung.reads, rung.ofText]).toEqual([0, 0]);
          continue;
        }
        expect(costs[i]).toBeGreaterThan(costs[i - 1]!);
        expect(rung.reads).toBeGreaterThan(rungs[i - 1]!.reads);
        expect(rung.ofText).toBeGreaterThanOrEqual(rungs[i - 1]!.ofText);
      }
    },
  );

  test("residual connections ask for a second layer", () => {
    const short = { ...BOOK, tokens: 1000 };
    expect(planBySize({}, short).options.layers).toBe(1);
    expect(planBySize({ residual: true }, short).options.layers).toBe(2);
    expect(planBySize({ residual: true, layers: 3 }, short).options.layers).toBe(3);
  });

  test("more time never chooses a smaller model, nor does a faster machine", () => {
    const seconds = fc.double({ min: 1, max: 1e6, noNaN: true });
    const factor = fc.double({ min: 1, max: 100, noNaN: true });
    fc.assert(
      fc.property(seconds, factor, fc.constantFrom(BOOK, WIKI), (time, more, text) => {
        const least = planInTime({}, text, inTime(time)).cost.training;
        expect(planInTime({}, text, inTime(time * more)).cost.training).toBeGreaterThanOrEqual(least);
        const faster = inTime(time, { nominal: NOMINAL_SPEED * more });
        expect(planInTime({}, text, faster).cost.training).toBeGreaterThanOrEqual(least);
      }),
    );
  });

  test("a model is chosen where it just reads what it asks for, and not before", () => {
    const [lowest, rung] = LADDERS.char.rungs;
    const { cost } = planInTime(rung!, BOOK, inTime(1));
    const needed = (rung!.reads * cost.training) / NOMINAL_SPEED;
    expect(planInTime({}, BOOK, inTime(needed * 1.001)).options.hidden).toBe(rung!.hidden);
    expect(planInTime({}, BOOK, inTime(needed * 0.999)).options.hidden).toBe(lowest!.hidden);
  });

  test("a short text gets a small model, however much time there is", () => {
    const day = inTime(86_400);
    const { rungs } = LADDERS.char;
    expect(planInTime({}, { ...BOOK, tokens: 10_000 }, day).options.hidden).toBe(rungs[0]!.hidden);
    expect(planInTime({}, BOOK, day).options.hidden).toBe(rungs.at(-1)!.hidden);
  });

  test("a model that does not fit into memory is passed over; where none fits, the smallest is left to be refused", () => {
    const fits: PlanTime["fits"] = ({ hidden }) => (hidden as number) < 512;
    expect(planInTime({}, BOOK, inTime(86_400, { fits })).options.hidden).toBe(256);
    expect(planInTime({}, BOOK, inTime(86_400, { fits: () => false })).options.hidden).toBe(128);
  });
});

describe("time", () => {
  const options = { layers: 1, hidden: 100, embedding: 20 };
  const { cost } = planInTime(options, BOOK, inTime(1));

  test("measuring what comes out is taken from it before it is trained in", () => {
    const speeds: MeasuredSpeed[] = [{ cost, training: 1000, reading: 5000 }];
    const plan = planInTime(options, BOOK, inTime(60, { speeds, measured: 50_000 }));
    expect(plan.tokens).toBeCloseTo((60 - 10) * 1000, 6);
    expect(plan.passes).toBeCloseTo(plan.tokens / BOOK.tokens, 12);
    expect(planInTime(options, BOOK, inTime(5, { speeds, measured: 50_000 })).tokens).toBe(0);
  });

  test("what was measured of one model is carried to another by its cost, from the nearest one", () => {
    const near = {
      cost: { training: cost.training * 2, reading: cost.reading * 4 },
      training: 600,
      reading: 900,
    };
    const far = { cost: { training: cost.training / 100, reading: 1 }, training: 1e9, reading: 1e9 };
    const plan = planInTime(options, BOOK, inTime(11, { speeds: [far, near], measured: 3600 }));
    expect(plan.tokens).toBeCloseTo((11 - 3600 / (900 * 4)) * 600 * 2, 6);
  });
});

describe("what goes with a model", () => {
  test("given options stay, all of them", () => {
    const given: TrainOptions = {
      layers: 3,
      hidden: 77,
      embedding: 33,
      tie: false,
      softmax: "full",
      dropout: 0.45,
      batchSize: 7,
      seqLen: 11,
      lr: 0.123,
    };
    for (const plan of [planBySize({ ...given, steps: 5 }, WIKI), planInTime(given, WIKI, inTime(60))])
      expect(plan.options).toMatchObject(given);
  });

  test("dropout grows with how often the text is read", () => {
    const rates = [1, 4, 50].map(
      (epochs) => planBySize({ epochs, hidden: 256, layers: 1 }, WIKI).options.dropout!,
    );
    expect(rates[0]).toBe(0);
    expect(rates[1]).toBeGreaterThan(0);
    expect(rates[2]).toBeGreaterThan(rates[1]!);
    const letters = planBySize({ epochs: 50 }, BOOK).options;
    expect(letters.dropout).toBeGreaterThan(0);
    expect(letters.dropoutEmbedding).toBe(0);
    expect(planBySize({ epochs: 50, dropoutEmbedding: 0.3 }, BOOK).options.dropoutEmbedding).toBe(0.3);
    expect(planBySize({ epochs: 50, dropout: 0.3 }, BOOK).options).not.toHaveProperty("dropoutEmbedding");
  });

  test("words that are read often have what keeps them from being learned by heart, below what was given", () => {
    const day = inTime(86_400);
    // Characters that are read for ever have more dropout than those that are read a few times.
    const names: PlanText = { kind: "char", lines: true, tokens: 205e3, vocabulary: 28 };
    const few = planBySize({ epochs: 8 }, names).options.dropout!;
    const often = planBySize({ epochs: 22 }, names).options;
    expect(often.dropout).toBeCloseTo(1.5 * few, 10);
    expect(often.weightDrop).toBe(0.2);
    expect(often).not.toHaveProperty("rotateStreams");
    expect(planBySize({ epochs: 8 }, names).options).not.toHaveProperty("weightDrop");
    const steady = { schedule: "constant", average: "ema", averageSpan: 0.2, rotateStreams: true };
    expect(planInTime({}, BOOK, day).options).toMatchObject(steady);
    expect(planInTime({}, BOOK, day).options).not.toHaveProperty("weightDrop");
    expect(planBySize({ epochs: 1, hidden: 512, layers: 1 }, BOOK).options).not.toHaveProperty("average");
    expect(planBySize({ epochs: 8, hidden: 256, layers: 1 }, BOOK).options).not.toHaveProperty("average");
    expect(planBySize({ epochs: 22, hidden: 256 }, BOOK).options).not.toHaveProperty("weightDrop");
    expect(planInTime({}, WIKI, day).options).toMatchObject({
      updateRows: "touched",
      rotateStreams: true,
      schedule: "constant",
      average: "ema",
      weightDrop: 0.3,
      dropout: 0.5,
    });
    const given = { weightDrop: 0, updateRows: "all", average: "none" } as const;
    const planned = planInTime(given, WIKI, day).options;
    expect(planned).toMatchObject(given);
    // What belongs to an average goes with it.
    expect(planned).not.toHaveProperty("averageSpan");
    // Words of which some passes are read: an average, but not in a few updates, and not from another model on.
    const some = planBySize({ epochs: 3 }, WIKI).options;
    expect(some).toMatchObject({ schedule: "constant", average: "ema" });
    expect(some).not.toHaveProperty("updateRows");
    expect(planBySize({ epochs: 3 }, { ...WIKI, tokens: 20_000 }).options).not.toHaveProperty("average");
    const origin = { from: "a.model", hidden: 650, layers: 2 };
    expect(planBySize({ ...origin, epochs: 3 }, WIKI).options).not.toHaveProperty("average");
    // What an average takes is counted where a model has to fit into memory.
    const without = inTime(86_400, { fits: ({ average }) => average === undefined });
    expect(planInTime({}, WIKI, without).options.hidden).toBe(128);
    expect(planInTime({}, WIKI, inTime(300)).options).not.toHaveProperty("updateRows");
    expect(planInTime({ dropout: 0.2 }, WIKI, day).options).not.toHaveProperty("dropoutBetween");
    // Lines come in a drawn order already.
    const lines = planInTime({}, { ...WIKI, lines: true }, day).options;
    expect(lines.updateRows).toBe("touched");
    expect(lines).not.toHaveProperty("rotateStreams");
  });

  test("a large vocabulary has a sampled softmax, and its tables are shared where they can be", () => {
    expect(planBySize({}, WIKI).options).toMatchObject({ softmax: "sampled", tie: true });
    expect(planBySize({}, { ...WIKI, vocabulary: 4000 }).options).toMatchObject({
      softmax: "full",
      tie: true,
    });
    expect(planBySize({ softmax: "adaptive" }, WIKI).options.tie).toBe(false);
    expect(planBySize({ hidden: 100, embedding: 50 }, WIKI).options).toMatchObject({
      tie: true,
      embedding: 50,
    });
    expect(planBySize({ hidden: 100 }, WIKI).options).toMatchObject({ tie: true, embedding: 100 });
    expect(planBySize({ hidden: [90, 30] }, WIKI).options).toMatchObject({ layers: 2, embedding: 30 });
    expect(planBySize({}, BOOK).options).toMatchObject({ softmax: "full", tie: false, embedding: 64 });
    expect(planBySize({ hidden: 20 }, BOOK).options.embedding).toBe(20);
  });

  test("what else goes with a rung gives way to what was given, with all that belongs to it", () => {
    const rung = {
      ...LADDERS.word.rungs[0]!,
      also: { schedule: "trapezoid", cooldown: 0.5, clip: 0.1 },
    } as const;
    expect(withRung({}, rung, WIKI)).toMatchObject({ schedule: "trapezoid", cooldown: 0.5, clip: 0.1 });
    const given = withRung({ schedule: "cosine" }, rung, WIKI);
    expect(given).toMatchObject({ schedule: "cosine", clip: 0.1, hidden: rung.hidden });
    expect(given).not.toHaveProperty("cooldown");
  });

  test("an optimizer with a rate of its own has that", () => {
    expect(planBySize({ optimizer: "sgd" }, WIKI).options.lr).toBe(1);
    expect(planBySize({ optimizer: "adam" }, WIKI).options.lr).toBe(planBySize({}, WIKI).options.lr);
  });

  test("short texts have few sequences side by side", () => {
    expect(planBySize({}, BOOK).options.batchSize).toBe(32);
    expect(planBySize({}, { ...BOOK, tokens: 10_000 }).options.batchSize).toBe(4);
    expect(planBySize({}, { ...BOOK, tokens: 1 }).options.batchSize).toBe(1);
  });
});

describe("by sizes alone", () => {
  test("a length is chosen only where none is given: at least one pass, and not hundreds", () => {
    expect(planBySize({}, { ...BOOK, tokens: 1e9 }).options.epochs).toBe(1);
    expect(planBySize({}, { ...BOOK, tokens: 1000 }).options.epochs).toBe(40);
    expect(planBySize({ steps: 5 }, BOOK).options.epochs).toBeUndefined();
    expect(planBySize({ steps: 5 }, BOOK)).toMatchObject({ tokens: 5 * 32 * 64 });
    expect(planBySize({ epochs: 3 }, BOOK).passes).toBe(3);
  });

  test("how long it was given does not change the model", () => {
    const { hidden, layers } = planBySize({}, BOOK).options;
    for (const limit of [{ steps: 1 }, { steps: 1e9 }, { epochs: 40 }])
      expect(planBySize(limit, BOOK).options).toMatchObject({ hidden, layers });
  });
});

test("costs are those of the products", () => {
  const rest = { batchSize: 10, seqLen: 10, lr: 1, tie: false };
  const lstm = { ...rest, cell: "lstm", layers: 2, hidden: 3, embedding: 5, softmax: "full" } as const;
  const body = 4 * 3 * (5 + 3) + 4 * 3 * (3 + 3);
  expect(costOf(lstm, 7)).toEqual({ training: 3 * (body + 21), reading: body + 21 });
  const widths = { ...lstm, hidden: [3, 2], tie: true } as const;
  const wide = 4 * 3 * (5 + 3) + 4 * 2 * (3 + 2) + 2 * 5;
  expect(costOf(widths, 7).reading).toBe(wide + 5 * 7);
  const sampled = { ...lstm, cell: "mingru", layers: 1, softmax: "sampled", samples: 8 } as const;
  expect(costOf(sampled, 1000)).toEqual({ training: 3 * (2 * 3 * 5 + 3 * 58), reading: 2 * 3 * 5 + 3000 });
});

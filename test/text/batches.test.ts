/** Windows: every target once an epoch, shifted by one, each sequence read on where it was left. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import type { Batches } from "../../src/text/windows/batches.js";
import { ContiguousBatches } from "../../src/text/windows/contiguous-batches.js";
import { LineBatches } from "../../src/text/windows/line-batches.js";
import { MemoryTokens } from "../../src/text/windows/token-source.js";

/** Ids 1, 2, 3 …, so that an id tells its own place and 0 can only be padding. */
const counting = (length: number) => new MemoryTokens(Int32Array.from({ length }, (_, i) => i + 1));

/** Each row of the batches read from a fresh state on: the inputs and targets it saw, padding left out. */
function sequences(batches: Batches, epoch: number): { inputs: number[]; targets: number[] }[] {
  const done: { inputs: number[]; targets: number[] }[] = [];
  let rows: { inputs: number[]; targets: number[] }[] = [];
  for (let index = 0; index < batches.windows(epoch); index++) {
    const { T, B, inputs, targets, fresh } = batches.window(epoch, index);
    expect([B, inputs.length, targets.length]).toEqual([batches.batchSize, T * B, T * B]);
    expect(T).toBeGreaterThan(0);
    expect(T).toBeLessThanOrEqual(batches.maxSteps);
    if (fresh) {
      done.push(...rows);
      rows = Array.from({ length: B }, () => ({ inputs: [], targets: [] }));
    }
    for (let i = 0; i < T * B; i++) {
      if (targets[i] === -1) expect(inputs[i]).toBe(0);
      else {
        rows[i % B]!.inputs.push(inputs[i]!);
        rows[i % B]!.targets.push(targets[i]!);
      }
    }
  }
  return [...done, ...rows].filter((row) => row.targets.length > 0);
}

function copyOf(batches: Batches, epoch: number, index: number) {
  const window = batches.window(epoch, index);
  return { ...window, inputs: [...window.inputs], targets: [...window.targets] };
}

/** All windows in order, and the same ones asked for backwards from another object. */
function expectRandomAccess(make: () => Batches, epoch: number): void {
  const [one, other] = [make(), make()];
  const count = one.windows(epoch);
  const forwards = Array.from({ length: count }, (_, index) => copyOf(one, epoch, index));
  other.window(epoch + 1, 0);
  for (let index = count - 1; index >= 0; index--) {
    expect(copyOf(other, epoch, index)).toEqual(forwards[index]);
  }
  expect(() => one.window(epoch, count)).toThrow(RangeError);
  expect(() => one.window(epoch, -1)).toThrow(RangeError);
}

describe("contiguous batches", () => {
  it("cut the ids into streams and read them side by side", () => {
    const batches = new ContiguousBatches(counting(14), 3, 2);
    expect([batches.targetsPerEpoch, batches.maxSteps, batches.windows(0)]).toEqual([13, 2, 3]);
    expect(copyOf(batches, 0, 0)).toEqual({
      T: 2,
      B: 3,
      inputs: [1, 6, 11, 2, 7, 12],
      targets: [2, 7, 12, 3, 8, 13],
      fresh: true,
    });
    expect(copyOf(batches, 0, 2)).toEqual({
      T: 1,
      B: 3,
      inputs: [5, 10, 0],
      targets: [6, 11, -1],
      fresh: false,
    });
  });

  it("count every id but the first once, each after the one before it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(150),
        (B, T, more) => {
          const length = B + 1 + more;
          const batches = new ContiguousBatches(counting(length), B, T);
          const rows = sequences(batches, 3);
          for (const { inputs, targets } of rows) {
            // Consecutive from window to window: the state is carried over no gap.
            inputs.forEach((id, i) => expect([id, targets[i]]).toEqual([inputs[0]! + i, inputs[0]! + i + 1]));
          }
          const seen = rows.flatMap((row) => row.targets).toSorted((a, b) => a - b);
          expect(seen).toEqual(Array.from({ length: length - 1 }, (_, i) => i + 2));
          expect(batches.targetsPerEpoch).toBe(length - 1);
        },
      ),
    );
  });

  it("give any window at any time", () =>
    expectRandomAccess(() => new ContiguousBatches(counting(100), 4, 7), 0));

  it("give any window at any time also where it is drawn", () =>
    expectRandomAccess(
      () => new ContiguousBatches(counting(1000), 4, 20, { seed: 3, varySeqLen: true, rotateStreams: true }),
      2,
    ));

  it("of drawn lengths read the same streams, cut otherwise in every epoch and under every seed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(900),
        (B, T, more) => {
          const make = (seed: number, varySeqLen: boolean) =>
            new ContiguousBatches(counting(B + 1 + more), B, T, { seed, varySeqLen });
          const varied = make(7, true);
          expect(sequences(varied, 2)).toEqual(sequences(make(7, false), 2));
          const count = varied.windows(2);
          expect([varied.part(2, 0), varied.part(2, count)]).toEqual([0, 1]);
          expect(varied.windowsIn(1, 4)).toBe(varied.windows(1) + varied.windows(2) + varied.windows(3));
          for (let index = 0; index < count; index++) {
            const read = varied.part(2, index + 1) - varied.part(2, index);
            expect(read * Math.ceil((B + more) / B)).toBeCloseTo(varied.window(2, index).T, 6);
          }
        },
      ),
    );
    const lengths = (seed: number, epoch: number) => {
      const batches = new ContiguousBatches(counting(3000), 1, 70, { seed, varySeqLen: true });
      return Array.from({ length: batches.windows(epoch) }, (_, i) => batches.window(epoch, i).T).join();
    };
    expect(lengths(1, 1)).toBe(lengths(1, 1));
    expect(new Set([lengths(1, 1), lengths(1, 2), lengths(2, 1), lengths(2, 2)]).size).toBe(4);
  });

  it("rotated read every stream once an epoch, from another place each time, with its true successors", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(150),
        fc.boolean(),
        (B, T, more, varySeqLen) => {
          const source = counting(B + 1 + more);
          const plain = sequences(new ContiguousBatches(source, B, T), 3);
          const options = { seed: 5, varySeqLen, rotateStreams: true };
          const rows = sequences(new ContiguousBatches(source, B, T, options), 3);
          expect(rows).toHaveLength(plain.length);
          for (const [b, { inputs, targets }] of rows.entries()) {
            expect(targets).toEqual(inputs.map((id) => id + 1));
            const stream = plain[b]!.inputs;
            const first = stream.indexOf(inputs[0]!);
            expect(inputs).toEqual([...stream.slice(first), ...stream.slice(0, first)]);
          }
        },
      ),
    );
    const starts = (seed: number, epoch: number) => {
      const batches = new ContiguousBatches(counting(8001), 8, 10, { seed, rotateStreams: true });
      return [...batches.window(epoch, 0).inputs.subarray(0, 8)].map((id, b) => id - 1 - b * 1000);
    };
    expect(starts(1, 1)).toEqual(starts(1, 1));
    // Streams, epochs and seeds each have places of their own, anywhere in the stream.
    const places = [...starts(1, 1), ...starts(1, 2), ...starts(2, 1), ...starts(2, 2)];
    expect(new Set(places).size).toBeGreaterThan(28);
    expect(Math.min(...places)).toBeLessThan(150);
    expect(Math.max(...places)).toBeGreaterThan(850);
  });

  it("say what is missing when the text is too short", () => {
    const make = () => new ContiguousBatches(counting(20), 20, 35);
    expect(make).toThrow(UserError);
    expect(make).toThrow(
      "The text has 20 tokens, and batchSize: 20 needs at least 21; give a longer text or a smaller batchSize.",
    );
  });
});

/** Lines of these many ids, one after another. */
function linesOf(lengths: readonly number[]) {
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets.at(-1)! + length);
  return { source: counting(offsets.at(-1)!), offsets: Float64Array.from(offsets) };
}

describe("line batches", () => {
  const lengths = fc.array(fc.integer({ min: 2, max: 40 }), { minLength: 1, maxLength: 60 });
  const size = fc.integer({ min: 1, max: 9 });

  it("read every line whole, once an epoch, from a fresh state", () => {
    fc.assert(
      fc.property(lengths, size, size, fc.nat(5), fc.boolean(), (lines, B, T, epoch, shuffle) => {
        const { source, offsets } = linesOf(lines);
        const batches = new LineBatches(source, offsets, B, T, 7, { shuffle });
        const rows = sequences(batches, epoch).toSorted((a, b) => a.inputs[0]! - b.inputs[0]!);
        expect(rows).toEqual(
          lines.map((length, line) => ({
            inputs: Array.from({ length: length - 1 }, (_, i) => offsets[line]! + 1 + i),
            targets: Array.from({ length: length - 1 }, (_, i) => offsets[line]! + 2 + i),
          })),
        );
        expect(batches.targetsPerEpoch).toBe(lines.reduce((sum, length) => sum + length - 1, 0));
      }),
    );
  });

  it("give any window at any time", () => {
    const { source, offsets } = linesOf(Array.from({ length: 200 }, (_, i) => 2 + ((i * 7) % 30)));
    expectRandomAccess(() => new LineBatches(source, offsets, 8, 12, 3), 4);
  });

  it("come in an order of the seed and the epoch", () => {
    const { source, offsets } = linesOf(Array.from({ length: 300 }, (_, i) => 2 + (i % 9)));
    const order = (seed: number, epoch: number, shuffle = true) =>
      sequences(new LineBatches(source, offsets, 4, 20, seed, { shuffle }), epoch).map(
        (row) => row.inputs[0],
      );
    expect(order(1, 2)).toEqual(order(1, 2));
    const orders = [order(1, 2), order(1, 3), order(2, 2), order(2, 1)].map((ids) => ids.join());
    expect(new Set(orders).size).toBe(4);
    expect(order(1, 2, false)).toEqual(order(5, 9, false));
  });

  it("put other lines together in every epoch", () => {
    const { source, offsets } = linesOf(Array.from({ length: 400 }, () => 5));
    const batches = new LineBatches(source, offsets, 2, 20, 1);
    const pairs = (epoch: number) => {
      const starts = sequences(batches, epoch).map((row) => row.inputs[0]!);
      return starts.flatMap((start, i) =>
        i % 2 === 0 ? [[start, starts[i + 1]!].toSorted((a, b) => a - b).join()] : [],
      );
    };
    const first = new Set(pairs(0));
    expect(pairs(1).filter((pair) => first.has(pair)).length).toBeLessThan(10);
  });

  it("shuffle without favour: every line is as often in every tenth of an epoch", () => {
    const { source, offsets } = linesOf(Array.from({ length: 20 }, () => 3));
    const batches = new LineBatches(source, offsets, 1, 9, 5);
    const counts = Array.from({ length: 20 }, () => new Array<number>(10).fill(0));
    const epochs = 2000;
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let index = 0; index < 20; index++) {
        const line = (batches.window(epoch, index).inputs[0]! - 1) / 3;
        counts[line]![Math.floor(index / 2)]!++;
      }
    }
    // Expected 200 each, standard deviation 13.4; the largest of 200 such stays below 5 deviations.
    for (const count of counts.flat()) expect(Math.abs(count - epochs / 10)).toBeLessThan(67);
  });

  it("pad little, because lines of similar length stand together", () => {
    const { source, offsets } = linesOf(Array.from({ length: 5000 }, (_, i) => 2 + ((i * 7919) % 60)));
    for (const shuffle of [true, false]) {
      const batches = new LineBatches(source, offsets, 16, 64, 0, { shuffle });
      let cells = 0;
      for (let index = 0; index < batches.windows(0); index++)
        cells += batches.window(0, index).targets.length;
      expect(cells / batches.targetsPerEpoch).toBeLessThan(1.05);
    }
  });

  it("keep B rows when there are fewer lines", () => {
    const { source, offsets } = linesOf([3]);
    const batches = new LineBatches(source, offsets, 2, 9, 0);
    expect(copyOf(batches, 0, 0)).toEqual({
      T: 2,
      B: 2,
      inputs: [1, 0, 2, 0],
      targets: [2, -1, 3, -1],
      fresh: true,
    });
  });

  it("refuse a text without lines, and lines that are none", () => {
    expect(() => new LineBatches(counting(0), [0], 2, 9, 0)).toThrow(UserError);
    expect(() => new LineBatches(counting(3), [0, 2, 3], 2, 9, 0)).toThrow(RangeError);
  });
});

/** Measures of a classifier, by plain loops and by hand. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Measuring } from "../../src/classify/measures.js";

test("by hand", () => {
  const measuring = new Measuring(["a", "b", "c"], 1);
  measuring.add(0, Float64Array.of(0.9, 0.1, 0));
  measuring.add(0, Float64Array.of(0.3, 0.7, 0));
  measuring.add(1, Float64Array.of(0.2, 0.8, 0));
  measuring.add(1, Float64Array.of(0.6, 0.4, 0));
  const { labels, confusion, worst, ...figures } = measuring.measures();
  expect(confusion).toEqual([
    [1, 1, 0],
    [1, 1, 0],
    [0, 0, 0],
  ]);
  expect(labels.map(({ precision, recall, f1, texts }) => [precision, recall, f1, texts])).toEqual([
    [0.5, 0.5, 0.5, 2],
    [0.5, 0.5, 0.5, 2],
    [0, 0, 0, 0],
  ]);
  // The label that no text has, and that none was told to have, does not count.
  expect(figures.macroF1).toBe(0.5);
  expect(figures.accuracy).toBe(0.5);
  expect(figures.loss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.3) + Math.log(0.8) + Math.log(0.4)) / 4, 12);
  // Each in a bin of its own: |1 − 0.9|, |0 − 0.7|, |1 − 0.8|, |0 − 0.6|.
  expect(figures.expectedCalibrationError).toBeCloseTo((0.1 + 0.7 + 0.2 + 0.6) / 4, 12);
  expect(worst).toEqual([{ index: 1, label: "a", predicted: "b", probability: 0.7, labelProbability: 0.3 }]);
});

test("accuracy, F1 and calibration by plain loops", () => {
  const C = 4;
  const row = fc.record({
    label: fc.nat(C - 1),
    scores: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: C, maxLength: C }),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
      const names = ["w", "x", "y", "z"];
      const measuring = new Measuring(names, 100);
      const told = rows.map(({ label, scores }) => {
        const sum = scores.reduce((a, b) => a + b);
        const p = scores.map((score) => score / sum);
        measuring.add(label, Float64Array.from(p));
        const most = Math.max(...p);
        return { label, predicted: p.indexOf(most), most };
      });
      const found = measuring.measures();
      const right = told.filter(({ label, predicted }) => label === predicted).length;
      expect(found.accuracy).toBeCloseTo(right / rows.length, 12);
      expect(found.worst).toHaveLength(rows.length - right);
      const f1s = names.flatMap((_, c) => {
        const both = told.filter(({ label, predicted }) => label === c && predicted === c).length;
        const either =
          told.filter(({ label }) => label === c).length +
          told.filter(({ predicted }) => predicted === c).length;
        return either === 0 ? [] : [(2 * both) / either];
      });
      expect(found.macroF1).toBeCloseTo(f1s.reduce((a, b) => a + b) / f1s.length, 12);
      let error = 0;
      for (let bin = 0; bin < 15; bin++) {
        const own = told.filter(({ most }) => Math.min(14, Math.floor(most * 15)) === bin);
        if (own.length === 0) continue;
        const accuracy = own.filter(({ label, predicted }) => label === predicted).length / own.length;
        const mean = own.reduce((sum, { most }) => sum + most, 0) / own.length;
        error += (own.length / rows.length) * Math.abs(accuracy - mean);
      }
      expect(found.expectedCalibrationError).toBeCloseTo(error, 10);
    }),
  );
});

import { describe, expect, test } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { clipScale } from "../../src/optim/clip.js";
import { Schedule } from "../../src/optim/schedule.js";
import { trainStep, gradientNorm } from "../model/train-step.js";
import { squaresOf } from "../engine/tensor-data.js";

describe("clipping", () => {
  test("the norm over touched rows is the norm over all", () => {
    const engine = new ReferenceEngine("f64");
    const model = createModel(engine, modelConfig({ vocabulary: 9, hidden: 4 }), 1);
    const window = { T: 3, B: 1, inputs: Int32Array.of(1, 5, 5), targets: Int32Array.of(5, 5, 2) };
    for (let i = 0; i < 3; i++) trainStep(model, window, model.zeroState(1), { seed: 1, step: i });
    const whole = Math.sqrt(model.parameters.reduce((sum, p) => sum + squaresOf(engine, p.grad), 0));
    expect(gradientNorm(engine, model.parameters)).toBeCloseTo(whole, 12);
  });

  test("only gradients longer than the limit are shortened", () => {
    expect(clipScale(0.1, 0.25)).toBe(1);
    expect(clipScale(1, 0.25)).toBeCloseTo(0.25, 5);
    expect(clipScale(100, undefined)).toBe(1);
    expect(clipScale(0, 0.25)).toBe(1);
  });
});

describe("schedules", () => {
  const schedule = (name: Schedule["settings"]["name"], warmup = 0) => new Schedule({ name, warmup });

  test("constant, with and without warm-up", () => {
    expect([0, 0.5, 1].map((p) => schedule("constant").factor(p))).toEqual([1, 1, 1]);
    expect([0, 0.05, 0.1, 1].map((p) => schedule("constant", 0.1).factor(p))).toEqual([0, 0.5, 1, 1]);
  });

  test("cosine falls from 1 to a hundredth", () => {
    const s = schedule("cosine", 0.2);
    expect(s.factor(0.1)).toBeCloseTo(0.5);
    expect(s.factor(0.2)).toBe(1);
    expect(s.factor(0.6)).toBeCloseTo(0.505);
    expect(s.factor(1)).toBeCloseTo(0.01);
    expect(s.factor(7)).toBeCloseTo(0.01);
  });

  test("one-cycle rises to its peak at a quarter and falls to nearly zero", () => {
    const s = schedule("one-cycle");
    expect(s.factor(0)).toBeCloseTo(0.04);
    expect(s.factor(0.25)).toBeCloseTo(1);
    expect(s.factor(1)).toBeCloseTo(0.001);
    const falling = [0.3, 0.5, 0.7, 0.9].map((p) => s.factor(p));
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
  });

  test("linear rises in the warm-up and falls to exactly 0", () => {
    const s = schedule("linear", 0.2);
    expect([0, 0.1, 0.2, 0.6, 1].map((p) => s.factor(p))).toEqual([0, 0.5, 1, 0.5, 0]);
    expect([0, 0.25, 1].map((p) => schedule("linear").factor(p))).toEqual([1, 0.75, 0]);
  });

  test("a trapezoid is constant between warm-up and cool-down, and ends at exactly 0", () => {
    const trapezoid = (warmup: number, cooldown: number) =>
      new Schedule({ name: "trapezoid", warmup, cooldown });
    const s = trapezoid(0.25, 0.5);
    expect([0, 0.125, 0.25, 0.5, 0.75, 1].map((p) => s.factor(p))).toEqual([0, 0.5, 1, 1, 0.5, 0]);
    expect([0, 0.75, 1].map((p) => trapezoid(0, 0.25).factor(p))).toEqual([1, 1, 0]);
    // Warm-up and cool-down that overlap meet below 1.
    expect([0.25, 0.5, 0.75].map((p) => trapezoid(1, 1).factor(p))).toEqual([0.25, 0.5, 0.25]);
  });

  test("plateau divides by four whenever validation did not improve", () => {
    const s = schedule("plateau");
    s.validated(true);
    expect(s.factor(0.5)).toBe(1);
    s.validated(false);
    expect(s.factor(0.5)).toBe(0.25);
    s.validated(false);
    expect(s.factor(0.6)).toBe(0.0625);
    const other = schedule("cosine");
    other.validated(false);
    expect(other.factor(0)).toBe(1);
  });
});

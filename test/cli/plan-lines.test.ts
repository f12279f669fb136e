/** How a plan is told on the command line. */
import { expect, test } from "vitest";
import { planLines } from "../../src/cli/train-words.js";
import type { PlanEvent } from "../../src/train/events.js";

const plan: PlanEvent = {
  type: "plan",
  minutes: 60,
  readingSeconds: 15,
  trainingSeconds: 3500,
  measuringSeconds: 85,
  tokensPerSecond: 5310.4,
  passes: 8.9,
  validationTokens: 50_000,
  late: false,
  chosen: { layers: 2, hidden: 650, tie: true, lockedDropout: false, lr: 0.002 },
};

test("what was chosen as flags, and how the time is divided", () => {
  expect(planLines(plan)).toEqual([
    "Plan for 60 minutes: --layers 2 --hidden 650 --tie --lr 0.002; about 8.9 passes over the text, at 5,310 tokens a second",
    "58 min 20 s of training; 15 s before it, 1 min 25 s kept for measuring",
  ]);
  expect(planLines({ ...plan, minutes: 1, passes: 41.3, chosen: {} })[0]).toBe(
    "Plan for 1 minute: as it was given; about 41 passes over the text, at 5,310 tokens a second",
  );
});

test("a text that leaves too little time", () => {
  expect(planLines({ ...plan, minutes: 1, trainingSeconds: 15, late: true })[1]).toBe(
    "15 s before it and 1 min 25 s to measure what comes out leave little of 1 minute: with 15 s of training it takes longer",
  );
});

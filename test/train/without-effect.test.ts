/** Options that would have no effect on the run that they are given for are refused, each with one sentence. */
import { describe, expect, test } from "vitest";
import { train } from "../../src/apps/train.js";
import { checkedOptions } from "../../src/train/check-options.js";
import type { TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { planBySize } from "../../src/train/plan.js";
import { toyText } from "./toy-text.js";

const small: TrainOptions = {
  text: toyText(60),
  hidden: 8,
  embedding: 8,
  batchSize: 4,
  seqLen: 16,
  engine: "reference",
};
/** What the run says where it is refused; nothing is trained before it. */
async function refusal(options: TrainOptions): Promise<string> {
  const steps: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void (event.type === "step" && steps.push(event));
  const error: unknown = await train({ ...small, ...options, onEvent }).catch((thrown: unknown) => thrown);
  expect(steps).toEqual([]);
  expect(error).toMatchObject({ name: "UserError" });
  return (error as Error).message;
}
const runs = (options: TrainOptions) => train({ ...small, ...options });

describe("what stands between layers", () => {
  test.each([
    ["residual", true],
    ["dropoutBetween", 0.2],
  ] as const)("%s is refused with one layer", async (name, value) => {
    const sentence = `${name} is of what stands between layers, and there is one layer; give layers: 2 or more, or leave out ${name}.`;
    expect(await refusal({ [name]: value, layers: 1, steps: 2 })).toBe(sentence);
    expect(await refusal({ [name]: value, hidden: [8], steps: 2 })).toBe(sentence);
    await runs({ [name]: value, layers: 2, steps: 2 });
    await runs({ [name]: name === "residual" ? false : 0, layers: 1, steps: 2 });
    // Where their number is open, there are two.
    const text = { kind: "char", lines: false, tokens: 1000, vocabulary: 30 } as const;
    expect(planBySize({}, text).options.layers).toBe(1);
    expect(planBySize({ [name]: value }, text).options.layers).toBe(2);
  });

  test("of a recipe it gives way to one layer that is asked for", async () => {
    const options = { layers: 2, dropoutBetween: 0.2, residual: true } as const;
    const found = await checkedOptions({ text: "abc", recipe: { options }, layers: 1 });
    expect(found.recipe!.replaced.toSorted()).toEqual(["dropoutBetween", "layers", "residual"]);
  });
});

test("a warm-up and a cool-down of more than the whole run", async () => {
  const trapezoid = { schedule: "trapezoid", steps: 4 } as const;
  expect(await refusal({ ...trapezoid, warmup: 0.6, cooldown: 0.5 })).toBe(
    "warmup: 0.6 and cooldown: 0.5 are parts of the run, and together more than the whole; give smaller ones, together at most 1.",
  );
  await runs({ ...trapezoid, warmup: 0.5, cooldown: 0.5 });
});

describe("what waits for validations", () => {
  test.each<[string, TrainOptions, string]>([
    [
      "plateau",
      { schedule: "plateau", epochs: 2 },
      "schedule: plateau compares validations, and this run has 1 validation before its end, fewer than 2",
    ],
    ["plateau", { schedule: "plateau", epochs: 1 }, "and this run has no validation before its end"],
    ["plateau", { schedule: "plateau", steps: 10, validateEvery: 5 }, "has 1 validation before its end"],
    [
      "nt-asgd",
      { average: "nt-asgd", steps: 7 },
      "average: nt-asgd begins once one of 7 validations or more is worse, and this run has 6 validations before its end, fewer than 7; let it validate more often with validateEvery, or leave average out.",
    ],
    [
      "nt-asgd",
      { average: "nt-asgd", averageInterval: 2, epochs: 4 },
      "this run has 3 validations before its end, fewer than 4",
    ],
  ])("%s in a run with too few: %j", async (_, options, sentence) => {
    expect(await refusal(options)).toContain(sentence);
  });

  test.each<[TrainOptions]>([
    [{ schedule: "plateau", epochs: 3 }],
    [{ schedule: "plateau", steps: 11, validateEvery: 5 }],
    [{ average: "nt-asgd", steps: 8 }],
    [{ average: "nt-asgd", averageInterval: 2, steps: 5, validateEvery: 1 }],
    [{ average: "nt-asgd", averageInterval: 2, epochs: 5 }],
  ])("with just enough it is trained: %j", async (options) => {
    const validations: number[] = [];
    const onEvent = (event: TrainEvent) => void (event.type === "validation" && validations.push(event.step));
    const { step } = await runs({ ...options, onEvent });
    const before = validations.filter((at) => at < step).length;
    expect(before).toBe(options.average ? (options.averageInterval ?? 5) + 2 : 2);
  });

  test("a recipe may have it for runs of every length", async () => {
    await runs({ recipe: { options: { schedule: "plateau" } }, epochs: 1 });
  });
});

/** Spaces: files of them, hostile ones too, and the ones that are used where none is given. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { UserError } from "../../src/errors.js";
import { TRAIN_OPTIONS } from "../../src/options/train-options.js";
import { defaultSpace, firstSettings } from "../../src/tune/default-space.js";
import { parseSpace } from "../../src/tune/parse-space.js";
import { drawEvenly, isActive, nearestValue, placeOf, valueAt } from "../../src/tune/space.js";
import { checkOptions } from "../../src/train/check-options.js";

const parse = (value: unknown, given: Readonly<Record<string, unknown>> = {}) =>
  parseSpace(value, given, "space.json");
const names = (value: unknown, given = {}) => parse(value, given).map(({ name }) => name);

test("a space with every kind of values", () => {
  const space = parse({
    weight_drop: { from: 0, to: 0.5, when: { cell: "lstm" } },
    hidden: [512, 128, 256],
    cell: ["lstm", "minlstm"],
    lr: { from: 0.001, to: 0.1, log: true },
    "batch-size": { from: 8, to: 64 },
    varySeqLen: [true, false],
  });
  expect(space.map(({ name }) => name)).toEqual([
    "hidden",
    "cell",
    "lr",
    "batchSize",
    "varySeqLen",
    "weightDrop",
  ]);
  expect(space[0]).toMatchObject({ values: [128, 256, 512], ordered: true });
  expect(space[1]).toMatchObject({ values: ["lstm", "minlstm"], ordered: false });
  expect(space[3]).toMatchObject({ whole: true });
  expect(space[5]).toMatchObject({ conditions: { cell: ["lstm"] } });
  expect(isActive(space[5]!, { cell: "minlstm" })).toBe(false);
});

test("what is given is fixed; what has no effect beside it goes, too", () => {
  const space = { cell: ["lstm", "mogrifier"], mogrifierRounds: [2, 4], hidden: [8, 16] };
  expect(names(space)).toEqual(["cell", "hidden", "mogrifierRounds"]);
  expect(names(space, { cell: "mogrifier" })).toEqual(["mogrifierRounds", "hidden"]);
  expect(names(space, { cell: "gru" })).toEqual(["hidden"]);
  expect(names({ vocabSize: [100, 200], hidden: [1, 2] }, { tokenizer: "char" })).toEqual(["hidden"]);
});

const HOSTILE: readonly (readonly [string, unknown, string])[] = [
  ["no object", [1], 'there is [1]; a space is an object, such as { "hidden": [128, 256] }.'],
  ["nothing", {}, "nothing is left to look for"],
  ["an unknown option", { hiden: [1] }, 'there is no option "hiden"; did you mean hidden?'],
  [
    "an option of the study",
    { steps: [1, 2] },
    '"steps" is nothing that a study looks for; give it with the command.',
  ],
  ["a prototype", JSON.parse('{"__proto__": [1], "hidden": [1]}'), "there is no option"],
  ["one option twice", { batchSize: [1], batch_size: [2] }, "batch_size stands twice"],
  ["a wrong word", { cell: ["lsmt"] }, 'cell is "lsmt" (did you mean lstm?)'],
  ["a wrong number", { dropout: [0, 1] }, "dropout is 1; give a number from 0 and below 1"],
  ["a list of widths", { hidden: [[1, 2]] }, "hidden has [1,2]; give plain values"],
  ["null", { hidden: null }, "there is null; hidden takes a list of values"],
  ["an empty list", { hidden: [] }, "hidden has an empty list"],
  ["a value twice", { hidden: [2, 2] }, "hidden has 2 twice"],
  ["too many", { hidden: Array.from({ length: 101 }, (_, i) => i + 1) }, "hidden has 101 values"],
  ["a range of words", { cell: { from: 1, to: 2 } }, "cell has no numbers"],
  ["half a range", { lr: { from: 1 } }, 'the range of lr has no "to"'],
  ["backwards", { lr: { from: 2, to: 1 } }, "goes from 2 to 1"],
  ["a logarithm of 0", { dropout: { from: 0, to: 0.5, log: true } }, "is logarithmic and begins at 0"],
  ["log of another kind", { lr: { from: 1, to: 2, log: "yes" } }, 'has "yes" for "log"'],
  ["an unknown field", { lr: { from: 1, to: 2, step: 1 } }, 'lr has no field "step"'],
  ["both", { lr: { from: 1, to: 2, values: [1] } }, "lr has both values and a range"],
  ["infinity", { lr: { from: 1, to: Infinity } }, "lr is Infinity"],
  ["when itself", { lr: { from: 1, to: 2, when: { lr: 1 } } }, '"when" of lr names lr itself'],
  ["when nothing", { lr: { from: 1, to: 2, when: { cell: [] } } }, "has no value of cell"],
  ["when a range", { lr: { from: 1, to: 2, when: { ar: 1 } }, ar: { from: 0, to: 1 } }, "which is a range"],
  [
    "a circle",
    { layers: { values: [1, 2], when: { hidden: 8 } }, hidden: { values: [8], when: { layers: 1 } } },
    "layers and hidden hang on each other",
  ],
  ["words beside characters", { tokenizer: ["char", "word"] }, "models of words are compared with others"],
];

test.each(HOSTILE)("hostile: %s", (_name, value, message) => {
  let error: unknown;
  try {
    parse(value);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toContain(message);
  expect((error as UserError).option).toBe("space");
});

test("words with vocabularies of several sizes cannot be compared; with one they can", () => {
  expect(() => parse({ vocabSize: [100, 200] }, { tokenizer: "word" })).toThrow(
    "models of words are compared",
  );
  expect(names({ hidden: [1, 2] }, { tokenizer: "word" })).toEqual(["hidden"]);
});

test("places and values are each other's opposites", () => {
  const space = parse({
    hidden: [10, 20, 40],
    lr: { from: 0.001, to: 0.1, log: true },
    clip: { from: 1, to: 5 },
  });
  const [hidden, lr, clip] = space;
  expect([0, 0.34, 0.7, 1].map((u) => valueAt(hidden!, u))).toEqual([10, 20, 40, 40]);
  expect(placeOf(hidden!, 20)).toBeCloseTo(0.5);
  expect(valueAt(lr!, 0.5)).toBe(0.01);
  expect(placeOf(lr!, 0.01)).toBeCloseTo(0.5);
  expect(valueAt(clip!, 0.25)).toBe(2);
  expect(placeOf(clip!, 9)).toBeUndefined();
  expect(nearestValue(hidden!, 33)).toBe(40);
  expect(nearestValue(clip!, 9)).toBe(5);
  expect(nearestValue(clip!, "x")).toBeUndefined();
});

describe.each([
  ["a book", { lines: false, characters: 1_100_000 }, undefined],
  ["a long book of words", { lines: false, characters: 12_000_000 }, "word"],
  ["names", { lines: true, characters: 200_000 }, undefined],
  ["a page", { lines: false, characters: 3_000 }, undefined],
  ["a book of byte pairs", { lines: false, characters: 1_100_000 }, "bpe"],
] as const)("the default space of %s", (_name, text, tokenizer) => {
  const given = tokenizer === undefined ? {} : { tokenizer };
  const space = parseSpace(defaultSpace(text, tokenizer), given, "the default space");

  test("gives options that train takes", () => {
    const random = new Random(1);
    for (let i = 0; i < 50; i++)
      checkOptions({ text: "abc", ...given, ...drawEvenly(space, random), lines: text.lines });
  });

  test("begins with the ladder's models", () => {
    const first = firstSettings(space, text, { unit: "passes", amount: 30 }, tokenizer);
    expect(first.length).toBeGreaterThan(0);
    expect(first[0]).toMatchObject({ cell: "lstm", optimizer: "adabelief" });
    for (const setting of first) {
      for (const parameter of space)
        expect(setting[parameter.name] !== undefined).toBe(isActive(parameter, setting));
      for (const [name, value] of Object.entries(setting))
        expect(
          placeOf(
            space.find((each) => each.name === name)!,
            value,
          ),
        ).toBeDefined();
    }
  });
});

test("the less time there is, the smaller the models that a study begins with", () => {
  const text = { lines: false, characters: 1_100_000 };
  const space = parseSpace(defaultSpace(text), {}, "the default space");
  const widths = (unit: "seconds" | "passes", amount: number) =>
    firstSettings(space, text, { unit, amount }).map(({ hidden }) => hidden);
  expect(widths("seconds", 36_000)).toEqual([1024, 768, 512, 256, 128]);
  expect(widths("seconds", 250)).toEqual([256, 128]);
  expect(widths("seconds", 1)).toEqual([128]);
  expect(widths("passes", 3)).toEqual([512, 256, 128]);
});

test("a study looks only for options that train has", () => {
  for (const { name } of parse(defaultSpace({ lines: false, characters: 1e7 })))
    expect(Object.hasOwn(TRAIN_OPTIONS, name)).toBe(true);
});

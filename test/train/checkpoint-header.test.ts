/** The header of a checkpoint: what is not what a checkpoint says is refused with a sentence, and never gone on with. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { UserError } from "../../src/errors.js";
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from "../../src/format/safetensors.js";
import { FILE_NAMES, type ModelFiles } from "../../src/format/model-files.js";
import { parseCheckpointHeader } from "../../src/train/checkpoint-header.js";
import { NO_REGULARISATION } from "../../src/layers/regularisation.js";
import { MemoryStore } from "../../src/train/memory-store.js";
import type { TrainSettings } from "../../src/train/run-settings.js";
import type { GivenOptions } from "../../src/train/recipe.js";
import { runTraining } from "../../src/train/run.js";
import { RunControl } from "../../src/train/run-control.js";
import { memorySources } from "../../src/train/text-sources.js";
import { weightsOf } from "../../src/train/weights.js";
import { toyText } from "./toy-text.js";

const TEXT = toyText(40);
const OPTIONS: GivenOptions = { text: TEXT, hidden: 4, embedding: 3, batchSize: 2, seqLen: 8, steps: 6 };
const engine = new ReferenceEngine("f32");

/** A run in memory. @returns its files at the end, and where it stopped */
async function run(options: GivenOptions, resume?: ModelFiles): Promise<{ files: ModelFiles; step: number }> {
  let files: ModelFiles = {};
  let model: Parameters<typeof weightsOf>[0] | undefined;
  const store = new MemoryStore(resume, () => (files = store.files(() => weightsOf(model!))));
  const { step } = await runTraining(options, {
    store,
    control: new RunControl(),
    openSources: async (_lines, onReading) => memorySources(options.text!, onReading),
    engine: async () => engine,
    memory: 1e9,
    writeSample: async () => "",
    checkpointSeconds: 1000,
    onModel: (made) => (model = made),
  });
  return { files, step };
}

type Header = Record<string, unknown>;
const { checkpoint } = FILE_NAMES;
const { files: FILES } = await run(OPTIONS);
const { tensors: TENSORS, metadata } = decodeSafetensors(FILES[checkpoint]!, checkpoint);
const HEADER = JSON.parse(metadata["recurra_checkpoint"]!) as Header;

/** The files with another header, or other tensors, and no checksum. */
function filesWith(header: unknown, tensors = TENSORS): ModelFiles {
  const named = [...tensors].map(([name, tensor]): NamedTensor => ({ name, ...tensor }));
  const bytes = encodeSafetensors(named, { recurra_checkpoint: JSON.stringify(header) ?? "undefined" });
  return { ...FILES, [checkpoint]: bytes };
}

/** A copy in which the value at a place of the header is another; without a value it is left out. */
function changed(place: readonly string[], ...value: unknown[]): Header {
  const header = structuredClone(HEADER);
  let holder = header;
  for (const key of place.slice(0, -1)) holder = holder[key] as Header;
  if (value.length === 0) delete holder[place.at(-1)!];
  else holder[place.at(-1)!] = value[0];
  return header;
}

function* placesOf(value: unknown, above: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield [...above, key];
    yield* placesOf(inner, [...above, key]);
  }
}
const PLACES = [...placesOf(HEADER)];

/** What a run may lack: it was never made, or checkpoints did not always have it. */
const MAY_LACK = new Set([
  "settings.precision",
  ...["lockedDropout", "dropoutWords", "weightDrop", "dropoutState", "ar", "tar"].map(
    (name) => `settings.${name}`,
  ),
  "settings.updateRows",
  "settings.unigramBias",
  "settings.average",
  "position.smoothedLoss",
  "position.bestLoss",
  "position.bestStep",
  "vocabulary",
]);

test("the header of a run is read as it was written", () => {
  expect(parseCheckpointHeader(JSON.stringify(HEADER), "a")).toEqual(HEADER);
  expect(PLACES.length).toBeGreaterThan(35);
});

test("a header of version 2 has no rates: they are 0", () => {
  const settings = { ...(HEADER["settings"] as TrainSettings) };
  const old: Partial<Record<string, unknown>> = { ...settings };
  for (const rate of Object.keys(NO_REGULARISATION)) delete old[rate];
  const header = parseCheckpointHeader(JSON.stringify({ ...HEADER, version: 2, settings: old }), "a");
  expect(header).toEqual({ ...HEADER, version: 2, settings: { ...settings, ...NO_REGULARISATION } });
});

test("changes are read as they were written", () => {
  const changes = [
    { setting: "batchSize", step: 3, from: 2, to: 4 },
    { setting: "varySeqLen", step: 3, to: true },
    { setting: "maxMinutes", step: 5, from: 0.5 },
    { setting: "patience", step: 6, to: 5 },
  ];
  expect(parseCheckpointHeader(JSON.stringify({ ...HEADER, changes }), "a")).toEqual({ ...HEADER, changes });
});

describe("refused, with what is wrong and where", () => {
  const cases: [string, unknown, RegExp][] = [
    ["null", null, /its header is null, not an object/],
    ["a list", [], /its header is \[\], not an object/],
    ["no version", {}, /a checkpoint of version none, and this recurra reads 2 and 3/],
    ["another version", changed(["version"], "2"), /of version "2"/],
    ["no settings", changed(["settings"]), /its settings is missing/],
    ["settings null", changed(["settings"], null), /its settings is null, not an object/],
    ["no position", changed(["position"]), /its position is missing/],
    ["an empty position", changed(["position"], {}), /its position.step is missing/],
    ["no optimizer", changed(["settings", "optimizer"]), /its settings.optimizer is missing/],
    ["no schedule", changed(["settings", "schedule"]), /its settings.schedule is missing/],
    ["no epoch", changed(["position", "epoch"]), /its position.epoch is missing/],
    ["a word that is none", changed(["settings", "optimizer"], "rmsprop"), /"rmsprop", not one of/],
    ["step −1", changed(["position", "step"], -1), /its position.step is -1, not a whole number/],
    ["index null", changed(["position", "index"], null), /its position.index is null, not a whole/],
    ["half an epoch", changed(["position", "epoch"], 0.5), /its position.epoch is 0.5/],
    ["samples of a text", changed(["settings", "samples"], "x"), /its settings.samples is "x"/],
    ["samples below 0", changed(["settings", "samples"], -4), /its settings.samples is -4/],
    ["no limit", changed(["settings", "limit"], {}), /its settings.limit is \{\}, not one of epochs/],
    ["two limits", changed(["settings", "limit"], { steps: 3, epochs: 1 }), /not one of epochs/],
    [
      "other updates",
      changed(["position", "updates"], 5),
      /its position.updates is 5, not the number of its steps, 6/,
    ],
    ["a validation to come", changed(["position", "lastValidation"], 7), /lastValidation is 7, not at most/],
    [
      "finished of a text",
      changed(["position", "finished"], "no"),
      /its position.finished is "no", not true or/,
    ],
    ["no key of the text", changed(["textKey"], 7), /its textKey is 7, not a text/],
    ["lines of a number", changed(["lines"], 0), /its lines is 0, not true or false/],
    ["changes that are no list", { ...HEADER, changes: { lr: 1 } }, /its changes is \{"lr":1\}, not a list/],
    ["a change that is none", { ...HEADER, changes: [3] }, /its changes\[0\] is 3, not an object/],
    [
      "a change of no setting",
      { ...HEADER, changes: [{ step: 1, setting: "toString" }] },
      /its changes\[0\].setting is "toString", not the name of a setting/,
    ],
    [
      "a change to what cannot be",
      { ...HEADER, changes: [{ step: 1, setting: "lr", from: 1, to: "fast" }] },
      /its changes\[0\].to is "fast", not a number/,
    ],
    [
      "a change at no step",
      { ...HEADER, changes: [{ setting: "lr", from: 1, to: 2 }] },
      /its changes\[0\].step is missing/,
    ],
    ["a vocabulary of words", changed(["vocabulary"], { minCount: "2" }), /its vocabulary.minCount is "2"/],
    [
      "a window beyond the text",
      changed(["position", "index"], 10_000),
      /goes on at window 10001 of an epoch of/,
    ],
  ];
  test.each(cases)("%s", async (_, header, message) => {
    const resumed = run({ ...OPTIONS, steps: 9 }, filesWith(header));
    await expect(resumed).rejects.toThrow(message);
    await expect(resumed).rejects.toThrow(UserError);
  });

  test.each(PLACES.map((place) => [place.join("."), place] as const))(
    "%s left out or null",
    (name, place) => {
      const read = (header: Header) => parseCheckpointHeader(JSON.stringify(header), "run.model");
      if (MAY_LACK.has(name)) expect(() => read(changed(place))).not.toThrow();
      else
        expect(() => read(changed(place))).toThrow(/^run\.model is (damaged: its|a checkpoint of version)/);
      expect(() => read(changed(place, null))).toThrow(UserError);
    },
  );

  const [first, { shape, data }] = [...TENSORS].find(([, tensor]) => tensor.shape.length === 2)!;
  const tensorCases: [string, ReadonlyMap<string, unknown>, RegExp][] = [
    [
      "a tensor of another type",
      new Map([...TENSORS, [first, { dtype: "F64", shape, data: new Float64Array(data.length) }]]),
      /has the dtype F64, not F32/,
    ],
    [
      "a tensor of whole numbers",
      new Map([...TENSORS, [first, { dtype: "I32", shape, data: new Int32Array(data.length) }]]),
      /has the dtype I32, not F32/,
    ],
    [
      "a tensor of another shape",
      new Map([...TENSORS, [first, { dtype: "F32", shape: [data.length], data }]]),
      /has the shape \[\d+\], not \[\d+, \d+\]/,
    ],
    ["a tensor too few", new Map([...TENSORS].filter(([name]) => name !== first)), /is missing/],
    [
      "a tensor too many",
      new Map([...TENSORS, ["more", { dtype: "F32", shape: [1], data: new Float32Array(1) }]]),
      /"more" belongs to no part of it/,
    ],
    [
      "a weight that is no number",
      new Map([...TENSORS, [first, { dtype: "F32", shape, data: new Float32Array(data.length).fill(NaN) }]]),
      /holds NaN/,
    ],
  ];
  test.each(tensorCases)("%s", async (_, tensors, message) => {
    const resumed = run({ ...OPTIONS, steps: 9 }, filesWith(HEADER, tensors as typeof TENSORS));
    await expect(resumed).rejects.toThrow(message);
    await expect(resumed).rejects.toThrow(UserError);
  });

  test("samples where the softmax is adaptive", async () => {
    const words: GivenOptions = { ...OPTIONS, text: toyText(80), tokenizer: "word", softmax: "adaptive" };
    const { files } = await run(words);
    const { tensors, metadata: own } = decodeSafetensors(files[checkpoint]!, checkpoint);
    const header = JSON.parse(own["recurra_checkpoint"]!) as { settings: Header };
    header.settings["samples"] = 4;
    const named = [...tensors].map(([name, tensor]): NamedTensor => ({ name, ...tensor }));
    const bytes = encodeSafetensors(named, { recurra_checkpoint: JSON.stringify(header) });
    const { softmax: _, ...rest } = words;
    const resumed = run({ ...rest, steps: 9 }, { ...files, [checkpoint]: bytes });
    await expect(resumed).rejects.toThrow(/settings.samples .* adaptive/);
    await expect(resumed).rejects.toThrow(UserError);
  });
});

test("whatever a place of the header is, the run is gone on with to its end, or refused with a sentence", async () => {
  const numbers = fc.constantFrom(-1, 0, 1, 2, 3, 5, 1e9, 2 ** 53, 1e300, -0.5, 0.1);
  const values = fc.oneof(numbers, fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("sgd", "cosine", "bf16"));
  let finished = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PLACES), values, async (place, value) => {
      try {
        const { step } = await run({ ...OPTIONS, steps: 9 }, filesWith(changed(place, value)));
        expect(step).toBe(9);
        finished++;
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as Error).message.length).toBeLessThan(400);
      }
    }),
    { numRuns: 300, seed: 24 },
  );
  expect(finished).toBeGreaterThan(10);
});

/**
 * What stands in files, in memory: a model's safetensors, config.json, tokenizer.json, a zip of them; an acoustic model's
 * matrices and labels.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import fc from "fast-check";
import { assembleModel } from "../../../src/apps/assemble-model.js";
import { parseTuned, tunedJson } from "../../../src/apps/parse-tuned.js";
import { profileSums } from "../../../src/apps/profile.js";
import { parseProfile, profileContent } from "../../../src/apps/profile-bytes.js";
import { parseLabels } from "../../../src/apps/read-labels.js";
import { changeBetween, sizeOf } from "../../../src/apps/weight-change.js";
import { parseFiles } from "../../../src/format/parse-files.js";
import { decodeNpy } from "../../../src/format/npy.js";
import { unzipModel } from "../../../src/format/unzip-model.js";
import { createEngine } from "../../../src/engine/create.js";
import { parseJson } from "../../../src/format/json.js";
import { FILE_NAMES, type ModelFiles } from "../../../src/format/model-files.js";
import { decodeSafetensors, encodeSafetensors } from "../../../src/format/safetensors.js";
import { CtcDecoder } from "../../../src/generate/ctc/ctc-decoder.js";
import { ctcLabels } from "../../../src/generate/ctc/labels.js";
import { parseModelConfig } from "../../../src/model/config.js";
import { parseTokenizer } from "../../../src/text/tokenizers/parse-any-tokenizer.js";
import type { Tokenizer } from "../../../src/text/tokenizers/tokenizer.js";
import { RECIPES } from "../../../src/options/recipes.js";
import { RECIPE_NAMES } from "../../../src/options/words.js";
import { checkedOptions } from "../../../src/train/check-options.js";
import { indexRecordJson, parseIndexRecord } from "../../../src/vectors/index-record.js";
import { canaryRecordJson, parseCanaries } from "../../../src/memorised/canary-record.js";
import { npy } from "../../format/make-npy.js";
import { MODEL_NAMES, modelFile, modelFolder, modelText, TEXT } from "../fixtures.js";
import { jsonMutations, jsonOrBytes, mutated, mutatedJsonFile, mutations } from "../mutations.js";
import { withHeader } from "../safetensors-header.js";
import { tryModel } from "../try-model.js";
import { type FuzzTarget, target } from "../target.js";

const anyModel = fc.constantFrom(...MODEL_NAMES);
const SAFETENSORS = MODEL_NAMES.flatMap((name) => {
  const weights = modelFile(name, "model.safetensors");
  const hasRun = existsSync(join(modelFolder(name), "training"));
  return hasRun ? [weights, modelFile(name, "training/checkpoint.safetensors")] : [weights];
});

function checkSafetensors(bytes: Uint8Array): void {
  const { tensors, metadata } = decodeSafetensors(bytes, "The file");
  const named = [...tensors].map(([name, tensor]) => ({ name, ...tensor }));
  // What was read can be written, and read again as it was.
  const again = decodeSafetensors(encodeSafetensors(named, metadata), "The file");
  for (const [name, { dtype, shape, data }] of tensors) {
    const other = again.tensors.get(name);
    const same =
      other?.dtype === dtype &&
      other.shape.join() === shape.join() &&
      Buffer.from(other.data.buffer, other.data.byteOffset, other.data.byteLength).equals(
        Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      );
    if (!same) throw new Error(`tensor ${JSON.stringify(name)} is another after it was written and read`);
  }
}

const safetensors = target(
  "safetensors",
  1500,
  fc.oneof(
    fc.record({ file: fc.nat(SAFETENSORS.length - 1), bytes: mutations }),
    fc.record({ file: fc.nat(SAFETENSORS.length - 1), header: jsonMutations }),
  ),
  (input) => {
    const bytes = SAFETENSORS[input.file]!;
    checkSafetensors("bytes" in input ? mutated(bytes, input.bytes) : withHeader(bytes, input.header));
  },
);

const config = target(
  "config.json",
  3000,
  fc.record({ model: anyModel, change: jsonOrBytes }),
  ({ model, change }) => {
    const text = Buffer.from(mutatedJsonFile(modelText(model, "config.json"), change)).toString();
    parseModelConfig(parseJson(text, "config.json"), "config.json");
  },
);

/** A file of a recipe: what is taken of it is one of its options, and allowed beside none that is given. */
const recipe = target(
  "recipe.json",
  2000,
  fc.record({ name: fc.constantFrom(...RECIPE_NAMES), change: jsonOrBytes }),
  async ({ name, change }) => {
    const text = Buffer.from(mutatedJsonFile(JSON.stringify({ name, ...RECIPES[name] }), change)).toString();
    const read = async () => parseJson(text, "recipe.json");
    const { recipe: found } = await checkedOptions({ text: "a", recipe: "recipe.json" }, {}, read);
    await checkedOptions({ ...found!.inForce, text: "a" });
  },
);

const SAMPLE_TEXTS = [
  "",
  "the cat",
  TEXT.slice(0, 200),
  "é\u0301 \u{1f408} \ud83d \ufeff\0\r\n<unk><bos> [UNK]",
];

function checkTokenizer(tokenizer: Tokenizer): void {
  for (const text of SAMPLE_TEXTS) {
    const ids = tokenizer.encode(text);
    if (ids.some((id) => !(id >= 0 && id < tokenizer.size)))
      throw new Error(`it encodes to ids that are none: ${ids.join()}`);
    tokenizer.decode(ids);
    tokenizer.unknowns(text);
    const stream = tokenizer.encodeStream();
    const pushed = [...text].flatMap((character) => Array.from(stream.push(character)));
    if ([...pushed, ...stream.end()].join() !== ids.join())
      throw new Error("it encodes a text otherwise by pieces than as a whole");
  }
  for (let id = 0; id < tokenizer.size; id++) tokenizer.display(id);
  const again = parseTokenizer(JSON.parse(JSON.stringify(tokenizer.toJSON())), "tokenizer.json");
  for (const text of SAMPLE_TEXTS)
    if (again.encode(text).join() !== tokenizer.encode(text).join())
      throw new Error("it encodes otherwise after it was written and read");
}

const tokenizer = target(
  "tokenizer.json",
  500,
  fc.record({ model: anyModel, change: jsonOrBytes }),
  ({ model, change }) => {
    const text = Buffer.from(mutatedJsonFile(modelText(model, "tokenizer.json"), change)).toString();
    checkTokenizer(parseTokenizer(parseJson(text, "tokenizer.json"), "tokenizer.json"));
  },
);

const FILES: readonly string[] = [FILE_NAMES.config, FILE_NAMES.tokenizer, FILE_NAMES.weights];

const zip = target(
  "zip",
  150,
  fc.record({
    model: anyModel,
    other: anyModel,
    folder: fc.constantFrom("", "a/", "a/b/", "../", "/"),
    level: fc.constantFrom(0 as const, 6 as const),
    /** One file of the other model, left out, or of many zeros. */
    odd: fc.constantFrom("none", "other", "missing", "zeros", "more"),
    which: fc.nat(2),
    changes: fc.option(mutations, { nil: [] }),
  }),
  async ({ model, other, folder, level, odd, which, changes }) => {
    const files: Record<string, Uint8Array> = {};
    for (const [i, name] of FILES.entries()) {
      const bytes = modelFile(odd === "other" && i === which ? other : model, name);
      if (odd === "missing" && i === which) continue;
      files[`${folder}${name}`] = odd === "zeros" && i === which ? new Uint8Array(2 ** 20) : bytes;
    }
    if (odd === "more") files["zeros.bin"] = new Uint8Array(2 ** 20);
    await loadFiles(unzipModel(mutated(zipSync(files, { level }), changes), "model.zip"));
  },
  { megabytes: 300 },
);

async function loadFiles(files: ModelFiles): Promise<void> {
  await tryModel(
    await assembleModel(await createEngine({ engine: "reference" }), parseFiles(files), FILE_NAMES),
  );
}

/** The files of a model as a page has them, each changed, or of another model. */
const files = target(
  "model files",
  400,
  fc.record({ model: anyModel, other: anyModel, which: fc.nat(2), change: fc.option(jsonOrBytes) }),
  async ({ model, other, which, change }) => {
    const contents = FILES.map((name, i) => {
      if (i !== which) return [name, modelFile(model, name)];
      if (!change) return [name, modelFile(other, name)];
      if (i < 2) return [name, mutatedJsonFile(modelText(model, name), change)];
      const bytes = modelFile(model, name);
      return [name, "json" in change ? withHeader(bytes, change.json) : mutated(bytes, change.bytes)];
    });
    await loadFiles(Object.fromEntries(contents) as ModelFiles);
  },
);

const TUNED = {
  settings: {
    temperature: 0.95,
    cache: { window: 700, theta: 0.35, lambda: 0.05 },
    dynamic: { method: "rms", rate: 3e-4, decay: 0.001, segment: 20, epsilon: 2 },
  },
  tokens: 9000,
  plainPerplexity: 165.1,
  perplexity: 145.8,
} as const;
const EVALUATION = JSON.stringify(
  tunedJson({
    weights: "0a53e5da of 8869728 bytes",
    tuned: { cache: TUNED, dynamic: TUNED, "cache+dynamic": TUNED },
    interpolations: [
      {
        ngram: "0a53e5da0a53e5da0a53e5da0a53e5da",
        beside: "cache",
        weight: 0.3,
        tokens: 9000,
        plainPerplexity: 165.1,
        perplexity: 145.8,
      },
    ],
  }),
);

const evaluation = target("evaluation.json", 2000, jsonOrBytes, (change) => {
  const text = Buffer.from(mutatedJsonFile(EVALUATION, change)).toString();
  const content = parseTuned(parseJson(text, "evaluation.json"), "evaluation.json");
  // What was read can be written, and read again as it was.
  const again = parseTuned(JSON.parse(JSON.stringify(tunedJson(content))), "evaluation.json");
  if (JSON.stringify(again) !== JSON.stringify(content))
    throw new Error("it is another after it was written and read");
});

const INDEX = JSON.stringify(
  indexRecordJson({
    model: "0a53e5da0a53e5da0a53e5da0a53e5da",
    settings: { pool: "sif", sifA: 0.001, centre: true, components: 2 },
    width: 16,
    lines: { form: { encoding: "utf-8", field: "text" }, bytes: 900, sha256: "ab12", ended: true },
    vectors: { count: 40, checksum: 12345 },
    places: { count: 40, checksum: 6789 },
    common: "common-0a53e5da.safetensors",
  }),
);

const index = target("index.json", 2000, jsonOrBytes, (change) => {
  const text = Buffer.from(mutatedJsonFile(INDEX, change)).toString();
  const record = parseIndexRecord(parseJson(text, "index.json"), "index.json");
  const again = parseIndexRecord(JSON.parse(JSON.stringify(indexRecordJson(record))), "index.json");
  if (JSON.stringify(again) !== JSON.stringify(record))
    throw new Error("it is another after it was written and read");
});

const PROFILED = [
  { name: "embedding.weight", shape: [5, 3] },
  { name: "decoder.bias", shape: [5] },
];
const changeOf = (before: number, after: number) => {
  const sums = (x: number) =>
    new Map(PROFILED.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape)).fill(x)]));
  return changeBetween(PROFILED, sums(before), sums(after), 2);
};
const FIGURES = { at: "2026-05-04T10:20:30Z", tokens: 9, characters: 9, bits: 20.5, plainBits: 25 };
const PROFILE = profileContent({
  model: "0123456789abcdef".repeat(2),
  profile: {
    off: false,
    points: [
      { ...FIGURES, number: 1, change: changeOf(0, 1) },
      { ...FIGURES, number: 4, change: changeOf(1, 3) },
    ],
  },
});

/** Whatever is read of a profile can be added to weights, and written, and is then the same. */
function checkProfile(bytes: Uint8Array): void {
  const content = decodeSafetensors(bytes, "The file");
  const profile = parseProfile(content, PROFILED, "The file");
  profileSums(profile, PROFILED);
  const { tensors, metadata } = profileContent({ model: content.metadata["model"]!, profile });
  const again = parseProfile(
    decodeSafetensors(encodeSafetensors(tensors, metadata), "The file"),
    PROFILED,
    "The file",
  );
  const shown = ({ points }: typeof profile) =>
    JSON.stringify(points.map(({ change, ...rest }) => [rest, [...change]]));
  if (shown(again) !== shown(profile)) throw new Error("it is another after it was written and read");
}

const profile = target(
  "profile",
  1500,
  fc.oneof(
    mutations.map((change) => mutated(encodeSafetensors(PROFILE.tensors, PROFILE.metadata), change)),
    jsonOrBytes.map((change) => {
      const points = Buffer.from(mutatedJsonFile(PROFILE.metadata["points"]!, change)).toString();
      return encodeSafetensors(PROFILE.tensors, { ...PROFILE.metadata, points });
    }),
  ),
  checkProfile,
);

const DECODER = new CtcDecoder(["<blank>", " ", "a", "b"]);
const MATRIX = npy(
  "<f4",
  "3, 4",
  new Uint8Array(
    Float32Array.from({ length: 12 }, (_, i) => (i % 5 === 0 ? Math.log(0.97) : Math.log(0.01))).buffer,
  ),
);

const matrix = target("npy", 1500, mutations, (change) => {
  const { shape, data } = decodeNpy(mutated(MATRIX, change), "The file");
  if (data.length !== shape.reduce((product, size) => product * size, 1))
    throw new Error("it has more or fewer numbers than its shape says");
  const [frames = 0, labels = 0] = shape;
  if (shape.length === 2) DECODER.decode({ frames, labels, data }, "The file");
});

const LABEL_FILES = [
  '["<pad>", "|", "a", "▁b"]',
  '{ "<pad>": 0, "|": 1, "a": 2 }',
  "<blk> 0\na 1\nb 2\n",
  "<blank>\n \na\n",
];

const labels = target(
  "labels",
  1500,
  fc.record({ file: fc.nat(LABEL_FILES.length - 1), change: mutations }),
  ({ file, change }) => {
    const text = Buffer.from(mutated(Buffer.from(LABEL_FILES[file]!), change)).toString();
    const found = parseLabels(text, "The file");
    const { roles, blank } = ctcLabels(found);
    if (roles.length !== found.length || roles[blank] !== undefined)
      throw new Error("a column has no label, or the blank is written");
  },
);

const CANARIES = JSON.stringify(
  canaryRecordJson({
    seed: 1,
    canaries: [
      { pattern: "my code is {digits:2}.", choices: [4, 9], line: "my code is 49.", times: 4 },
      { pattern: "{letters:1} {words:2}", choices: [25, 0, 2], line: "z sea whale", times: 0 },
    ],
    words: ["sea", "ship", "whale"],
  }),
);

const canaries = target("canaries.json", 2000, jsonOrBytes, (change) => {
  const text = Buffer.from(mutatedJsonFile(CANARIES, change)).toString();
  const record = parseCanaries(parseJson(text, "canaries.json"), "canaries.json");
  const again = parseCanaries(JSON.parse(JSON.stringify(canaryRecordJson(record))), "canaries.json");
  if (JSON.stringify(again) !== JSON.stringify(record))
    throw new Error("it is another after it was written and read");
});

export const FILE_TARGETS: readonly FuzzTarget[] = [
  safetensors,
  config,
  recipe,
  tokenizer,
  zip,
  files,
  evaluation,
  index,
  profile,
  matrix,
  labels,
  canaries,
];

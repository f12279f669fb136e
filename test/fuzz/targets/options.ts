/** What callers give to the library: values of wrong types, in any option, and words that are none. */
import { join } from "node:path";
import fc from "fast-check";
import {
  createEngine,
  evaluateInputs,
  generate,
  load,
  type LoadedModel,
  modelConfig,
  parseTokenizer,
  quantize,
  samplingSettings,
  train,
  trainTokenizer,
} from "../../../src/index.js";
import { modelFolder, TEXT } from "../fixtures.js";
import { STRANGE_ARGUMENTS } from "../mutations.js";
import { type FuzzTarget, target, withFolder } from "../target.js";

const TRAIN_OPTIONS = [
  ..."text inputs valid test encoding field lines recipe tokenizer vocabSize minCount wordMode cell nonlinearity mogrifierRounds mogrifierRank inputGate".split(
    " ",
  ),
  ..."layers hidden embedding tie residual forgetBias unigramBias dropout dropoutEmbedding dropoutBetween dropoutOutput softmax cutoffs".split(
    " ",
  ),
  ..."samples mixtures batchSize seqLen optimizer lr momentum weightDecay schedule warmup clip epochs steps".split(
    " ",
  ),
  ..."maxMinutes validateEvery patience seed precision out resume overwrite threads engine".split(" "),
  ..."lockedDropout dropoutWords weightDrop dropoutState ar tar pastDecode checkpointSeconds onEvent signal".split(
    " ",
  ),
];
const GENERATE_OPTIONS =
  "prompt length stop seed samples allowUnknown temperature topK topP minP repetitionPenalty".split(" ");
const WORDS = [
  "lstm",
  "gru",
  "word",
  "bpe",
  "sgd",
  "adam",
  "cosine",
  "adaptive",
  "sampled",
  "unicode",
  "bf16",
  "reference",
];

const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...STRANGE_ARGUMENTS) },
  fc.constantFrom<unknown>(...WORDS),
  fc.integer({ min: -3, max: 9 }),
  fc.double({ min: -1, max: 2 }),
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
);

/** Sizes that only take long and teach nothing. */
const LARGE = new Set<unknown>([1e9, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 2 ** 16, Infinity]);

const options = (names: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .array(fc.tuple(fc.constantFrom(...names, "optoin", "constructor"), value), { maxLength: 3 })
    .map((entries) => Object.fromEntries(entries));

const SMALL = {
  hidden: 4,
  embedding: 4,
  layers: 1,
  batchSize: 2,
  seqLen: 4,
  steps: 2,
  engine: "reference",
  seed: 1,
};

/** Whatever is given in place of a function's argument. */
const untyped = <Wrong>(given: unknown): Wrong => given as Wrong;

/** `train` of a small model, some of its options replaced. */
const trainOptions = target(
  "options of train",
  100,
  fc.record({ changes: options(TRAIN_OPTIONS), toFolder: fc.boolean() }),
  ({ changes, toFolder }) =>
    withFolder(async (folder) => {
      const stopped = new AbortController();
      const base: Record<string, unknown> = { ...SMALL, text: TEXT.slice(0, 600), signal: stopped.signal };
      let steps = 0;
      base["onEvent"] = (event: { type: string }) => {
        if (event.type === "step" && ++steps > 5) stopped.abort();
      };
      if (toFolder) base["out"] = join(folder, "model");
      const named: Record<string, unknown> = { ...base, ...changes };
      // A run without a limit of its own, or none that is reached, would not end.
      if (("epochs" in changes || "maxMinutes" in changes) && !("steps" in changes)) delete named["steps"];
      // A folder is written where it is said; here that is nowhere but in the scratch folder.
      if (typeof named["out"] === "string" && "out" in changes)
        named["out"] = join(folder, named["out"].slice(0, 40));
      if (named["inputs"] !== undefined && "inputs" in changes) delete named["text"];
      await train(untyped(named));
    }),
  { seconds: 10, megabytes: 600 },
);

let loaded: Promise<LoadedModel> | undefined;
const model = (): Promise<LoadedModel> =>
  (loaded ??= load(modelFolder("lstm-char"), { engine: "reference" }));

const generateOptions = target("options of generate", 1500, options(GENERATE_OPTIONS), async (changes) => {
  const { length } = changes;
  const short = length === undefined || LARGE.has(length) ? { length: 3 } : {};
  const pieces = (await model()).generate(untyped({ length: 3, ...changes, ...short }));
  for (let made = 0; made < 100; made++) if ((await pieces.next()).done) break;
});

/** Functions of the library, given anything. */
const CALLS: Readonly<Record<string, (given: unknown, more: unknown) => unknown>> = {
  load: (given, more) => load(untyped(given), untyped(more)),
  train: (given) => train(untyped(given)),
  quantize: (given, more) => quantize(untyped(given), untyped(more)),
  quantizeGood: (_given, more) => quantize(modelFolder("lstm-char"), untyped(more)),
  createEngine: (given) => createEngine(untyped(given)),
  createEngineOf: (given, more) => createEngine(untyped({ engine: given, threads: more })),
  loadWith: (given, more) => load(modelFolder("lstm-char"), untyped({ engine: given, threads: more })),
  modelConfig: (given) => modelConfig(untyped(given)),
  modelConfigOf: (given, more) => modelConfig(untyped({ vocabulary: 5, hidden: given, cell: more })),
  parseTokenizer: (given) => parseTokenizer(given, "tokenizer.json"),
  trainTokenizer: (given, more) => trainTokenizer(untyped(given), ["some text"], untyped(more)),
  trainTokenizerOf: (given, more) =>
    trainTokenizer("word", ["some text"], untyped({ minCount: given, wordMode: more })),
  samplingSettings: (given) => samplingSettings(untyped(given)),
  scoreLine: async (given) => (await model()).scoreLine(untyped(given)),
  evaluate: async (given) => (await model()).evaluate(untyped(given)),
  unknowns: async (given) => (await model()).unknowns(untyped(given)),
  evaluateInputs: async (given, more) => evaluateInputs(await model(), untyped(given), untyped(more)),
  evaluateInputsOf: async (given, more) =>
    evaluateInputs(await model(), ["nothing.txt"], untyped({ batchSize: given, encoding: more })),
  generate: async (given) => {
    const { model: network, tokenizer } = await model();
    await generate(network, tokenizer, untyped(given)).next();
  },
};

/** Relative names, as some of the values are, lead into a folder of its own. */
const inFolder = (call: () => unknown): Promise<unknown> =>
  withFolder(async (folder) => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      return await call();
    } finally {
      process.chdir(before);
    }
  });

const calls = target(
  "arguments of the library",
  1500,
  fc.record({ call: fc.constantFrom(...Object.keys(CALLS)), given: value, more: value }),
  ({ call, given, more }) => inFolder(() => CALLS[call]!(given, more)),
);

export const OPTION_TARGETS: readonly FuzzTarget[] = [trainOptions, generateOptions, calls];

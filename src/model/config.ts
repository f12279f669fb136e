/** The architecture of a language model: a short typed record, kept as config.json. */
import { checkObject } from "../argument-checks.js";
import { UserError } from "../errors.js";
import {
  type Cell,
  CELLS,
  DEFAULT_CELL,
  DEFAULT_MOGRIFY,
  MOST_ROUNDS,
  type Mogrification,
  cellsWith,
  hasOption,
} from "../cells.js";
import { shown } from "../shown.js";
import { MOST_COMPONENTS } from "../engine/engine.js";
import { CLASSIFIER_POOLS } from "../options/words.js";
import { hiddenOf, hiddenSizes, isProjected, widthsText } from "./widths.js";

export { type Cell, CELLS };

/** How the states of a text's tokens become the vector that a classifier's head reads (vectors/pooling.ts). */
export type ClassifierPool = (typeof CLASSIFIER_POOLS)[number];

/** The newest version of the folder's layout and of config.json that is read; a newer one is refused. */
export const FORMAT_VERSION = 4;

export interface ModelConfig {
  /** Always "recurra": distinguishes the folder from others. */
  format: "recurra";
  version: number;
  cell: Cell;
  /** Elman RNN only. */
  nonlinearity: "tanh" | "relu";
  /** LSTM and Mogrifier LSTM only. Absent: free. */
  inputGate?: "capped" | undefined;
  /** Mogrifier LSTM only, which has it always. */
  mogrify?: Mogrification | undefined;
  layers: number;
  /** The width of every layer, or a list with the width of each: ask widths.ts. */
  hidden: number | readonly number[];
  embedding: number;
  vocabulary: number;
  /** The decoder's weight is the embedding's; where the last layer is of another width, its output is projected. */
  tie: boolean;
  /** From the second layer on, what comes out of the layer below is added to a layer's own output (see body.ts). */
  residual?: boolean | undefined;
  /** An adaptive softmax (see adaptive-decoder.ts) in place of the full one: where the clusters of rare tokens begin. */
  adaptive?: { cutoffs: number[]; divisor: number } | undefined;
  /** A mixture of so many softmaxes (see mixture-decoder.ts) in place of one. */
  mixture?: { components: number } | undefined;
  /** Where the matrices are not floats: int8, one scale a row (see quantize.ts). Such a model is not trained. */
  weights?: "int8" | undefined;
  /** A classifier's model: what its head (src/classify/head.ts) tells apart, and of which vectors. */
  classifier?: { labels: readonly string[]; pool: ClassifierPool } | undefined;
  /**
   * Read, never made: the rates of a run whose checkpoint is of version 2, which has none. Later runs keep theirs in the
   * checkpoint.
   */
  dropout?: EarlierDropout | undefined;
}

/** Probabilities on the embedded input, between layers, on the last layer's output. */
interface EarlierDropout {
  readonly embedding: number;
  readonly between: number;
  readonly output: number;
}

/** What came after the first version: a config is written as the first version that has all that it uses. */
const NEWER: readonly {
  readonly version: number;
  readonly what: string;
  readonly isIn: (config: ModelConfig) => boolean;
}[] = [
  { version: 2, what: 'the key "adaptive"', isIn: ({ adaptive }) => adaptive !== undefined },
  { version: 2, what: 'the key "weights"', isIn: ({ weights }) => weights !== undefined },
  { version: 3, what: 'a list under the key "hidden"', isIn: ({ hidden }) => Array.isArray(hidden) },
  { version: 3, what: 'the key "mixture"', isIn: ({ mixture }) => mixture !== undefined },
  { version: 3, what: 'the key "residual"', isIn: ({ residual }) => residual !== undefined },
  { version: 3, what: 'the key "inputGate"', isIn: ({ inputGate }) => inputGate !== undefined },
  { version: 3, what: 'the key "mogrify"', isIn: ({ mogrify }) => mogrify !== undefined },
  { version: 3, what: "a projection before tied weights", isIn: isProjected },
  { version: 4, what: 'the key "classifier"', isIn: ({ classifier }) => classifier !== undefined },
];

/** The largest sizes of a config: far above what a machine can train, and small enough for exact arithmetic. */
const SIZE_LIMITS = {
  layers: 1024,
  hidden: 2 ** 20,
  embedding: 2 ** 20,
  vocabulary: 2 ** 24,
} as const;
/** Most clusters of an adaptive softmax. */
const MAX_CLUSTERS = 64;

/** Describes what is wrong with a value; undefined where nothing is. */
type Check = (value: unknown) => string | undefined;

const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value)
      ? undefined
      : `it is ${shown(value)}, but has to be ${words.map((word) => JSON.stringify(word)).join(" or ")}`;
const wholeFrom =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `it is ${shown(value)}, but has to be a whole number from ${least} to ${most}`;
/** One width, or a list of one for each layer. */
const widths: Check = (value) => {
  const one = wholeFrom(1, SIZE_LIMITS.hidden);
  if (!Array.isArray(value)) return one(value) && `${one(value)}, or a list of such numbers`;
  if (value.length > 0 && value.length <= SIZE_LIMITS.layers && !value.some(one)) return undefined;
  return `it is ${shown(value)}, but has to be a list of whole numbers from 1 to ${SIZE_LIMITS.hidden}, one for each layer`;
};
const probability: Check = (value) =>
  typeof value === "number" && value >= 0 && value < 1
    ? undefined
    : `it is ${shown(value)}, but has to be a number from 0 on and below 1`;

const DROPOUT: Readonly<Record<keyof EarlierDropout, Check>> = {
  embedding: probability,
  between: probability,
  output: probability,
};
const KEYS: Readonly<Record<keyof ModelConfig, Check>> = {
  format: oneOf("recurra"),
  version: wholeFrom(1, FORMAT_VERSION),
  cell: oneOf(...CELLS),
  nonlinearity: oneOf("tanh", "relu"),
  inputGate: oneOf(undefined, "capped"),
  mogrify: () => undefined,
  layers: wholeFrom(1, SIZE_LIMITS.layers),
  hidden: widths,
  embedding: wholeFrom(1, SIZE_LIMITS.embedding),
  vocabulary: wholeFrom(2, SIZE_LIMITS.vocabulary),
  tie: oneOf(true, false),
  residual: (value) => (value === undefined ? undefined : oneOf(true, false)(value)),
  adaptive: () => undefined,
  mixture: () => undefined,
  weights: oneOf(undefined, "int8"),
  classifier: () => undefined,
  dropout: () => undefined,
};
const MOGRIFY: Readonly<Record<keyof Mogrification, Check>> = {
  rounds: wholeFrom(1, MOST_ROUNDS),
  rank: wholeFrom(0, SIZE_LIMITS.hidden),
};
const ADAPTIVE: Readonly<Record<keyof NonNullable<ModelConfig["adaptive"]>, Check>> = {
  cutoffs: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_CLUSTERS &&
    value.every((cut) => Number.isSafeInteger(cut))
      ? undefined
      : `it is ${shown(value)}, but has to be a list of at most ${MAX_CLUSTERS} whole numbers`,
  divisor: wholeFrom(1, SIZE_LIMITS.hidden),
};

const MIXTURE: Readonly<Record<keyof NonNullable<ModelConfig["mixture"]>, Check>> = {
  components: wholeFrom(2, MOST_COMPONENTS),
};

const CLASSIFIER: Readonly<Record<keyof NonNullable<ModelConfig["classifier"]>, Check>> = {
  labels: (value) =>
    Array.isArray(value) &&
    new Set(value.filter((one) => one && typeof one === "string")).size === value.length &&
    value.length > 1
      ? undefined
      : `it is ${shown(value)}, but has to be a list of two texts or more, each once`,
  pool: oneOf(...CLASSIFIER_POOLS),
};

/** Where a config is that was not read from a file. */
const IN_CODE = "config";

function wrong(where: string, problem: string): UserError {
  if (where.split(",")[0] === IN_CODE) return new UserError(`${where}: ${problem}.`);
  return new UserError({
    problem: `${where}: ${problem}`,
    advice: "restore the file from a copy, or update recurra if a newer one wrote it",
  });
}

/** @throws UserError that names the first wrong key */
function checkKeys(value: unknown, checks: Readonly<Record<string, Check>>, where: string, path = ""): void {
  const at = (key: string): string => `${where}, key "${path}${key}"`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const place = path === "" ? where : `${where}, key "${path.slice(0, -1)}"`;
    throw wrong(place, `it is ${shown(value)}, but has to be an object`);
  }
  for (const [key, check] of Object.entries(checks)) {
    const problem = check((value as Record<string, unknown>)[key]);
    if (problem !== undefined) throw wrong(at(key), problem);
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(checks, key)) throw wrong(at(key), "a model has no such key");
  }
}

/** The keys that a config needs; the others have defaults. With a list of widths, `layers` is its length. */
export type ModelConfigInput = Partial<Omit<ModelConfig, "format" | "version" | "dropout">> & {
  vocabulary: number;
};

/** The same architecture, of a language model alone, with another number of tokens. */
export function withVocabulary(config: ModelConfig, vocabulary: number): ModelConfig {
  const { format: _, version: __, dropout: ___, classifier: ____, ...architecture } = config;
  return modelConfig({ ...architecture, vocabulary });
}

/** A whole config; defaults: LSTM, one layer of 128, embedding as wide as the last layer, not tied. */
export function modelConfig(input: ModelConfigInput): ModelConfig {
  checkObject("The model's configuration", input);
  if ("dropout" in input)
    throw wrong(`${IN_CODE}, key "dropout"`, "rates go with a pass, as its regularisation");
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const sizes: unknown = input.hidden === undefined ? 128 : input.hidden;
  const list: readonly number[] | undefined = Array.isArray(sizes) ? sizes : undefined;
  const cell = input.cell ?? DEFAULT_CELL;
  const layers = input.layers ?? list?.length ?? 1;
  const config = {
    format: "recurra",
    cell,
    nonlinearity: "tanh",
    ...(hasOption(cell, "mogrify") && { mogrify: { ...DEFAULT_MOGRIFY } }),
    layers,
    embedding: list ? list.at(-1) : sizes,
    tie: false,
    ...given,
    // Where it is false there is none: earlier versions do not know it.
    residual: input.residual === false ? undefined : input.residual,
    // A list of another length stays, and is refused.
    hidden: list?.length === layers ? hiddenOf(list) : sizes,
  };
  return parseModelConfig({ ...config, version: versionOf(config as unknown as ModelConfig) });
}

/** The first version of the format that has all that a config, not necessarily checked, uses. */
function versionOf(config: ModelConfig): number {
  return NEWER.reduce((most, { version, isIn }) => (isIn(config) ? Math.max(most, version) : most), 1);
}

/** Checks a parsed config.json. @throws UserError that names the first wrong key. */
export function parseModelConfig(json: unknown, where = IN_CODE): ModelConfig {
  const version = (json as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > FORMAT_VERSION) {
    throw new UserError(
      `${where} has format version ${version}, newer than the ${FORMAT_VERSION} this recurra reads; update recurra.`,
    );
  }
  const config = withDefaults(json) as ModelConfig;
  checkKeys(config, KEYS, where);
  if (config.dropout !== undefined) {
    checkKeys(config.dropout, DROPOUT, where, "dropout.");
    if (Object.values(config.dropout).every((rate) => rate === 0)) delete config.dropout;
  }
  if (config.adaptive !== undefined) checkKeys(config.adaptive, ADAPTIVE, where, "adaptive.");
  if (config.mixture !== undefined) checkKeys(config.mixture, MIXTURE, where, "mixture.");
  if (config.classifier !== undefined) checkKeys(config.classifier, CLASSIFIER, where, "classifier.");
  checkWidths(config, where);
  checkCellOptions(config, where);
  checkCutoffs(config, where);
  for (const { version: since, what, isIn } of NEWER) {
    if (config.version >= since || !isIn(config)) continue;
    throw new UserError(
      `${where}: ${what} is not of format version ${config.version}, but of ${since}; the file is damaged, restore it from a copy.`,
    );
  }
  return config;
}

/** @throws UserError where a key belongs to other cells, or the cell lacks one */
function checkCellOptions(config: ModelConfig, where: string): void {
  const { cell, mogrify } = config;
  for (const key of ["inputGate", "mogrify"] as const) {
    if (config[key] === undefined || hasOption(cell, key)) continue;
    throw new UserError(
      `${where}: the key "${key}" belongs to the cell ${cellsWith(key).join(" or ")}, and the cell is ${cell}; leave one of the two out.`,
    );
  }
  if (mogrify !== undefined || hasOption(cell, "mogrify")) checkKeys(mogrify, MOGRIFY, where, "mogrify.");
}

/** @throws UserError where there is not one width for each layer, or widths are added that differ */
function checkWidths(config: ModelConfig, where: string): void {
  const { layers, hidden, residual } = config;
  if (typeof hidden === "object" && hidden.length !== layers)
    throw new UserError(
      `${where}: hidden has ${hidden.length} ${hidden.length === 1 ? "width" : "widths"}, but layers is ${layers}; give one width for each layer.`,
    );
  if (residual && typeof hiddenOf(hiddenSizes(config)) !== "number")
    throw new UserError(
      `${where}: residual connections need layers of one width, but hidden is ${widthsText(config)}; give one width or leave out residual.`,
    );
}

/** Versions whose readers need the key `dropout`. */
const LAST_WITH_DROPOUT = 2;

/** The content of config.json. Earlier versions of recurra read it as well, where the format's version is theirs. */
export function configJson(config: ModelConfig): Readonly<Record<string, unknown>> {
  if (config.version > LAST_WITH_DROPOUT) return { ...config };
  return { ...config, dropout: config.dropout ?? { embedding: 0, between: 0, output: 0 } };
}

/** @throws UserError where an adaptive softmax does not fit the rest */
function checkCutoffs({ adaptive, mixture, tie, vocabulary }: ModelConfig, where: string): void {
  if (!adaptive) return;
  if (mixture) {
    throw new UserError(
      `${where}: a mixture is one of full softmaxes, and an adaptive softmax is none; leave out one of the two.`,
    );
  }
  const { cutoffs } = adaptive;
  const cuts = [0, ...cutoffs, vocabulary];
  if (cuts.some((cut, i) => i > 0 && cut <= cuts[i - 1]!)) {
    throw new UserError(
      `${where}: the cut-offs ${cutoffs.join(", ")} do not ascend between 0 and the vocabulary of ${vocabulary}; give ascending token numbers, such as 2000,10000.`,
    );
  }
  if (tie) {
    throw new UserError(
      `${where}: tied weights need the full softmax's decoder, which an adaptive softmax does not have; leave out one of the two.`,
    );
  }
}

/** A copy with its keys in their usual order and tanh as the default nonlinearity; anything but an object is returned unchanged. */
function withDefaults(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const written = json as Record<string, unknown>;
  const full: Record<string, unknown> = { nonlinearity: "tanh", ...written };
  const known = Object.keys(KEYS).filter((key) => key in full);
  return { ...Object.fromEntries(known.map((key) => [key, full[key]])), ...full };
}

/** @throws UserError where the weights can be used but not trained */
export function checkTrainable({ weights }: ModelConfig, where = "This model"): void {
  if (weights === undefined) return;
  throw new UserError(
    `${where} has ${weights} weights, which can be used but not trained; train the model of floats that it was made from.`,
  );
}

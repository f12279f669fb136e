/** The architecture of a language model: a short typed record, kept as config.json. */
import { UserError } from "../errors.js";

/** The recurrent cells there are. */
export const CELLS = ["rnn", "lstm", "gru", "minlstm", "mingru"] as const;
export type Cell = (typeof CELLS)[number];

/** The newest version of the folder's layout and of config.json that is read; a newer one is refused. */
export const FORMAT_VERSION = 2;
/** The first version with `weights`. What does not need it is written as version 1, which every recurra reads. */
const WEIGHTS_VERSION = 2;

export interface ModelConfig {
  /** Always "recurra": tells the folder from others. */
  format: "recurra";
  version: number;
  cell: Cell;
  /** Elman RNN only. */
  nonlinearity: "tanh" | "relu";
  layers: number;
  hidden: number;
  embedding: number;
  vocabulary: number;
  /** The decoder's weight is the embedding's; needs embedding = hidden. */
  tie: boolean;
  /** Inverted dropout: on the embedded input, between layers, on the last layer's output. */
  dropout: { embedding: number; between: number; output: number };
  /** Where the matrices are not floats: int8, one scale a row (see quantize.ts). Such a model is not trained. */
  weights?: "int8" | undefined;
}

/** Says what is wrong with a value; undefined where nothing is. */
type Check = (value: unknown) => string | undefined;

const shown = (value: unknown): string =>
  value === undefined ? "it is missing" : `it is ${JSON.stringify(value).slice(0, 60)}`;
const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value)
      ? undefined
      : `${shown(value)}, but has to be ${words.map((word) => JSON.stringify(word)).join(" or ")}`;
const wholeFrom =
  (least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least
      ? undefined
      : `${shown(value)}, but has to be a whole number from ${least} on`;
const probability: Check = (value) =>
  typeof value === "number" && value >= 0 && value < 1
    ? undefined
    : `${shown(value)}, but has to be a number from 0 on and below 1`;

const DROPOUT: Readonly<Record<keyof ModelConfig["dropout"], Check>> = {
  embedding: probability,
  between: probability,
  output: probability,
};
const KEYS: Readonly<Record<keyof ModelConfig, Check>> = {
  format: oneOf("recurra"),
  version: wholeFrom(1),
  cell: oneOf(...CELLS),
  nonlinearity: oneOf("tanh", "relu"),
  layers: wholeFrom(1),
  hidden: wholeFrom(1),
  embedding: wholeFrom(1),
  vocabulary: wholeFrom(2),
  tie: oneOf(true, false),
  dropout: () => undefined,
  weights: oneOf(undefined, "int8"),
};

/** @throws UserError that names the first wrong key */
function checkKeys(value: unknown, checks: Readonly<Record<string, Check>>, where: string, path = ""): void {
  const at = (key: string): string => `${where}, key "${path}${key}"`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const place = path === "" ? where : `${where}, key "${path.slice(0, -1)}"`;
    throw new UserError(`${place}: Invalid input: an object is expected.`);
  }
  for (const [key, check] of Object.entries(checks)) {
    const problem = check((value as Record<string, unknown>)[key]);
    if (problem !== undefined) throw new UserError(`${at(key)}: ${problem}.`);
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(checks, key)) throw new UserError(`${at(key)}: Unrecognized key.`);
  }
}

/** What has to be said to get a config; the rest has defaults. */
export type ModelConfigInput = Partial<Omit<ModelConfig, "format" | "version">> & {
  vocabulary: number;
};

/** A whole config from what was said: LSTM, one layer of 128, embedding as wide as hidden, not tied, no dropout. */
export function modelConfig(input: ModelConfigInput): ModelConfig {
  const hidden = input.hidden ?? 128;
  return parseModelConfig({
    format: "recurra",
    version: input.weights ? WEIGHTS_VERSION : 1,
    cell: "lstm",
    nonlinearity: "tanh",
    layers: 1,
    hidden,
    embedding: hidden,
    tie: false,
    dropout: { embedding: 0, between: 0, output: 0 },
    ...input,
  });
}

/** Checks a parsed config.json. @throws UserError that names the first wrong key. */
export function parseModelConfig(json: unknown, where = "config"): ModelConfig {
  const version = (json as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > FORMAT_VERSION) {
    throw new UserError(
      `${where} has format version ${version}, newer than the ${FORMAT_VERSION} this recurra reads; update recurra.`,
    );
  }
  const config = withDefaults(json) as ModelConfig;
  checkKeys(config, KEYS, where);
  checkKeys(config.dropout, DROPOUT, where, "dropout.");
  if (config.tie && config.embedding !== config.hidden) {
    throw new UserError(
      `${where}: tied weights need an embedding as wide as the hidden state, but embedding is ${config.embedding} and hidden ${config.hidden}; make them equal or leave out tie.`,
    );
  }
  if (config.weights !== undefined && config.version < WEIGHTS_VERSION) {
    throw new UserError(
      `${where}: the key "weights" is not of format version ${config.version}, but of ${WEIGHTS_VERSION}; the file is damaged, restore it from a copy or quantize again.`,
    );
  }
  return config;
}

/** A copy with its keys in their order, and tanh where no nonlinearity is said; anything but an object as it is. */
function withDefaults(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const said = json as Record<string, unknown>;
  const full: Record<string, unknown> = { nonlinearity: "tanh", ...said };
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

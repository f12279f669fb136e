/** The architecture of a language model: a short typed record, kept as config.json. */
import { z } from "zod";
import { UserError } from "../errors.js";

/** The recurrent cells there are. */
export const CELLS = ["rnn", "lstm", "gru", "minlstm", "mingru"] as const;
export type Cell = (typeof CELLS)[number];

/** The newest version of the folder's layout and of config.json that is read; a newer one is refused. */
export const FORMAT_VERSION = 2;
/** Keys of the second version. What has none of them is written as version 1, which every recurra reads. */
const SECOND_VERSION = ["adaptive", "weights"] as const;

const probability = z.number().min(0).lt(1);
const size = z.int().min(1);

const schema = z.strictObject({
  /** Always "recurra": tells the folder from others. */
  format: z.literal("recurra"),
  version: z.int().min(1),
  cell: z.enum(CELLS),
  /** Elman RNN only: tanh or relu. */
  nonlinearity: z.enum(["tanh", "relu"]).default("tanh"),
  layers: size,
  hidden: size,
  embedding: size,
  vocabulary: z.int().min(2),
  /** The decoder's weight is the embedding's; needs embedding = hidden. */
  tie: z.boolean(),
  /** Inverted dropout: on the embedded input, between layers, on the last layer's output. */
  dropout: z.strictObject({ embedding: probability, between: probability, output: probability }),
  /** An adaptive softmax (see adaptive-decoder.ts) in place of the full one: where the clusters of rare tokens begin. */
  adaptive: z.strictObject({ cutoffs: z.array(size).min(1), divisor: size }).optional(),
  /** Where the matrices are not floats: int8, one scale a row (see quantize.ts). Such a model is not trained. */
  weights: z.literal("int8").optional(),
});

export type ModelConfig = z.infer<typeof schema>;

/** What has to be said to get a config; the rest has defaults. */
export type ModelConfigInput = Partial<Omit<ModelConfig, "format" | "version">> & {
  vocabulary: number;
};

/** A whole config from what was said: LSTM, one layer of 128, embedding as wide as hidden, not tied, no dropout. */
export function modelConfig(input: ModelConfigInput): ModelConfig {
  const hidden = input.hidden ?? 128;
  return parseModelConfig({
    format: "recurra",
    version: SECOND_VERSION.some((key) => input[key] !== undefined) ? 2 : 1,
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
  const result = schema.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const key = issue.path.join(".");
    throw new UserError(`${where}${key ? `, key "${key}"` : ""}: ${issue.message}.`);
  }
  const config = result.data;
  if (config.tie && config.embedding !== config.hidden) {
    throw new UserError(
      `${where}: tied weights need an embedding as wide as the hidden state, but embedding is ${config.embedding} and hidden ${config.hidden}; make them equal or leave out tie.`,
    );
  }
  checkCutoffs(config, where);
  for (const newer of SECOND_VERSION) {
    if (config[newer] === undefined || config.version >= 2) continue;
    throw new UserError(
      `${where}: the key "${newer}" is not of format version ${config.version}, but of 2; the file is damaged, restore it from a copy.`,
    );
  }
  return config;
}

/** @throws UserError where an adaptive softmax does not fit the rest */
function checkCutoffs({ adaptive, tie, vocabulary }: ModelConfig, where: string): void {
  if (!adaptive) return;
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

/** @throws UserError where the weights can be used but not trained */
export function checkTrainable({ weights }: ModelConfig, where = "This model"): void {
  if (weights === undefined) return;
  throw new UserError(
    `${where} has ${weights} weights, which can be used but not trained; train the model of floats that it was made from.`,
  );
}

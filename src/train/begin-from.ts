/** Checks and choices before a run that begins with another model; loaded with the first one. */
import { hasOption } from "../cells.js";
import { option, sentence, UserError } from "../errors.js";
import { crc32 } from "../format/crc32.js";
import { checkTrainable, type ModelConfig } from "../model/config.js";
import { hiddenOf, hiddenSizes } from "../model/widths.js";
import { WordTokenizer } from "../text/tokenizers/word-tokenizer.js";
import type { TrainOptions } from "./options.js";
import type { Origin, RunOrigin } from "./origin.js";
import { checkSameModel, withOrWithout } from "./resume-settings.js";

/** Options of initial weights. */
const INITIAL = ["forgetBias", "unigramBias"] as const;

/**
 * The options of a run that begins with a model: those that were given, and the model's architecture and way of reading.
 * @throws UserError where an option asks for another architecture or tokenizer, or the model is not trainable
 */
export function optionsFrom({ name, config, tokenizer }: Origin, options: TrainOptions): TrainOptions {
  checkTrainable(config, name === "" ? undefined : name);
  const lines = tokenizer.bosId !== undefined;
  const wordMode = tokenizer instanceof WordTokenizer ? tokenizer.mode : undefined;
  for (const [asked, value] of [
    ["tokenizer", tokenizer.kind],
    ["wordMode", wordMode],
    ["lines", lines],
  ] as const) {
    const requested = options[asked];
    if (requested !== undefined && requested !== value) throw other(asked, value, requested);
  }
  checkSameModel(config, config.adaptive ? "adaptive" : "full", options, other);
  for (const initial of INITIAL) if (options[initial]) throw ofInitialWeights(initial);
  return {
    ...options,
    ...architectureOptions(config),
    tokenizer: tokenizer.kind,
    ...(wordMode && { wordMode }),
    lines,
    // Rather than the default, which is of initial weights.
    unigramBias: false,
  };
}

/** The options that ask for an architecture. */
export function architectureOptions(config: ModelConfig): TrainOptions {
  const { cell, nonlinearity, inputGate = "free", mogrify, layers, embedding, tie } = config;
  return {
    cell,
    ...(hasOption(cell, "nonlinearity") && { nonlinearity }),
    ...(hasOption(cell, "inputGate") && { inputGate }),
    ...(mogrify && { mogrifierRounds: mogrify.rounds, mogrifierRank: mogrify.rank }),
    layers,
    hidden: hiddenOf(hiddenSizes(config)),
    embedding,
    tie,
    residual: config.residual ?? false,
    ...(config.adaptive && { softmax: "adaptive", cutoffs: config.adaptive.cutoffs }),
    ...(config.mixture && { mixtures: config.mixture.components }),
  };
}

/** The error where an option asks for what the model to begin with is not. */
function other(name: keyof TrainOptions, value: unknown, requested: unknown): UserError {
  return new UserError({
    option: name,
    problem: sentence`The model to begin with was made ${withOrWithout(name, value)} and cannot go on ${withOrWithout(name, requested)}`,
    advice: sentence`leave it out, or train from the beginning without ${option("from")}`,
  });
}

function ofInitialWeights(name: (typeof INITIAL)[number]): UserError {
  return new UserError({
    option: name,
    problem: sentence`${option(name)} is of initial weights, and ${option("from")} begins with trained ones`,
    advice: "leave out one of the two",
  });
}

/** A key of a model by its tokenizer and its weights, the same wherever it lies. */
export function originKey({ tokenizer, weights }: Pick<Origin, "tokenizer" | "weights">): string {
  let sum = crc32(new TextEncoder().encode(JSON.stringify(tokenizer.toJSON())));
  for (const [name, { data }] of [...weights].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    sum = crc32(new TextEncoder().encode(name), sum);
    sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
  }
  return sum.toString(16).padStart(8, "0");
}

/** @throws UserError where a resumed run was not begun with this model */
export function checkSameOrigin(begun: RunOrigin | undefined, requested: Origin): void {
  if (begun?.key === originKey(requested)) return;
  const was = begun
    ? sentence`with ${option("from", begun.name || undefined)}`
    : sentence`without ${option("from")}`;
  const now = begun ? "another model" : "one";
  throw new UserError({
    option: "from",
    problem: sentence`This run was begun ${was} and cannot go on with ${now}`,
    advice: sentence`leave ${option("from")} out, as the run has its weights, or begin a new run`,
  });
}

/** The settings of a resumed run: its own, and the options that may change. */
import { cellsWith } from "../cells.js";
import { option, type Sentence, sentence, UserError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import type { CheckpointHeader } from "./checkpoint-header.js";
import { askedLimit } from "./limits.js";
import type { SoftmaxName, TrainOptions } from "./options.js";
import type { TrainSettings } from "./run-settings.js";

/** Settings that a resumed run keeps, by the names of their options. */
const KEPT = [
  "batchSize",
  "seqLen",
  "varySeqLen",
  "rotateStreams",
  "optimizer",
  "lr",
  "momentum",
  "weightDecay",
  "schedule",
  "warmup",
  "clip",
  "seed",
  "samples",
  "precision",
  "dropoutEmbedding",
  "dropoutBetween",
  "dropoutOutput",
] as const satisfies readonly (keyof TrainSettings & keyof TrainOptions)[];

/** The settings that a run was begun with. A checkpoint of version 2 has no rates: the model's config has them. */
export function settingsOf({ version, settings }: CheckpointHeader, config: ModelConfig): TrainSettings {
  const { dropout } = config;
  if (version > 2 || !dropout) return settings;
  const { embedding, between, output } = dropout;
  return { ...settings, dropoutEmbedding: embedding, dropoutBetween: between, dropoutOutput: output };
}

/**
 * The settings of a resumed run: those of the checkpoint; how long it goes on, and how often it looks, may change.
 * @throws UserError where an option differs from the settings that the run was begun with
 */
export function resumeSettings(saved: TrainSettings, options: TrainOptions): TrainSettings {
  const given = withPlaces(options);
  for (const name of KEPT) {
    const requested = given[name] === false ? undefined : given[name];
    if (requested !== undefined && requested !== saved[name]) throw changed(name, saved[name], requested);
  }
  const limit = askedLimit(options);
  return {
    ...saved,
    ...(limit && { limit }),
    ...(options.validateEvery !== undefined && { validateEvery: options.validateEvery }),
    ...(options.sampleEvery !== undefined && { sampleEvery: options.sampleEvery }),
    ...(options.patience !== undefined && { patience: options.patience }),
  };
}

/** The options with `dropout` at each place that has none of its own. */
function withPlaces(options: TrainOptions): TrainOptions {
  const { dropout, dropoutEmbedding = dropout, dropoutBetween = dropout, dropoutOutput = dropout } = options;
  return { ...options, dropoutEmbedding, dropoutBetween, dropoutOutput } as TrainOptions;
}

/** Checks that the options of the model agree with the model. @throws UserError */
export function checkSameModel(config: ModelConfig, saved: TrainSettings, options: TrainOptions): void {
  const softmax: SoftmaxName = config.adaptive
    ? "adaptive"
    : saved.samples === undefined
      ? "full"
      : "sampled";
  const same: [keyof TrainOptions, unknown, unknown][] = [
    ["cell", config.cell, options.cell],
    [
      "nonlinearity",
      cellsWith("nonlinearity").includes(config.cell) ? config.nonlinearity : undefined,
      options.nonlinearity,
    ],
    ["layers", config.layers, options.layers],
    ["hidden", config.hidden, options.hidden],
    ["embedding", config.embedding, options.embedding],
    ["tie", config.tie, options.tie],
    ["softmax", softmax, options.softmax],
    ["cutoffs", config.adaptive?.cutoffs.join(), options.cutoffs?.join()],
  ];
  for (const [name, value, requested] of same)
    if (requested !== undefined && requested !== value) throw changed(name, value, requested);
}

/** The error where an option differs from the resumed run's setting. */
export function changed(name: keyof TrainOptions, value: unknown, requested: unknown): UserError {
  const plain = [value, requested].every((one) => one !== undefined && typeof one !== "boolean");
  const other = plain ? `with ${String(requested)}` : withOrWithout(name, requested);
  return new UserError({
    option: name,
    problem: sentence`This run was begun ${withOrWithout(name, value)} and cannot go on ${other}`,
    advice: "leave it out, or begin a new run",
  });
}

function withOrWithout(name: string, value: unknown): Sentence {
  if (value === undefined || value === false) return sentence`without ${option(name)}`;
  return sentence`with ${option(name, value === true ? undefined : value)}`;
}

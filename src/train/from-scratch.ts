/**
 * A model that is trained from scratch beside one that began with another model's weights: of the same architecture, on the
 * same text, with the same windows and limit, and otherwise as a run of its own would be. Nothing of it is kept but
 * its measure. Loaded with the first run that asks for it.
 */
import { architectureOptions } from "./begin-from.js";
import type { Beginning, Choice } from "./beginning.js";
import type { Evaluation } from "./evaluate.js";
import type { TrainEvent } from "./events.js";
import { WeightsStore } from "./memory-store.js";
import { merged } from "./merge-recipe.js";
import { firstChoice } from "./new-run.js";
import type { TrainOptions } from "./options.js";
import type { PreparedText } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import { RunEvents } from "./run-events.js";
import type { TrainSettings } from "./run-settings.js";
import type { ModelConfig } from "../model/config.js";

/** Options of the run that begins with a model, and of where and how long it runs. */
const NOT_SHARED: readonly string[] = [
  "from",
  "layerDecay",
  "unfreezeEvery",
  "compareScratch",
  "unigramBias",
  "epochs",
  "steps",
  "maxMinutes",
  "sampleEvery",
  "recipe",
] satisfies (keyof TrainOptions)[];

/** Trains on the text of the run that is compared with. */
export type TrainScratch = (
  context: RunContext,
  beginning: Beginning,
  choice: Choice,
  events: RunEvents,
) => Promise<{ readonly valid: Evaluation | undefined }>;

/** The run that is compared with. */
export interface ComparedRun {
  readonly config: ModelConfig;
  readonly settings: TrainSettings;
  /** Updates that it made. */
  readonly steps: number;
}

/**
 * @param train a run on the text, as `trainOn` does it
 * @returns the measure on the held-out text; undefined where the run was stopped
 */
export async function measureFromScratch(
  { size }: Pick<PreparedText, "size">,
  context: RunContext,
  { engine, options: asked, recipe, begunAt }: Beginning,
  { config, settings, steps }: ComparedRun,
  emit: (event: TrainEvent) => void,
  train: TrainScratch,
): Promise<Evaluation | undefined> {
  const { batchSize, seqLen } = settings;
  // Time that this model has for itself would be another than that of the other one.
  const limit = settings.limit.maxMinutes === undefined ? settings.limit : { steps };
  const given = recipe ? merged(recipe.options, asked).inForce : asked;
  const shared = Object.entries(given).filter(([name]) => !NOT_SHARED.includes(name));
  const options: TrainOptions = {
    ...(Object.fromEntries(shared) as TrainOptions),
    ...architectureOptions(config),
    batchSize,
    seqLen,
    ...limit,
  };
  const events = new RunEvents((event) => {
    if (event.type !== "step") return;
    emit({ type: "reading", what: "training from scratch, to compare", done: event.step, total: steps });
  });
  const { onModel: _, ...rest } = context;
  const beginning: Beginning = {
    engine,
    options,
    begunAt,
    stored: undefined,
    resumed: undefined,
    settings: undefined,
    recipe: undefined,
    origin: undefined,
  };
  const choice = { ...firstChoice(options, engine, size), memoryBytes: 0 };
  try {
    return (await train({ ...rest, store: new WeightsStore() }, beginning, choice, events)).valid;
  } catch (error) {
    throw events.failure(error);
  }
}

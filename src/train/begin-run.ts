/** The checks and choices before a run begins. */
import type { Engine } from "../engine/engine.js";
import { option, sentence, UserError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import { checkBelonging } from "../options/check.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { checkMemory } from "./memory-check.js";
import { estimateMemory } from "./memory-estimate.js";
import type { TrainOptions } from "./options.js";
import type { UnencodedText } from "./prepare.js";
import {
  checkSameRecipe,
  type GivenOptions,
  OF_RUNNING_TEXT,
  runRecipe,
  type RunRecipe,
  withRecipe,
} from "./recipe.js";
import { checkSameTokenizer, linesOfRun } from "./resume.js";
import { checkSameModel, resumeSettings, settingsOf } from "./resume-settings.js";
import type { RunContext } from "./run-context.js";
import type { TrainSettings } from "./run-settings.js";
import type { StoredRun } from "./run-store.js";
import { chooseModel, chooseSettings } from "./settings.js";

/** Decided before the text is read. */
export interface Beginning {
  readonly engine: Engine;
  readonly stored: StoredRun | undefined;
  /** Those of a resumed run. */
  readonly settings: TrainSettings | undefined;
  /** The options in force: those that were given, and for a new run those of its recipe below them. */
  readonly options: TrainOptions;
  readonly recipe: RunRecipe | undefined;
}

/** Decided once the vocabulary is known. */
export interface Choice {
  /** Cut-offs of an adaptive softmax are open until the tokens are counted. */
  readonly config: ModelConfig;
  readonly settings: TrainSettings;
  readonly memoryBytes: number;
}

/** @throws UserError where an option differs from the settings of the resumed run, or has no effect on it */
export async function beginRun(given: GivenOptions, { store, engine }: RunContext): Promise<Beginning> {
  const stored = await store.find();
  if (!stored) {
    const options = withRecipe(given);
    // Also where there was no run to resume.
    checkBelonging(options, TRAIN_OPTIONS);
    checkRunningText(options, options.lines ?? false);
    const recipe = runRecipe(given);
    return { stored, settings: undefined, options, recipe, engine: await engine(options.precision) };
  }
  const { config, tokenizer, checkpoint } = stored;
  const settings = comparing(stored, () => {
    checkSameRecipe(checkpoint.header.recipe, given.recipe);
    const resumed = resumeSettings(settingsOf(checkpoint.header, config), given);
    checkSameTokenizer(tokenizer, checkpoint.header, given);
    checkSameModel(config, resumed, given);
    checkRunningText(given, linesOfRun(given, checkpoint));
    return resumed;
  });
  if (config.adaptive && settings.samples !== undefined) {
    throw new UserError(
      `${checkpoint.path} is damaged: its settings.samples does not go with the adaptive softmax of its model; restore the file from a copy, or begin a new run.`,
    );
  }
  const { recipe } = checkpoint.header;
  return { stored, settings, options: given, recipe, engine: await engine(settings.precision) };
}

/** @throws UserError where an option of running text is given for lines */
function checkRunningText(options: TrainOptions, lines: boolean): void {
  if (!lines) return;
  for (const name of OF_RUNNING_TEXT) {
    if (!options[name]) continue;
    throw new UserError({
      option: name,
      problem: sentence`${option(name)} is for running text, and with ${option("lines")} every line is a sequence of its own, in a drawn order already`,
      advice: sentence`leave ${option(name)} out`,
    });
  }
}

/** @throws UserError where the text is not the one that a resumed run was begun on */
export function checkSameText(key: string, { stored }: Beginning, folder: string): void {
  if (!stored || stored.checkpoint.header.textKey === key) return;
  comparing(stored, () => {
    throw new UserError(
      folder === ""
        ? "The text is not the one that this run was begun on; give the same text, or train a new model."
        : {
            option: "resume",
            problem: `The text is not the one that the run in ${folder} was begun on`,
            advice: sentence`give the same files, or begin anew with ${option("overwrite")}`,
          },
    );
  });
}

/** Compares what is asked for with a stored run; says of a difference where the run is not the one that was meant. */
function comparing<Result>({ earlier = false }: StoredRun, compare: () => Result): Result {
  try {
    return compare();
  } catch (error) {
    if (!earlier || !(error instanceof UserError)) throw error;
    throw new UserError(
      {
        option: error.option,
        problem: sentence`${error.problem}: that run is the earlier model's, as the one that was to replace it had not begun to train`,
        advice: sentence`repeat that one with ${option("overwrite")}`,
      },
      { cause: error },
    );
  }
}

/** @throws UserError where the run does not fit into memory */
export function chooseRun(
  { memory }: RunContext,
  { engine, stored, settings: saved, options }: Beginning,
  { size }: UnencodedText,
): Choice {
  checkRunningText(options, size.lines);
  const precision = engine.trainingOperands === "bf16" ? "bf16" : "f32";
  const settings = saved ?? { ...chooseSettings(options, size), precision };
  const config = stored?.config ?? chooseModel(options, size);
  const memoryBytes = estimateMemory(config, settings);
  checkMemory(memoryBytes, config, memory);
  return { config, settings, memoryBytes };
}

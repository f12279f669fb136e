/** What a resumed run goes on with; loaded where there is one. */
import { option, sentence, UserError } from "../errors.js";
import { checkBelonging } from "../options/check.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { checkBetween } from "./asked-shapes.js";
import { checkSameOrigin } from "./begin-from.js";
import { checkRunningText } from "./check-running-text.js";
import { checkRises } from "./course-checks.js";
import type { Origin } from "./origin.js";
import type { GivenOptions } from "./recipe.js";
import { checkSameRecipe } from "./same-recipe.js";
import { linesOfRun, type Resumed } from "./resume.js";
import {
  changed,
  checkSameModel,
  checkSameTokenizer,
  resumeSettings,
  settingsOf,
  softmaxOf,
} from "./resume-settings.js";
import { changesBetween, changesTraining } from "./run-changes.js";
import type { RunPosition } from "./position.js";
import { type RunPlan, trainingSeconds } from "./run-plan.js";
import type { RunLimit, TrainSettings } from "./run-settings.js";
import type { StoredRun } from "./run-store.js";

type Continuation = Resumed & { readonly settings: TrainSettings };

/** Whether a run has come as far as this limit. */
function isReached(
  { step, epoch, elapsedSeconds }: RunPosition,
  limit: RunLimit,
  plan: RunPlan | undefined,
): boolean {
  const { steps, epochs } = limit;
  if (steps !== undefined) return step >= steps;
  return epochs === undefined ? elapsedSeconds >= trainingSeconds(limit, plan)! : epoch >= epochs;
}

/**
 * A stored run with what the options change of it.
 * @param origin the model that the option `from` names, which has to be the one that the run began with
 * @throws UserError where they ask for what cannot change
 */
export function goingOn(stored: StoredRun, given: GivenOptions, origin: Origin | undefined): Continuation {
  return comparing(stored, () => compared(stored, given, origin));
}

function compared(
  { config, tokenizer, checkpoint, earlier }: StoredRun,
  { recipe, ...options }: GivenOptions,
  origin: Origin | undefined,
): Continuation {
  if (origin) checkSameOrigin(checkpoint.header.origin, origin);
  checkSameRecipe(checkpoint.header.recipe, recipe);
  const saved = settingsOf(checkpoint.header, config);
  if (config.adaptive && saved.samples !== undefined) {
    throw new UserError(
      `${checkpoint.path} is damaged: its settings.samples does not go with the adaptive softmax of its model; restore the file from a copy, or begin a new run.`,
    );
  }
  const softmax = softmaxOf(config, saved);
  checkSameTokenizer(tokenizer, checkpoint.header, options);
  checkSameModel(config, softmax, options);
  checkRunningText(options, linesOfRun(options, checkpoint));
  const { optimizer, schedule, average } = saved;
  const { origin: begunWith } = checkpoint.header;
  const words = {
    ...(begunWith && { from: begunWith.name }),
    tokenizer: tokenizer.kind,
    cell: config.cell,
    softmax,
    optimizer,
    schedule,
    average,
  };
  const asked = Object.entries(options).filter(([, value]) => value !== undefined);
  checkBelonging({ ...words, ...Object.fromEntries(asked) }, TRAIN_OPTIONS);
  checkBetween(options, config.layers);
  const settings = resumeSettings(saved, softmax, options);
  if (options.warmup !== undefined || options.cooldown !== undefined) checkRises(settings);
  const { position, plan } = checkpoint.header;
  const changes = changesBetween(saved, settings, position.step);
  // What was meant for another run does not change this one.
  const unmeant = earlier ? changes.find((change) => changesTraining([change])) : undefined;
  if (unmeant) throw changed(unmeant.setting, unmeant.from, unmeant.to);
  // Of a run that has reached its end nothing is changed, unless it is to go on.
  if (position.finished && isReached(position, settings.limit, plan))
    return { checkpoint, saved, changes: [], settings: saved };
  return { checkpoint, saved, changes, settings };
}

/**
 * @param folder of the run; empty where it is in none
 * @throws UserError where the text is not the one that the run was begun on
 */
export function checkSameText(key: string, stored: StoredRun, folder: string): void {
  if (stored.checkpoint.header.textKey === key) return;
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

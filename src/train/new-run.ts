/** What a new run is to be, where a person did not say; loaded with the first one. */
import type { Engine } from "../engine/engine.js";
import { loadPart } from "../load-part.js";
import type { ModelConfig } from "../model/config.js";
import type { Batches } from "../text/windows/batches.js";
import { checkRises, checkValidations } from "./course-checks.js";
import type { Beginning, Choice } from "./beginning.js";
import type { VocabularyOptions } from "./checkpoint-header.js";
import type { PlanEvent, TrainEvent } from "./events.js";
import type { MetricsSink } from "./metric-line.js";
import type { TrainOptions } from "./options.js";
import type { TrainSettings } from "./run-settings.js";
import { planBySize, smallestInTime } from "./plan.js";
import type { PreparedText } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import {
  chooseModel,
  chooseSettings,
  expectedText,
  fitSettings,
  type TextSize,
  withCounts,
} from "./settings.js";
import type { PlannedRun } from "./time-plan.js";

/**
 * By the sizes of the text before it is encoded; of a run limited by time, the least that it may become.
 * @param origin of the model to begin with
 */
export function firstChoice(
  options: TrainOptions,
  engine: Engine,
  size: TextSize,
  origin?: ModelConfig,
): Pick<Choice, "config" | "settings"> {
  const text = expectedText(size);
  const inTime = options.maxMinutes !== undefined;
  const planned = inTime ? smallestInTime(options, text) : planBySize(options, text).options;
  const settings = chooseSettings(planned, size, engine);
  checkRises(settings);
  return { config: chooseModel(planned, size, origin), settings };
}

/** A run as it is made. */
export interface SettledRun extends Choice {
  /** Of a run limited by time. */
  readonly planned?: PlannedRun;
}

/** Once the tokens are counted; a run limited by time is planned now. */
export async function settle(
  text: PreparedText,
  context: RunContext,
  beginning: Beginning,
  { config, settings, memoryBytes }: Choice,
  emit: (event: TrainEvent) => void,
): Promise<SettledRun> {
  const { options } = beginning;
  if (options.maxMinutes !== undefined) {
    const { planRun } = await loadPart(import("./time-plan.js"));
    const planned = await planRun(text, context, beginning, options.maxMinutes, emit);
    return { ...planned, planned };
  }
  const { stats, offsets, tokens } = text.train;
  const counted = { tokens: tokens.length, lines: offsets && stats.lines };
  return {
    config: withCounts(config, options, text.counts),
    settings: fitSettings(settings, options, counted),
    memoryBytes,
  };
}

/** @throws UserError where what was asked for waits for more validations than there will be */
export function checkCourse({ options, recipe }: Beginning, settings: TrainSettings, batches: Batches): void {
  const ofRecipe = ([name]: readonly [string, unknown]): boolean =>
    recipe !== undefined && Object.hasOwn(recipe.options, name) && !recipe.replaced.includes(name);
  const asked = Object.fromEntries(Object.entries(options).filter((entry) => !ofRecipe(entry)));
  checkValidations(asked, settings, batches);
}

/** Tells a plan, and records it. */
export function tellPlan(event: PlanEvent, metrics: MetricsSink, emit: (event: TrainEvent) => void): void {
  const { minutes, readingSeconds, trainingSeconds, measuringSeconds, tokensPerSecond, passes } = event;
  const times = { plannedMinutes: minutes, readingSeconds, trainingSeconds, measuringSeconds };
  metrics.add({ step: 0, ...times, tokensPerSecond, passes });
  emit(event);
}

/** The given options of the vocabulary, which a checkpoint keeps. */
export function vocabularyOptions({ vocabSize, minCount, wordMode }: TrainOptions): VocabularyOptions {
  return {
    ...(vocabSize !== undefined && { vocabSize }),
    ...(minCount !== undefined && { minCount }),
    ...(wordMode !== undefined && { wordMode }),
  };
}

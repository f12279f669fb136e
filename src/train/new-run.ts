/** What a new run is to be, where a person did not say; loaded with the first one. */
import type { Engine } from "../engine/engine.js";
import { loadPart } from "../load-part.js";
import type { Beginning, Choice } from "./beginning.js";
import type { PlanEvent, TrainEvent } from "./events.js";
import type { MetricsSink } from "./metric-line.js";
import type { TrainOptions } from "./options.js";
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

/** By the sizes of the text before it is encoded; of a run limited by time, the least that it may become. */
export function firstChoice(
  options: TrainOptions,
  engine: Engine,
  size: TextSize,
): Pick<Choice, "config" | "settings"> {
  const text = expectedText(size);
  const inTime = options.maxMinutes !== undefined;
  const planned = inTime ? smallestInTime(options, text) : planBySize(options, text).options;
  return { config: chooseModel(planned, size), settings: chooseSettings(planned, size, engine) };
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

/** Tells a plan, and records it. */
export function tellPlan(event: PlanEvent, metrics: MetricsSink, emit: (event: TrainEvent) => void): void {
  const { minutes, readingSeconds, trainingSeconds, measuringSeconds, tokensPerSecond, passes } = event;
  const times = { plannedMinutes: minutes, readingSeconds, trainingSeconds, measuringSeconds };
  metrics.add({ step: 0, ...times, tokensPerSecond, passes });
  emit(event);
}

/**
 * The plan of a run limited by time, which is the time of the whole: reading, training, measuring what comes out. A probe
 * measures the models that come into question; the rules are those of plan.ts. Loaded with the first run of this kind.
 */
import type { Engine } from "../engine/engine.js";
import type { ModelConfig } from "../model/config.js";
import type { Beginning } from "./beginning.js";
import type { PlanEvent, TrainEvent } from "./events.js";
import { checkMemory } from "./memory-check.js";
import { countParameters, estimateMemory } from "./memory-estimate.js";
import type { TrainOptions } from "./options.js";
import {
  expectedSpeed,
  type MeasuredSpeed,
  NOMINAL_SPEED,
  type Plan,
  planInTime,
  type PlannedOptions,
  type PlanText,
} from "./plan.js";
import type { PreparedText } from "./prepare.js";
import { measureSpeed } from "./probe.js";
import type { RunContext } from "./run-context.js";
import type { RunPlan } from "./run-plan.js";
import type { TrainSettings } from "./run-settings.js";
import { chooseModel, chooseSettings, fitSettings, withCounts } from "./settings.js";
import { VALIDATION_TOKENS } from "./trainer.js";

/** Models that are measured, at most: each after the first corrects the choice. */
const MOST_PROBES = 3;
/** Of the whole time, the part that one measurement takes, and seconds at most. */
const PROBE = { share: 0.01, most: 2 };
/** Of the whole time, the part for training that stays at least, whatever the text took to be read. */
const LEAST_TRAINING = 0.25;
/** Of the whole time, the part that a validation on the way may take, and the tokens that it reads at least. */
const VALIDATION = { share: 0.01, least: 2000 };
/** Bytes of weights that are written a second; and seconds besides, for starting and ending. */
const SAVING_SPEED = 200e6;
const FLOAT_BYTES = 4;
const BESIDES_SECONDS = 0.3;
/** Nominal speed of engines that are slower than a native one. */
const SLOWER: Readonly<Record<string, number>> = { wasm: NOMINAL_SPEED / 8, reference: NOMINAL_SPEED / 300 };

/** What a run is to be, by its plan. */
export interface PlannedRun {
  readonly config: ModelConfig;
  readonly settings: TrainSettings;
  readonly memoryBytes: number;
  /** The plan as the time stands when the training is about to begin. */
  readonly plan: () => RunPlan;
  /** The event that tells it. */
  readonly event: (plan: RunPlan) => PlanEvent;
}

/**
 * Plans a new run.
 * @param minutes of the whole
 * @throws UserError where no model fits into memory
 */
export async function planRun(
  text: PreparedText,
  { memory, control }: RunContext,
  { engine, options, origin, begunAt }: Beginning,
  minutes: number,
  emit: (event: TrainEvent) => void,
): Promise<PlannedRun> {
  const whole = 60 * minutes;
  const passed = (): number => (performance.now() - begunAt) / 1000;
  const facts = textFacts(text);
  const run = (planned: PlannedOptions) => settled(text, options, planned, engine, origin?.config);
  const speeds: MeasuredSpeed[] = [];
  const nominal = SLOWER[engine.name] ?? NOMINAL_SPEED;
  const decided = (): Plan =>
    planInTime(options, facts, {
      seconds: whole - passed() - BESIDES_SECONDS,
      measured: facts.measured,
      speeds,
      nominal,
      fits: (planned) => run(planned).memoryBytes <= memory,
    });
  const speedOf = ({ cost }: Plan) => speeds.find((speed) => speed.cost.training === cost.training);

  let plan = decided();
  while (speeds.length < MOST_PROBES && !speedOf(plan) && !control.stopped) {
    const { memoryBytes, config, settings } = run(plan.options);
    checkMemory(memoryBytes, config, memory);
    emit({ type: "reading", what: "planning", done: speeds.length, total: MOST_PROBES });
    const seconds = Math.min(PROBE.most, PROBE.share * whole);
    const speed = await measureSpeed(engine, text, { config, settings }, seconds, () => control.stopped);
    if (!(speed.training > 0 && speed.reading > 0)) break;
    speeds.push({ cost: plan.cost, ...speed });
    plan = decided();
  }

  const chosen = run(plan.options);
  checkMemory(chosen.memoryBytes, chosen.config, memory);
  const { training, reading } = expectedSpeed(plan.cost, { speeds, nominal });
  const saving = (FLOAT_BYTES * countParameters(chosen.config)) / SAVING_SPEED;
  const validationTokens = Math.round(
    Math.min(VALIDATION_TOKENS, Math.max(VALIDATION.least, VALIDATION.share * whole * reading)),
  );
  // The last validation is made when the time is over; with an average, it measures two models.
  const models = chosen.settings.average === "none" ? 1 : 2;
  const atEnd = facts.measured + models * Math.min(validationTokens, text.valid.stats.tokens);
  const measuringSeconds = BESIDES_SECONDS + saving + atEnd / reading;
  return {
    ...chosen,
    plan: () => {
      const readingSeconds = passed();
      const left = whole - readingSeconds - measuringSeconds;
      const trainingSeconds = Math.max(LEAST_TRAINING * whole, left);
      const passes = (training * trainingSeconds) / facts.tokens;
      return {
        minutes,
        readingSeconds,
        trainingSeconds,
        measuringSeconds,
        tokensPerSecond: training,
        passes,
        validationTokens,
      };
    },
    event: (made) => ({
      type: "plan",
      ...made,
      late: isLate(made),
      chosen: { ...chosenOptions(plan.options, options), ...chosenPrecision(options, engine) },
    }),
  };
}

interface TextFacts extends PlanText {
  /** Tokens that the finished model is measured on. */
  readonly measured: number;
}

function textFacts({ size, train, valid, test }: PreparedText): TextFacts {
  return {
    kind: size.kind,
    lines: size.lines,
    vocabulary: size.vocabulary,
    tokens: Math.max(1, train.stats.tokens),
    measured: valid.stats.tokens + (test?.stats.tokens ?? 0),
  };
}

/** Architecture and settings of a plan for a counted text. */
function settled(
  { size, counts, train }: PreparedText,
  given: TrainOptions,
  planned: PlannedOptions,
  engine: Engine,
  origin: ModelConfig | undefined,
): Pick<PlannedRun, "config" | "settings" | "memoryBytes"> {
  const config = withCounts(chooseModel(planned, size, origin), planned, counts);
  const { tokens, offsets, stats } = train;
  const counted = { tokens: tokens.length, lines: offsets && stats.lines };
  const settings = fitSettings(chooseSettings(planned, size, engine), given, counted);
  return { config, settings, memoryBytes: estimateMemory(config, settings) };
}

/** Reading and measuring take so long that less is left for training than is kept for it. */
const isLate = ({ minutes, readingSeconds, trainingSeconds, measuringSeconds }: RunPlan): boolean =>
  readingSeconds + trainingSeconds + measuringSeconds > 60 * minutes + 1e-6;

/** Where the engine is faster with bfloat16 and nothing was said, beginRun took that. */
const chosenPrecision = (given: TrainOptions, engine: Engine): PlanEvent["chosen"] =>
  given.precision === undefined && engine.trainingOperands === "bf16" ? { precision: "bf16" } : {};

/** What was left open and is chosen. */
function chosenOptions(planned: PlannedOptions, given: TrainOptions): PlanEvent["chosen"] {
  return Object.fromEntries(
    Object.entries(planned).filter(
      ([name, value]) => given[name as keyof TrainOptions] === undefined && value !== undefined,
    ),
  );
}

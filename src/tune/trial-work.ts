/**
 * The work on trials: a run of `train`, in the trial's folder, that is ended at the trial's rung and goes on from there bit
 * for bit, as `--resume` does.
 *
 * So that a model is worth at a rung what it would be had its run ended there, its rate does not know when that is: it is
 * constant, and what is measured is the average of the weights over the last tenth of the way so far, if that is better.
 * An average takes the place of a falling rate well (Polyak and Juditsky, 1992; Izmailov et al., 2018; Hägele et al., 2024,
 * for language models), while a rate that falls to 0 at each rung could not go on, and one that falls to 0 at the highest
 * would make all models look worse at the lower ones, the larger and the more restless more. The limit of the run lies far
 * beyond all rungs and changes nothing. The best trial has its falling rate afterwards: see `finish`.
 */
import { createEngine } from "../engine/create.js";
import type { Engine } from "../engine/engine.js";
import { checkUnlocked, lockFolder } from "../format/folder-lock.js";
import { makeFolder } from "../format/make-folder.js";
import { modelPaths } from "../format/model-paths.js";
import { initialise } from "../model/initialise.js";
import { LanguageModel } from "../model/language-model.js";
import { modelMakers } from "../model/model-makers.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { checkMemory } from "../train/memory-check.js";
import { countParameters, estimateMemory } from "../train/memory-estimate.js";
import { fasterEngine } from "../train/choose-precision.js";
import { evaluateText } from "../train/evaluate.js";
import type { TrainEvent } from "../train/events.js";
import { openSources } from "../train/file-sources.js";
import { FolderStore } from "../train/folder-store.js";
import type { TrainOptions } from "../train/options.js";
import { planBySize } from "../train/plan.js";
import { prepareText, type PreparedText } from "../train/prepare.js";
import { measureSpeed } from "../train/probe.js";
import { trainPrepared } from "../train/run.js";
import { RunControl } from "../train/run-control.js";
import type { TrainPrecision } from "../train/run-settings.js";
import { chooseModel, chooseSettings, expectedText, fitSettings, withCounts } from "../train/settings.js";
import { putWeights } from "../train/weights.js";
import { trainingBatches } from "../train/windows.js";
import { rungFactor } from "./asha.js";
import { measureLatency } from "./latency.js";
import { readCurve } from "./read-curve.js";
import { studyPaths } from "./study-file.js";
import { StudyTexts } from "./study-texts.js";
import { modelBytes } from "./trial-sizes.js";
import type { WorkSetup } from "./worker-messages.js";
import type {
  BegunTrial,
  Constraints,
  FinishCourse,
  Finished,
  FinishJob,
  Refused,
  Stopped,
  StudyText,
  TrialHooks,
  TrialJob,
  TrialOptions,
  TrialOutcome,
} from "./trial-runner.js";

/** The limit of a run lies so many times the highest rung away. */
const FAR = 1000;
/** The average spans this part of the way so far. */
const AVERAGE = { average: "ema", averageSpan: 0.1, averageEvery: 10 } as const;
/** Streams side by side when a trial is measured: each begins without context, the same for all models. */
const STREAMS = 16;
/** Seconds in which a trial's speed is measured; and of its rung, the part that this takes at most. */
const PROBE = { most: 1.5, share: 0.1 };
/** Seconds between checkpoints. */
const CHECKPOINT_SECONDS = 15;
/** The rate falls in so much of a finished run at most. */
const MOST_COOLDOWN = 0.4;
/** A finish that is not limited by time is at least this part of the whole run. */
const LEAST_FINISH = 0.25;
/** Of the time for a finish, what is kept back besides measuring: saving, and the last validation. */
const KEPT_BACK = 0.06;
/** Texts that are held open, each with its tokens. */
const MOST_TEXTS = 4;

/** What a worker tells; where it tells something that is to be written first, it waits for that. */
export interface WorkHooks {
  readonly begun: (begun: BegunTrial) => Promise<void>;
  readonly progress: TrialHooks["progress"];
}

/** Milliseconds for which a lock is waited for, and between two looks at it. */
const PATIENCE = 60_000;
const PAUSE = 20;

/** How a job is ended from outside. */
export interface WorkControl {
  readonly signal: AbortSignal;
  /** Whether what was ended is measured where it stands. */
  readonly measure: () => boolean;
}

export class TrialWork {
  readonly #setup: WorkSetup;
  readonly #texts = new Map<string, PreparedText>();
  #engines = new Map<string, Engine>();
  #unlock: (() => void) | undefined;
  #chosenPrecision: TrainPrecision | undefined;

  constructor(setup: WorkSetup) {
    this.#setup = setup;
  }

  /** Reads the text. @throws UserError where it cannot be read */
  async open(options: TrialOptions): Promise<StudyText> {
    const notices: string[] = [];
    const { key, size } = await this.#text(options, this.#setup.heldOut, (message) => notices.push(message));
    return { key, characters: size.characters, notices };
  }

  /** Tokens a second in training, for some seconds. */
  async speed(options: TrialOptions, threads: number, seconds: number): Promise<number> {
    const text = await this.#text(options, this.#setup.heldOut);
    const engine = await this.#engine(options.precision, threads);
    const run = this.#settled(text, engine, { ...options, steps: 1000 });
    return (await measureSpeed(engine, text, run, seconds, () => false)).training;
  }

  /** @throws UserError where the trial is impossible */
  async run(job: TrialJob, hooks: WorkHooks, control: WorkControl): Promise<TrialOutcome> {
    const text = await this.#text(job.options, this.#setup.heldOut);
    let { begun } = job;
    if (!begun) {
      const made = await this.#begin(job, text);
      if ("type" in made) return made;
      if (control.signal.aborted) return { type: "stopped" };
      await hooks.begun(made);
      begun = made;
    }
    const target = begun.steps * rungFactor(job.rung, job.eta);
    const far = begun.steps * rungFactor(job.rungs - 1, job.eta) * FAR;
    const folder = studyPaths(this.#setup.folder).trial(job.trial);
    const trained = await this.#train(text, { ...begun.options, steps: far }, folder, target, hooks, control);
    const partial = trained.step < target;
    if (partial && (!control.measure() || trained.step === 0)) return { type: "stopped" };
    const { model, store } = trained;
    putWeights(model, await store.best(), folder);
    const { unknownId } = text.tokenizer;
    const { bitsPerChar } = await evaluateText(model, text.valid, {
      unknownId,
      streams: STREAMS,
      name: "held-out",
    });
    const { tokens, seconds, step } = trained;
    return {
      type: "measured",
      bitsPerChar,
      step,
      tokens,
      passes: tokens / Math.max(1, text.train.stats.tokens),
      seconds,
      partial,
      curve: readCurve(folder, step, bitsOf(text)),
    };
  }

  /**
   * The best model on its way to the end: the rate falls straight to 0 in the last part of the run, from the trial's own
   * checkpoint on (Hägele et al., 2024). Then it is measured on the whole held-out text.
   */
  async finish(
    job: FinishJob,
    hooks: { readonly course: (course: FinishCourse) => Promise<void> } & Pick<WorkHooks, "progress">,
    control: WorkControl,
  ): Promise<Finished | Stopped> {
    const { begun } = job;
    const begunAt = performance.now();
    const text = await this.#text(begun.options, Infinity);
    const folder = studyPaths(this.#setup.folder).best;
    let { course } = job;
    if (!course) {
      const passed = (performance.now() - begunAt) / 1000;
      course = await this.#course(text, job, (await this.#position(folder)).step, passed);
      await hooks.course(course);
    }
    const { steps, cooldown } = course;
    const { validateEvery } = begun.options;
    const options = {
      ...begun.options,
      steps,
      schedule: "trapezoid",
      warmup: 0,
      cooldown,
      // Often enough that the best weights near the end are kept, and not so often that it takes its time.
      validateEvery: Math.min(validateEvery!, Math.max(1, Math.ceil((steps * cooldown) / 10))),
    } as const;
    const trained = await this.#train(text, options, folder, Infinity, hooks, control);
    if (control.signal.aborted && trained.step < steps) return { type: "stopped" };
    putWeights(trained.model, await trained.store.best(), folder);
    const measured = await evaluateText(trained.model, text.valid, {
      unknownId: text.tokenizer.unknownId,
      name: "held-out",
    });
    const { bitsPerChar, perplexity, accuracy } = measured;
    const { step, seconds } = trained;
    return { type: "finished", bitsPerChar, perplexity, accuracy, step, seconds };
  }

  /** Waits until the worker that had this number before, whose study was killed, has ended. */
  async enter(): Promise<void> {
    const { folder, slot } = this.#setup;
    const texts = studyPaths(folder).texts;
    makeFolder(texts);
    const lock = `${texts}/${slot}.lock`;
    await untilUnlocked(lock, folder);
    this.#unlock = lockFolder(lock, folder);
  }

  close(): void {
    this.#unlock?.();
    for (const text of this.#texts.values()) text.close();
    this.#texts.clear();
  }

  async #train(
    text: PreparedText,
    options: TrialOptions,
    folder: string,
    target: number,
    { progress }: Pick<WorkHooks, "progress">,
    { signal }: WorkControl,
  ): Promise<{ model: LanguageModel; store: FolderStore; step: number; tokens: number; seconds: number }> {
    await untilUnlocked(modelPaths(folder).lock, folder);
    const control = new RunControl(signal);
    const store = new FolderStore(folder, { resume: true, overwrite: false, notice() {} });
    const bits = bitsOf(text);
    let tokens = 0;
    let seconds = 0;
    const onEvent = (event: TrainEvent): void => {
      if (event.type === "prepared" && event.startStep >= target) control.stop();
      if (event.type === "done") seconds = event.elapsedSeconds;
      if (event.type !== "step") return;
      // The validation that is due at the rung is made before the run sees that it is to end.
      if (event.step >= target) control.stop();
      tokens = event.tokens;
      const steps = Math.min(target, options.steps!);
      const { step, smoothedLoss, tokensPerSecond } = event;
      progress({ step, steps, bitsPerChar: bits(smoothedLoss), tokensPerSecond });
    };
    try {
      const result = await trainPrepared(
        text,
        { ...options, out: folder, resume: true },
        {
          store,
          control,
          engine: (precision) => this.#engine(precision ?? options.precision, this.#setup.threads),
          memory: this.#setup.memory,
          onEvent,
          writeSample: async () => undefined,
          checkpointSeconds: CHECKPOINT_SECONDS,
        },
      );
      // Where it stood at its end already, no step told how far it is.
      if (tokens === 0) ({ tokens } = await this.#position(folder));
      return { model: result.model, store, step: result.step, tokens, seconds };
    } finally {
      control.release();
    }
  }

  /** What a new trial is to be. */
  async #begin(job: TrialJob, text: PreparedText): Promise<BegunTrial | Refused> {
    const { options, length, eta, rungs, constraints } = job;
    const { threads, memory } = this.#setup;
    const precision = options.precision ?? (await this.#precision(length.unit));
    const engine = await this.#engine(precision, threads);
    const { optimizer = TRAIN_OPTIONS.optimizer.default, lines } = options;
    const steady = {
      ...options,
      precision,
      schedule: "constant",
      warmup: 0,
      ...(optimizer !== "schedule-free" && AVERAGE),
      ...(!lines && options.rotateStreams === undefined && { rotateStreams: true }),
    } as const satisfies TrialOptions;
    const first = this.#settled(text, engine, { ...steady, steps: FAR });
    const { config, settings } = first;
    const parameters = countParameters(config);
    const tokenizerBytes = new TextEncoder().encode(JSON.stringify(text.tokenizer.toJSON(), null, 2)).length;
    const bytes = modelBytes(parameters, tokenizerBytes);
    const refused = (constraint: keyof Constraints, value: number): Refused | undefined => {
      const most = constraints[constraint];
      return most !== undefined && value > most ? { type: "refused", constraint, value } : undefined;
    };
    const tooLarge = refused("maxParameters", parameters) ?? refused("maxFileSize", bytes / 1e6);
    if (tooLarge) return tooLarge;
    checkMemory(estimateMemory(config, settings), config, memory);
    const latency = await latencyOf(engine, config);
    const tooSlow = refused("maxLatency", latency);
    if (tooSlow) return tooSlow;

    const batches = trainingBatches(text.train, settings);
    let steps = length.amount * batches.windows(0);
    if (length.unit === "seconds") {
      const seconds = Math.min(PROBE.most, PROBE.share * length.amount);
      const speed = await measureSpeed(engine, text, first, seconds, () => false);
      steps = (length.amount * speed.training * batches.windows(0)) / batches.targetsPerEpoch;
    }
    steps = Math.max(1, Math.round(steps));
    // What hangs on how often the text is read goes by the way to the highest rung.
    const planned = this.#planned(text, { ...steady, steps: steps * rungFactor(rungs - 1, eta) });
    const { steps: _, ...chosen } = planned;
    return {
      options: { ...chosen, batchSize: settings.batchSize, seqLen: settings.seqLen, validateEvery: steps },
      steps,
      parameters,
      bytes,
      latency,
      vocabulary: config.vocabulary,
      tokenizerBytes,
    };
  }

  /** How long the finished run is, and in which part of it the rate falls. @param step where it begins */
  async #course(
    text: PreparedText,
    { begun, steps: asked, seconds }: FinishJob,
    step: number,
    passed: number,
  ): Promise<FinishCourse> {
    let steps = Math.max(asked ?? 0, Math.ceil(step / (1 - LEAST_FINISH)));
    if (seconds !== undefined) {
      const engine = await this.#engine(begun.options.precision, this.#setup.threads);
      const run = this.#settled(text, engine, { ...begun.options, steps: FAR });
      const probe = Math.min(PROBE.most, PROBE.share * seconds);
      const speed = await measureSpeed(engine, text, run, probe, () => false);
      const left = seconds * (1 - KEPT_BACK) - passed - probe - text.valid.stats.tokens / speed.reading;
      const perStep = tokensAStep(text, begun.options) / speed.training;
      steps = step + Math.max(1, Math.floor(left / perStep));
    }
    return { steps, cooldown: Math.min(MOST_COOLDOWN, Math.max(1e-6, 1 - step / steps)) };
  }

  /** Where the run in a folder stands. */
  async #position(folder: string): Promise<{ readonly step: number; readonly tokens: number }> {
    const stored = await new FolderStore(folder, { resume: true, overwrite: false, notice() {} }).find();
    return stored?.checkpoint.header.position ?? { step: 0, tokens: 0 };
  }

  #planned(text: PreparedText, options: TrainOptions): TrainOptions & TrialOptions {
    const facts = { ...expectedText(text.size), tokens: Math.max(1, text.train.stats.tokens) };
    return planBySize(options, facts).options;
  }

  #settled(text: PreparedText, engine: Engine, options: TrainOptions) {
    const planned = planBySize(options, expectedText(text.size)).options;
    const config = withCounts(chooseModel(planned, text.size), planned, text.counts);
    const { tokens, offsets, stats } = text.train;
    const counted = { tokens: tokens.length, lines: offsets && stats.lines };
    return { config, settings: fitSettings(chooseSettings(planned, text.size, engine), options, counted) };
  }

  /** The text with a trial's tokens, which is made once. @param heldOut characters to measure on, at most */
  async #text(
    options: TrialOptions,
    heldOut: number,
    onNotice: (message: string) => void = () => {},
  ): Promise<PreparedText> {
    const { tokenizer: kind = "char", vocabSize, minCount, wordMode, lines = false } = options;
    const name = JSON.stringify([kind, vocabSize, minCount, wordMode, heldOut]);
    const known = this.#texts.get(name);
    if (known) return known;
    const { inputs, folder, slot } = this.#setup;
    const { valid, encoding, field } = options;
    const places = {
      inputs,
      ...(valid && { valid }),
      ...(encoding && { encoding }),
      ...(field !== undefined && { field }),
    };
    const sources = await openSources(places, lines, () => {});
    try {
      for (const message of sources.notices) onNotice(message);
      const text = await prepareText(sources, {
        lines,
        tokenizer: { kind: kind satisfies TokenizerKind, vocabSize, minCount, wordMode },
        ids: new StudyTexts(`${studyPaths(folder).texts}/${slot}`, heldOut),
        onReading: () => {},
        onNotice,
      });
      const [oldest] = this.#texts;
      if (oldest && this.#texts.size >= MOST_TEXTS) {
        this.#texts.delete(oldest[0]);
        oldest[1].close();
      }
      this.#texts.set(name, text);
      return text;
    } finally {
      sources.close();
    }
  }

  /** By measuring where time is what counts; elsewhere float32, the same everywhere. */
  async #precision(unit: "passes" | "seconds"): Promise<TrainPrecision> {
    if (unit === "passes") return "f32";
    if (this.#chosenPrecision) return this.#chosenPrecision;
    const faster = await fasterEngine(await this.#engine("f32", this.#setup.threads), () =>
      this.#engine("bf16", this.#setup.threads),
    );
    return (this.#chosenPrecision = faster.trainingOperands === "bf16" ? "bf16" : "f32");
  }

  async #engine(precision: TrainPrecision = "f32", threads: number): Promise<Engine> {
    const name = `${precision} ${threads}`;
    const known = this.#engines.get(name);
    if (known) return known;
    const { engine } = this.#setup;
    const made = await createEngine({ ...(engine && { engine }), threads, precision });
    this.#engines.set(name, made);
    return made;
  }
}

/**
 * A worker whose study was killed ends at its next step: for so long another one waits for what it has.
 * @throws UserError where somebody has it for longer
 */
async function untilUnlocked(lock: string, folder: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return checkUnlocked(lock, folder);
    } catch (error) {
      if (tries * PAUSE >= PATIENCE) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

/** From nats a token to bits a character of the held-out text. */
function bitsOf({ valid }: PreparedText): (loss: number) => number {
  const { tokens, lines, extent } = valid.stats;
  const predicted = lines > 0 ? tokens - lines : tokens - 1;
  return (loss) => (loss * predicted) / extent.characters / Math.LN2;
}

function tokensAStep(
  text: PreparedText,
  { batchSize, seqLen, seed = TRAIN_OPTIONS.seed.default }: TrainOptions,
): number {
  const batches = trainingBatches(text.train, { batchSize: batchSize!, seqLen: seqLen!, seed });
  return batches.targetsPerEpoch / batches.windows(0);
}

async function latencyOf(engine: Engine, config: LanguageModel["config"]): Promise<number> {
  const model = new LanguageModel(engine, config, await modelMakers(config));
  initialise(model, 1, {});
  return measureLatency(model);
}

/**
 * The training loop: truncated backpropagation through time over the windows of the training text, with validation,
 * checkpoints, and the way back from divergence. Where a run stands is a plain record (RunPosition) beside the
 * tensors, so that a run that was stopped goes on as if it never had been.
 */
import type { Sums } from "../engine/engine.js";
import { Turns } from "../breathe.js";
import { loadPart } from "../load-part.js";
import type { CandidateSampler } from "../layers/candidate-sampler.js";
import type { PastDecode } from "../layers/past-decode.js";
import type { LanguageModel } from "../model/language-model.js";
import type { RecurrentState } from "../model/state.js";
import { addSquares, clipScale } from "../optim/clip.js";
import type { WeightAverage } from "../optim/average.js";
import type { Optimizer } from "../optim/optimizer.js";
import { Schedule } from "../optim/schedule.js";
import type { Batches } from "../text/windows/batches.js";
import { Course, Speedometer, ValidationPlan } from "./course.js";
import { FORGET_AFTER, MAX_ROLLBACKS, ROLLBACK_FACTOR, diverged, smooth } from "./divergence.js";
import type { TrainEvent } from "./events.js";
import type { MetricsSink } from "./metric-line.js";
import { type RunPosition, startPosition } from "./position.js";
import type { TrainSettings } from "./run-settings.js";
import { Snapshot } from "./snapshot.js";
import { trainedChanged, trainedParameters } from "./trained-parameters.js";
import { validate } from "./validation.js";

/** Updates between the copies that a diverged run goes back to. */
const SNAPSHOT_EVERY = 50;
/** Tokens that a validation reads at most in a run limited by steps or time; the final one reads all. */
export const VALIDATION_TOKENS = 50_000;
/** The event loop gets its turn at least this often. */
const YIELD_MILLISECONDS = 20;

/** The parts that a trainer works with. */
export interface TrainerParts {
  readonly model: LanguageModel;
  /** Of past-decode regularisation. */
  readonly pastDecode?: PastDecode | undefined;
  readonly optimizer: Optimizer;
  /** Of the weights, where they are averaged. */
  readonly average: WeightAverage | undefined;
  readonly batches: Batches;
  readonly validation: Batches;
  readonly settings: TrainSettings;
  /** Of a run limited by time: how long it trains; see run-plan.ts. */
  readonly trainingSeconds: number | undefined;
  /** And how many tokens a validation on the way reads at most. */
  readonly validationTokens: number | undefined;
  /** Earlier updates of the run read windows of another cut. */
  readonly otherWindows: boolean;
  /** The first weights are a model's: they are measured before the first update, and kept until there are better ones. */
  readonly beginsTrained: boolean;
  /** Of a sampled softmax. */
  readonly sampler: CandidateSampler | undefined;
  readonly metrics: MetricsSink;
  readonly emit: (event: TrainEvent) => void;
  /** True where no further step is to be made. */
  readonly interrupted: () => boolean;
  /** Keeps the weights as the best so far; undefined: not validated yet. */
  readonly saveBest: (loss: number | undefined) => Promise<void>;
  /** Keeps everything. */
  readonly saveCheckpoint: (position: RunPosition) => Promise<void>;
  /** What the model writes now; undefined where its weights are broken. */
  readonly writeSample: (seed: number) => Promise<string | undefined>;
  /** Called before the error of a run that diverged for good, which would diverge again when it is resumed. */
  readonly onGivingUp: () => void;
  readonly checkpointSeconds: number;
}

/** Why the loop ended: the limit, early stopping, or an interruption. */
export type LoopEnd = "finished" | "early" | "interrupted";

export class Trainer {
  readonly state: RecurrentState;
  /** Loss and squares of the gradients of one step: read once. */
  readonly #sums: Sums;
  position: RunPosition = startPosition();
  readonly #parts: TrainerParts;
  readonly #schedule: Schedule;
  readonly #course: Course;
  readonly #validations: ValidationPlan;
  readonly #snapshot: Snapshot;
  #speed = new Speedometer(0, 0);
  #checkpointAt = 0;
  /** Seconds spent training. */
  #elapsed: () => number = () => this.position.elapsedSeconds;

  constructor(parts: TrainerParts) {
    const { settings, model, pastDecode, optimizer, average, batches } = parts;
    this.#parts = parts;
    this.#schedule = new Schedule({ ...settings, name: settings.schedule });
    this.#course = new Course(settings.limit, batches, parts);
    this.#validations = new ValidationPlan(settings);
    this.state = model.zeroState(settings.batchSize);
    this.#sums = model.engine.sums();
    this.#snapshot = new Snapshot({ model, pastDecode, optimizer, average, state: this.state });
    this.position.average = average?.record;
  }

  /** Trains until the limit, early stopping or an interruption, after which it may be called again. */
  async run(): Promise<LoopEnd> {
    const { settings, interrupted, batches } = this.#parts;
    const begun = performance.now() - this.position.elapsedSeconds * 1000;
    this.#elapsed = () => (performance.now() - begun) / 1000;
    this.#checkpointAt = this.#elapsed() + this.#parts.checkpointSeconds;
    this.#speed = new Speedometer(this.#elapsed(), this.position.tokens);
    this.#schedule.plateauFactor = this.position.plateauFactor;
    if (this.#parts.beginsTrained && this.position.lastValidation < 0) await this.#validate();
    this.#snapshot.take(this.position);
    const turns = new Turns(YIELD_MILLISECONDS);

    let end: LoopEnd = "finished";
    while (this.progress < 1) {
      if (interrupted()) {
        end = "interrupted";
        break;
      }
      const epoch = this.position.epoch;
      const trained = await this.#step();
      this.position.elapsedSeconds = this.#elapsed();
      const ended = this.position.epoch !== epoch;
      if (trained) await this.#sample();
      if (trained && this.#validations.due(this.position, ended, this.progress)) {
        await this.#validate();
        await this.#checkpoint();
        if (settings.patience > 0 && this.position.validationsSinceBest >= settings.patience) {
          end = "early";
          break;
        }
      } else if (this.#elapsed() >= this.#checkpointAt) {
        await this.#checkpoint();
      }
      if (trained && this.position.step % SNAPSHOT_EVERY === 0) this.#snapshot.take(this.position);
      if (turns.due) await turns.give();
      if (batches.windows(this.position.epoch) === 0) throw new Error("an epoch without windows");
    }

    if (end === "finished" && this.position.lastValidation !== this.position.step) await this.#validate();
    this.position.finished = end !== "interrupted";
    if (this.position.bestLoss === undefined) await this.#parts.saveBest(undefined);
    await this.#checkpoint();
    return end;
  }

  /** Part of the run that is done, 0 … 1. */
  get progress(): number {
    return this.#course.progress(this.position, this.#elapsed());
  }

  /** One window: forward, backward, update. False where it diverged and the run went back instead. */
  async #step(): Promise<boolean> {
    const { model, pastDecode, optimizer, average, batches, settings, sampler, metrics, emit } = this.#parts;
    const { position } = this;
    const progress = this.progress;
    const window = batches.window(position.epoch, position.index);
    if (window.fresh) this.state.reset();
    const draw = { seed: settings.seed, step: position.step };
    this.#sums.clear();
    const pass = {
      draw,
      regularisation: settings,
      ...(sampler && { sampler }),
      ...(pastDecode && { pastDecode }),
    };
    const count = model.train(window, this.state, pass, this.#sums);
    optimizer.begin?.(position.epoch + batches.part(position.epoch, position.index));
    position.begun = optimizer.begun;
    const learning = optimizer.trained ?? trainedParameters(this.#parts);
    addSquares(model.engine, learning, this.#sums, settings.updateRows);
    const { nats, squares } = await this.#sums.read();
    const loss = count > 0 ? nats / count : 0;
    const norm = Math.sqrt(squares);
    if (diverged(loss, norm, position.smoothedLoss, model.config.vocabulary)) {
      await this.#rollBack(loss);
      return false;
    }
    // A window of drawn length has as many gradients as its length: the rate goes by it (Merity et al., 2018).
    const part = batches.varying ? window.T / settings.seqLen : 1;
    const learningRate = settings.lr * this.#schedule.factor(progress) * position.learningRateFactor * part;
    optimizer.step(learningRate, clipScale(norm, settings.clip || undefined));
    trainedChanged(this.#parts);

    const epoch = position.epoch + 1;
    position.step++;
    position.updates = optimizer.updates;
    position.tokens += count;
    position.smoothedLoss = smooth(position.smoothedLoss, loss, position.step);
    if (++position.goodSteps >= FORGET_AFTER) position.rollbacks = 0;
    if (++position.index >= batches.windows(position.epoch)) {
      position.index = 0;
      position.epoch++;
    }
    const seconds = this.#elapsed();
    const done = this.#course.progress(position, seconds);
    average?.updated(position.step, done);
    position.average = average?.record;
    metrics.add({ step: position.step, epoch, loss, learningRate, gradientNorm: norm, seconds });
    emit({
      type: "step",
      step: position.step,
      steps: this.#course.steps(position),
      epoch,
      epochs: settings.limit.epochs,
      progress: done,
      loss,
      smoothedLoss: position.smoothedLoss,
      learningRate,
      gradientNorm: norm,
      tokens: position.tokens,
      tokensPerSecond: this.#speed.measure(seconds, position.tokens),
      elapsedSeconds: seconds,
      remainingSeconds: this.#course.remaining(done, seconds),
    });
    return true;
  }

  /** A line of what the model writes, every so many updates; the update's number is its seed. */
  async #sample(): Promise<void> {
    const { settings, metrics, emit, writeSample } = this.#parts;
    const { step } = this.position;
    if (!settings.sampleEvery || step % settings.sampleEvery !== 0) return;
    const text = await writeSample(step);
    if (text === undefined) return;
    metrics.add({ step, sample: text });
    emit({ type: "sample", step, text });
  }

  async #validate(): Promise<void> {
    const { settings, validationTokens, metrics, emit, average, optimizer } = this.#parts;
    const { position } = this;
    const most = settings.limit.epochs === undefined ? VALIDATION_TOKENS : Infinity;
    const before = this.#elapsed();
    const { loss, best, compared } = await validate(
      { ...this.#parts, average: average ?? optimizer.averaged },
      position.bestLoss,
      validationTokens ?? most,
    );
    this.#validations.took(this.#elapsed() - before);
    position.average = average?.record;
    if (best) {
      position.bestLoss = loss;
      position.bestStep = position.step;
      position.bestAveraged = compared?.averaged;
    }
    position.validationsSinceBest = best ? 0 : position.validationsSinceBest + 1;
    this.#schedule.validated(best);
    position.plateauFactor = this.#schedule.plateauFactor;
    position.lastValidation = position.step;
    const seconds = this.#elapsed();
    // The epoch that was just worked on: at its end the position already stands at the next.
    const epoch = position.index === 0 ? position.epoch : position.epoch + 1;
    const perplexity = Math.exp(loss);
    const measured = { validLoss: loss, validPerplexity: perplexity, best, ...compared };
    metrics.add({ step: position.step, epoch, ...measured, seconds });
    emit({
      type: "validation",
      step: position.step,
      epoch,
      loss,
      perplexity,
      best,
      bestLoss: position.bestLoss ?? loss,
      ...compared,
      elapsedSeconds: seconds,
    });
  }

  async #checkpoint(): Promise<void> {
    const seconds = this.#elapsed();
    this.position.elapsedSeconds = seconds;
    this.#parts.metrics.flush();
    await this.#parts.saveCheckpoint(this.position);
    this.#checkpointAt = seconds + this.#parts.checkpointSeconds;
    this.#parts.emit({ type: "checkpoint", step: this.position.step });
  }

  /** Back to the snapshot, with a smaller learning rate from then on. Weights that were saved meanwhile stay saved. */
  async #rollBack(loss: number): Promise<void> {
    const { metrics, emit } = this.#parts;
    const { step, bestLoss, bestStep, bestAveraged } = this.position;
    const path = this.#snapshot.restore();
    const rollbacks = this.position.rollbacks + 1;
    const learningRateFactor = this.position.learningRateFactor * ROLLBACK_FACTOR;
    this.position = { ...this.position, ...path, rollbacks, learningRateFactor, goodSteps: 0 };
    this.#schedule.plateauFactor = path.plateauFactor;
    metrics.cutAfter(path.step);
    // The line of the best validation may be among the removed ones.
    metrics.add({
      step: path.step,
      rolledBackFrom: step,
      learningRateFactor,
      bestLoss,
      bestStep,
      bestAveraged,
    });
    const shown = Number.isFinite(loss) ? loss : NaN;
    emit({ type: "rolled-back", step, toStep: path.step, loss: shown, learningRateFactor });
    if (rollbacks > MAX_ROLLBACKS) await this.#giveUp(rollbacks);
  }

  async #giveUp(rollbacks: number): Promise<never> {
    const { model, settings, metrics, onGivingUp } = this.#parts;
    // The record of the kept weights stays with them.
    metrics.flush();
    onGivingUp();
    const { learningRateFactor, bestLoss } = this.position;
    const { givenUp } = await loadPart(import("./given-up.js"));
    throw givenUp(rollbacks, learningRateFactor, settings, bestLoss, model.config.vocabulary);
  }
}

/**
 * The training loop: truncated backpropagation through time over the windows of the training text, with validation,
 * checkpoints, and the way back from divergence. Where a run stands is a plain record (RunPosition) beside the
 * tensors, so that a run that was stopped goes on as if it never had been.
 */
import { Turns } from "../breathe.js";
import { UserError } from "../errors.js";
import type { CandidateSampler } from "../layers/sampled-softmax.js";
import type { LanguageModel } from "../model/language-model.js";
import type { RecurrentState } from "../model/state.js";
import { clipScale, gradientNorm } from "../optim/clip.js";
import type { Optimizer } from "../optim/optimizer.js";
import { Schedule } from "../optim/schedule.js";
import type { Batches } from "../text/windows/batches.js";
import type { RunPosition } from "./checkpoint.js";
import { runTensors } from "./checkpoint.js";
import { FORGET_AFTER, MAX_ROLLBACKS, ROLLBACK_FACTOR, diverged, smooth } from "./divergence.js";
import { sumLoss } from "./evaluate.js";
import type { DoneEvent, TrainEvent } from "./events.js";
import type { MetricsSink } from "./metric-line.js";
import type { TrainSettings } from "./run-settings.js";

/** Updates between the copies that a diverged run goes back to. */
const SNAPSHOT_EVERY = 50;
/** Tokens that a validation reads at most in a run limited by steps or time; the final one reads all. */
const VALIDATION_TOKENS = 50_000;
/** In a run limited by time, validation takes at most this part of it. */
const VALIDATION_SHARE = 0.1;
/** Seconds over which the speed is averaged. */
const SPEED_SECONDS = 5;
/** The event loop gets its turn at least this often. */
const YIELD_MILLISECONDS = 20;

/** Where a new run stands. */
export function startPosition(): RunPosition {
  return {
    step: 0,
    epoch: 0,
    index: 0,
    tokens: 0,
    elapsedSeconds: 0,
    smoothedLoss: undefined,
    bestLoss: undefined,
    lastValidation: -1,
    validationsSinceBest: 0,
    tenths: 0,
    plateauFactor: 1,
    learningRateFactor: 1,
    rollbacks: 0,
    goodSteps: 0,
    updates: 0,
    finished: false,
  };
}

/** What a trainer works with. */
export interface TrainerParts {
  readonly model: LanguageModel;
  readonly optimizer: Optimizer;
  readonly batches: Batches;
  readonly validation: Batches;
  readonly settings: TrainSettings;
  /** Of a sampled softmax. */
  readonly sampler: CandidateSampler | undefined;
  readonly metrics: MetricsSink;
  readonly emit: (event: TrainEvent) => void;
  readonly signal: AbortSignal | undefined;
  /** Keeps the weights as the best so far; undefined: not validated yet. */
  readonly saveBest: (loss: number | undefined) => Promise<void>;
  /** Keeps everything. */
  readonly saveCheckpoint: (position: RunPosition) => Promise<void>;
  readonly checkpointSeconds: number;
}

export class Trainer {
  readonly state: RecurrentState;
  position: RunPosition = startPosition();
  readonly #parts: TrainerParts;
  readonly #schedule: Schedule;
  #snapshot: { position: RunPosition; tensors: Float64Array[] | Float32Array[] } | undefined;
  #checkpointAt = 0;
  #validationSeconds = 0;
  #speed = { at: 0, tokens: 0, perSecond: 0 };

  constructor(parts: TrainerParts) {
    const { settings } = parts;
    this.#parts = parts;
    this.#schedule = new Schedule({ name: settings.schedule, warmup: settings.warmup });
    this.state = parts.model.zeroState(settings.batchSize);
  }

  /** Updates in the whole run; undefined when time limits it. */
  get #steps(): number | undefined {
    const { limit } = this.#parts.settings;
    if (limit.maxMinutes !== undefined) return undefined;
    if (limit.steps !== undefined) return limit.steps;
    // Epochs of lines differ by a few windows, as their batches are drawn anew: the end is decided by the epochs.
    return limit.epochs! * this.#parts.batches.windows(0);
  }

  /** Trains until the limit, the signal or early stopping. */
  async run(): Promise<DoneEvent["reason"]> {
    const { settings, signal, batches } = this.#parts;
    const steps = this.#steps;
    const begun = performance.now() - this.position.elapsedSeconds * 1000;
    const elapsed = () => (performance.now() - begun) / 1000;
    let reason: DoneEvent["reason"] = "finished";
    const turns = new Turns(YIELD_MILLISECONDS);
    this.#checkpointAt = elapsed() + this.#parts.checkpointSeconds;
    this.#speed = { at: elapsed(), tokens: this.position.tokens, perSecond: 0 };
    this.#schedule.plateauFactor = this.position.plateauFactor;
    this.#takeSnapshot();

    while (this.#progress(steps, elapsed()) < 1) {
      if (signal?.aborted) {
        reason = "stopped";
        break;
      }
      const epoch = this.position.epoch;
      const trained = this.#step(this.#progress(steps, elapsed()), steps, elapsed);
      this.position.elapsedSeconds = elapsed();
      const ended = this.position.epoch !== epoch;
      if (trained && this.#validationDue(ended, this.#progress(steps, elapsed()))) {
        await this.#validate(elapsed);
        this.position.elapsedSeconds = elapsed();
        await this.#checkpoint(elapsed());
        if (settings.patience > 0 && this.position.validationsSinceBest >= settings.patience) {
          reason = "early";
          break;
        }
      } else if (elapsed() >= this.#checkpointAt) {
        await this.#checkpoint(elapsed());
      }
      if (trained && this.position.step % SNAPSHOT_EVERY === 0) this.#takeSnapshot();
      if (turns.due) await turns.give();
      if (batches.windows(this.position.epoch) === 0) throw new Error("an epoch without windows");
    }

    if (reason === "finished" && this.position.lastValidation !== this.position.step)
      await this.#validate(elapsed);
    this.position.finished = reason !== "stopped";
    if (this.position.bestLoss === undefined) await this.#parts.saveBest(undefined);
    await this.#checkpoint(elapsed());
    return reason;
  }

  /** Part of the run that is done, 0 … 1. */
  #progress(steps: number | undefined, elapsed: number): number {
    const { limit } = this.#parts.settings;
    if (limit.maxMinutes !== undefined) return Math.min(1, elapsed / (limit.maxMinutes * 60));
    if (limit.epochs !== undefined && this.position.epoch >= limit.epochs) return 1;
    return limit.epochs !== undefined
      ? Math.min(0.999_999_999, this.position.step / steps!)
      : Math.min(1, this.position.step / steps!);
  }

  /** One window: forward, backward, update. False where it diverged and the run went back instead. */
  #step(progress: number, steps: number | undefined, elapsed: () => number): boolean {
    const { model, optimizer, batches, settings, sampler, metrics, emit } = this.#parts;
    const { position } = this;
    const window = batches.window(position.epoch, position.index);
    if (window.fresh) this.state.reset();
    const { nats, count } = model.train(
      window,
      this.state,
      { seed: settings.seed, step: position.step },
      sampler,
    );
    const loss = count > 0 ? nats / count : 0;
    const norm = gradientNorm(model.engine, model.parameters);
    if (diverged(loss, norm, position.smoothedLoss, model.config.vocabulary)) {
      this.#rollBack(loss);
      return false;
    }
    const learningRate = settings.lr * this.#schedule.factor(progress) * position.learningRateFactor;
    optimizer.step(learningRate, clipScale(norm, settings.clip || undefined));
    model.weightsChanged();

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
    const seconds = elapsed();
    const done = this.#progress(steps, seconds);
    metrics.add({
      step: position.step,
      epoch,
      loss,
      learning_rate: learningRate,
      gradient_norm: norm,
      seconds,
    });
    emit({
      type: "step",
      step: position.step,
      steps,
      epoch,
      epochs: settings.limit.epochs,
      progress: done,
      loss,
      smoothedLoss: position.smoothedLoss,
      learningRate,
      gradientNorm: norm,
      tokens: position.tokens,
      tokensPerSecond: this.#measureSpeed(seconds),
      elapsedSeconds: seconds,
      remainingSeconds: this.#remaining(done, seconds),
    });
    return true;
  }

  #measureSpeed(seconds: number): number {
    const { at, tokens, perSecond } = this.#speed;
    const passed = seconds - at;
    const now = (this.position.tokens - tokens) / Math.max(passed, 1e-9);
    if (passed < SPEED_SECONDS && perSecond > 0) return perSecond;
    if (passed >= SPEED_SECONDS) this.#speed = { at: seconds, tokens: this.position.tokens, perSecond: now };
    return now;
  }

  /** Seconds to the end, at the speed so far. */
  #remaining(progress: number, seconds: number): number | undefined {
    const { maxMinutes } = this.#parts.settings.limit;
    if (maxMinutes !== undefined) return Math.max(0, maxMinutes * 60 - seconds);
    return progress > 0 ? (seconds * (1 - progress)) / progress : undefined;
  }

  /**
   * Every `validateEvery` updates where that is set; else after each epoch of a run limited by epochs, and at each
   * tenth of a run limited by steps or time.
   */
  #validationDue(epochEnded: boolean, progress: number): boolean {
    const { validateEvery, limit } = this.#parts.settings;
    if (validateEvery > 0) return this.position.step % validateEvery === 0;
    if (limit.epochs !== undefined) return epochEnded;
    const tenths = Math.floor(progress * 10);
    if (tenths <= this.position.tenths) return false;
    const tooSlow = this.#validationSeconds > VALIDATION_SHARE * this.position.elapsedSeconds;
    if (limit.maxMinutes !== undefined && tooSlow) return false;
    this.position.tenths = tenths;
    return true;
  }

  async #validate(elapsed: () => number): Promise<void> {
    const { model, validation, settings, metrics, emit, saveBest } = this.#parts;
    const { position } = this;
    const cap = settings.limit.epochs === undefined ? VALIDATION_TOKENS : Infinity;
    const before = elapsed();
    const { nats, count } = await sumLoss(model, validation, cap);
    this.#validationSeconds += elapsed() - before;
    const loss = nats / count;
    const best = position.bestLoss === undefined || loss < position.bestLoss;
    if (best) position.bestLoss = loss;
    position.validationsSinceBest = best ? 0 : position.validationsSinceBest + 1;
    this.#schedule.validated(best);
    position.plateauFactor = this.#schedule.plateauFactor;
    position.lastValidation = position.step;
    if (best) await saveBest(loss);
    const seconds = elapsed();
    // The epoch that was just worked on: at its end the position already stands at the next.
    const epoch = position.index === 0 ? position.epoch : position.epoch + 1;
    metrics.add({
      step: position.step,
      epoch,
      valid_loss: loss,
      valid_perplexity: Math.exp(loss),
      best,
      seconds,
    });
    emit({
      type: "validation",
      step: position.step,
      epoch,
      loss,
      perplexity: Math.exp(loss),
      best,
      bestLoss: position.bestLoss!,
      elapsedSeconds: seconds,
    });
  }

  async #checkpoint(seconds: number): Promise<void> {
    this.position.elapsedSeconds = seconds;
    this.#parts.metrics.flush();
    await this.#parts.saveCheckpoint(this.position);
    this.#checkpointAt = seconds + this.#parts.checkpointSeconds;
    this.#parts.emit({ type: "checkpoint", step: this.position.step });
  }

  #takeSnapshot(): void {
    const live = [...runTensors({ ...this.#parts, state: this.state })].map((t) => t.data);
    if (this.#snapshot) live.forEach((data, i) => this.#snapshot!.tensors[i]!.set(data));
    const tensors = this.#snapshot?.tensors ?? (live.map((data) => data.slice()) as Float32Array[]);
    this.#snapshot = { position: { ...this.position }, tensors };
  }

  #rollBack(loss: number): void {
    const { model, optimizer, metrics, emit } = this.#parts;
    const failed = this.position;
    const { position, tensors } = this.#snapshot!;
    let i = 0;
    for (const { data } of runTensors({ model, optimizer, state: this.state })) data.set(tensors[i++]!);
    model.weightsChanged();
    optimizer.updates = position.updates;
    const rollbacks = failed.rollbacks + 1;
    const learningRateFactor = failed.learningRateFactor * ROLLBACK_FACTOR;
    this.position = {
      ...position,
      elapsedSeconds: failed.elapsedSeconds,
      rollbacks,
      learningRateFactor,
      goodSteps: 0,
    };
    this.#schedule.plateauFactor = position.plateauFactor;
    metrics.cutAfter(position.step);
    metrics.add({
      step: position.step,
      rolled_back_from: failed.step,
      learning_rate_factor: learningRateFactor,
    });
    const told = Number.isFinite(loss) ? loss : NaN;
    emit({ type: "rolled-back", step: failed.step, toStep: position.step, loss: told, learningRateFactor });
    if (rollbacks > MAX_ROLLBACKS) {
      const { lr, clip } = this.#parts.settings;
      const kept = position.bestLoss === undefined ? "" : " (the best weights so far are kept)";
      throw new UserError(
        `Training diverged ${rollbacks} times though the learning rate was cut to ${learningRateFactor * lr}; begin anew with --overwrite and a smaller --lr, or ${clip === 0 ? "with --clip 1" : "a smaller --clip"}${kept}.`,
      );
    }
  }
}

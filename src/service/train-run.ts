/** A training run in memory: from the text to a model that the worker holds, with its files whenever they are saved. */
import { LoadedModel } from "../apps/loaded-model.js";
import type { Floats } from "../engine/engine.js";
import { UserError } from "../errors.js";
import { decodeSafetensors, encodeWithChecksum, type NamedTensor } from "../format/safetensors.js";
import { checkTrainable } from "../model/config.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { EncodedText } from "../text/windows/encode.js";
import { encodeToMemory } from "../text/windows/encode.js";
import { parseTokenizer } from "../text/tokenizers/parse-tokenizer.js";
import { splitText } from "../text/corpus/split.js";
import { textChunks } from "../text/corpus/text-chunks.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../text/tokenizers/train-tokenizer.js";
import {
  checkpointContent,
  checkpointHeader,
  parseCheckpoint,
  type RunPosition,
  runTextKey,
  type StoredCheckpoint,
} from "../train/checkpoint.js";
import { type Evaluation, evaluateBatches } from "../train/evaluate.js";
import type { DoneEvent } from "../train/events.js";
import { checkMemory } from "../train/memory-check.js";
import { estimateMemory } from "../train/memory-estimate.js";
import type { TrainOptions } from "../train/options.js";
import { endIfStopped, makeRunParts, preparedEvent } from "../train/run-parts.js";
import { checkSameTokenizer, linesOfRun, resumeTrainer } from "../train/resume.js";
import type { TrainSettings } from "../train/run-settings.js";
import { checkOptions } from "../train/check-options.js";
import { checkSameModel, resumeSettings } from "../train/resume-settings.js";
import { chooseModel, chooseSettings, fitSettings, withCounts } from "../train/settings.js";
import { countTokens } from "../train/token-counts.js";
import { Trainer } from "../train/trainer.js";
import { MEASURED_LINES, MEASURING_STEPS, measuringBatches } from "../train/windows.js";
import { FILE_NAMES } from "../format/model-files.js";
import { MemoryMetrics } from "./memory-metrics.js";
import { type ModelHost } from "./model-host.js";
import { parseFiles } from "../apps/parse-files.js";
import type { BrowserTrainEvent, BrowserTrainOptions } from "./protocol.js";
import type { ModelFiles } from "../format/model-files.js";

const CHECKPOINT_SECONDS = 15;
/** Bytes that WebAssembly reaches. */
const MOST_MEMORY = 2 ** 32;

/** What a run works with once its text is encoded. */
interface Prepared {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly optimizer: Optimizer;
  readonly trainer: Trainer;
  readonly valid: EncodedText;
}

/** The checkpoint among a model's files, if there is one. @throws UserError where it is damaged */
export function checkpointOf(files: ModelFiles): StoredCheckpoint | undefined {
  const { checkpoint } = FILE_NAMES;
  const bytes = files[checkpoint];
  return bytes && parseCheckpoint(decodeSafetensors(bytes, checkpoint), checkpoint);
}

/** Ends a measurement that nobody waits for any more. */
class Stopped extends Error {}

export class TrainRun {
  readonly #host: ModelHost;
  readonly #id: number;
  readonly #options: TrainOptions & { readonly text: string };
  readonly #checkpoint: StoredCheckpoint | undefined;
  readonly #saved: ModelFiles | undefined;
  readonly #emit: (event: BrowserTrainEvent) => void;
  readonly #metrics = new MemoryMetrics();
  #interrupt = new AbortController();
  #stopped = false;
  #paused: { readonly promise: Promise<void>; readonly end: () => void } | undefined;
  /** The file as it was saved last. */
  #savedCheckpoint: Uint8Array | undefined;
  #best: { readonly weights: Floats[]; readonly loss: number | undefined } | undefined;

  /** @throws UserError for options that make no sense, or files that no run can go on from */
  constructor(
    host: ModelHost,
    id: number,
    { resume, ...options }: BrowserTrainOptions,
    emit: (event: BrowserTrainEvent) => void,
  ) {
    checkOptions(options, { resumed: resume !== undefined, place: "browser" });
    if (options.text === "") throw new UserError("The text is empty; there is nothing to train on.");
    this.#host = host;
    this.#id = id;
    this.#options = options;
    this.#emit = emit;
    this.#saved = resume;
    if (!resume) return;
    this.#checkpoint = checkpointOf(resume);
    if (!this.#checkpoint) {
      throw new UserError(
        "This model came without its checkpoint, so its training cannot go on; train a new one.",
      );
    }
    this.#savedCheckpoint = resume[FILE_NAMES.checkpoint];
  }

  /** Ends the run after the step it is in; it can go on from what is saved then. */
  stop(): void {
    this.#stopped = true;
    this.#interrupt.abort();
    this.pause(false);
  }

  pause(paused: boolean): void {
    if (!paused) {
      this.#paused?.end();
      this.#paused = undefined;
    } else if (!this.#paused && !this.#stopped) {
      let end = (): void => {};
      const promise = new Promise<void>((resolve) => (end = resolve));
      this.#paused = { promise, end };
      this.#interrupt.abort();
    }
  }

  /** Trains to the end. @throws UserError for everything a person can mend */
  async run(): Promise<void> {
    const prepared = await this.#prepare();
    const { trainer, model, tokenizer, valid } = prepared;
    let reason: DoneEvent["reason"] = trainer.position.finished ? "finished" : "stopped";
    if (!trainer.position.finished) {
      for (;;) {
        await this.#paused?.promise;
        if (!this.#stopped) this.#interrupt = new AbortController();
        reason = await trainer.run();
        if (reason !== "stopped" || this.#stopped) break;
      }
    }
    let measured: Evaluation | undefined;
    if (reason !== "stopped") {
      this.#putBest(model);
      const streams = valid.offsets ? MEASURED_LINES : 1;
      const batches = measuringBatches(valid, streams, MEASURING_STEPS, "held-out");
      const total = batches.targetsPerEpoch;
      const told = (done: number): void => {
        if (this.#stopped) throw new Stopped();
        this.#emit({ type: "reading", what: "measuring on the held-out text", done, total });
      };
      try {
        measured = await evaluateBatches(model, batches, valid.stats.extent, tokenizer.unknownId, told);
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        reason = "stopped";
      }
    }
    const { step, elapsedSeconds, bestLoss } = trainer.position;
    this.#emit({
      type: "done",
      reason,
      out: "",
      step,
      elapsedSeconds,
      bestLoss,
      valid: measured,
      test: undefined,
    });
  }

  async #prepare(): Promise<Prepared> {
    const options = this.#options;
    const lines = linesOfRun(options, this.#checkpoint);
    const tell = (what: string, done: number, total: number): void => {
      endIfStopped(this.#stopped);
      this.#emit({ type: "reading", what, done, total });
    };
    let what = "reading the text";
    const reading = () => textChunks(options.text, (done, total) => tell(what, done, total));
    const split = await splitText(reading, lines);
    const key = runTextKey(lines, split.key);
    if (this.#checkpoint && this.#checkpoint.header.textKey !== key) {
      throw new UserError(
        "The text is not the one that this run was begun on; give the same text, or train a new model.",
      );
    }
    what = "learning the vocabulary";
    const stored = this.#saved && parseFiles(this.#saved);
    if (stored) checkTrainable(stored.config);
    const tokenizer = stored
      ? parseTokenizer(stored.tokenizerJson, FILE_NAMES.tokenizer)
      : await this.#newTokenizer(split.train(), lines, tell);
    checkSameTokenizer(tokenizer.kind, options);
    const size = {
      kind: tokenizer.kind,
      lines,
      characters: split.trainCharacters,
      vocabulary: tokenizer.size,
    };
    const chosenSettings = this.#checkpoint
      ? resumeSettings(this.#checkpoint.header.settings, options)
      : chooseSettings(options, size);
    if (chosenSettings.precision !== "f32") {
      throw new UserError(
        "WebAssembly has no bf16 products; leave out precision, or train with recurra on Node.",
      );
    }
    const chosen = stored?.config ?? chooseModel(options, size);
    checkSameModel(chosen, chosenSettings, options);
    const memoryBytes = estimateMemory(chosen, chosenSettings);
    checkMemory(memoryBytes, chosen, MOST_MEMORY);
    what = "encoding the text";
    const encoded = {
      train: await encodeToMemory(split.train(), tokenizer, lines),
      valid: await encodeToMemory(split.valid(), tokenizer, lines),
    };
    const counts = () => countTokens(encoded.train.tokens, tokenizer.size);
    const config = stored ? chosen : withCounts(chosen, options, counts);
    const { stats, offsets } = encoded.train;
    const counted = { tokens: encoded.train.tokens.length, lines: offsets && stats.lines };
    const settings = stored ? chosenSettings : fitSettings(chosenSettings, options, counted);
    const parts = makeRunParts(this.#host.engine, encoded, config, settings);
    const { model, optimizer } = parts;
    const interrupt = () => this.#interrupt.signal;
    const trainer: Trainer = new Trainer({
      ...parts,
      settings,
      metrics: this.#metrics,
      emit: this.#emit,
      get signal() {
        return interrupt();
      },
      saveBest: async (loss) => {
        this.#best = { weights: model.parameters.map(({ value }) => value.data.slice()), loss };
      },
      saveCheckpoint: async (position) => this.#save({ ...prepared, settings, position, key, lines }),
      checkpointSeconds: options.checkpointSeconds ?? CHECKPOINT_SECONDS,
    });
    const prepared = { model, tokenizer, optimizer, trainer, valid: encoded.valid };
    if (this.#checkpoint && stored) {
      resumeTrainer(this.#checkpoint, trainer, parts, settings, this.#emit);
      const weights = model.parameters.map((p) => stored.weights.get(p.name)!.data.slice() as Floats);
      this.#best = { weights, loss: trainer.position.bestLoss };
      this.#metrics.begin(this.#saved![FILE_NAMES.metrics], trainer.position.step);
    }
    this.#host.add(this.#id, {
      model: new LoadedModel(model, tokenizer),
      files: () => ({
        ...this.#files(prepared),
        ...(this.#savedCheckpoint && { [FILE_NAMES.checkpoint]: this.#savedCheckpoint.slice() }),
      }),
    });
    const startStep = trainer.position.step;
    this.#emit(preparedEvent(parts, encoded, { out: "", settings, memoryBytes, startStep }));
    return prepared;
  }

  #newTokenizer(
    text: AsyncIterable<string>,
    lines: boolean,
    tell: (what: string, done: number, total: number) => void,
  ): Promise<Tokenizer> {
    const { tokenizer = "char", vocabSize, minCount, wordMode } = this.#options;
    return trainTokenizer(tokenizer, text, {
      ...(vocabSize !== undefined && { vocabSize }),
      ...(minCount !== undefined && { minCount }),
      ...(wordMode !== undefined && { wordMode }),
      lines,
      onNotice: (message) => this.#emit({ type: "notice", message }),
      onProgress: ({ stage, done, total }) => {
        if (stage === "merging") tell("merging pairs", done, total ?? done);
      },
    });
  }

  /** The best weights so far into the model. */
  #putBest(model: LanguageModel): void {
    for (const [i, { value }] of model.parameters.entries()) value.data.set(this.#best!.weights[i]!);
    model.weightsChanged();
  }

  /** The files of a model with its best weights so far. */
  #files({ model, tokenizer }: Pick<Prepared, "model" | "tokenizer">): ModelFiles {
    const best = this.#best;
    const tensors = model.parameters.map(({ name, shape, value }, i): NamedTensor => {
      const data = (best?.weights[i] ?? value.data) as Float32Array<ArrayBuffer>;
      return { name, shape, dtype: "F32", data };
    });
    const metadata = {
      format: "pt",
      ...(best?.loss !== undefined && { validation_loss: String(best.loss) }),
    };
    const text = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
    return {
      [FILE_NAMES.config]: text(model.config),
      [FILE_NAMES.tokenizer]: text(tokenizer.toJSON()),
      [FILE_NAMES.weights]: encodeWithChecksum(tensors, metadata),
      [FILE_NAMES.metrics]: this.#metrics.bytes(),
    };
  }

  #save({
    model,
    tokenizer,
    optimizer,
    trainer,
    settings,
    position,
    key,
    lines,
  }: Prepared & {
    readonly settings: TrainSettings;
    readonly position: RunPosition;
    readonly key: string;
    readonly lines: boolean;
  }): void {
    const header = checkpointHeader(settings, position, key, lines);
    const { tensors, metadata } = checkpointContent(header, { model, optimizer, state: trainer.state });
    this.#savedCheckpoint = encodeWithChecksum(tensors, metadata);
    // Events give their files away.
    const files = {
      ...this.#files({ model, tokenizer }),
      [FILE_NAMES.checkpoint]: this.#savedCheckpoint.slice(),
    };
    this.#emit({ type: "saved", step: position.step, files });
  }
}

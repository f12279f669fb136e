/** A whole training run: text to tokenizer to ids to model to weights, and the measure of what came out. */
import { createEngine } from "../engine/create.js";
import { option, sentence, UserError } from "../errors.js";
import {
  beginModelFolder,
  inspectModelFolder,
  modelPaths,
  readModelFolder,
  writeModelWeights,
} from "../format/model-folder.js";
import { lockFolder } from "../format/folder-lock.js";
import { makeFolder } from "../format/make-folder.js";
import { readJsonFile, writeJsonFile } from "../format/json-file.js";
import type { Engine, Floats } from "../engine/engine.js";
import { type ModelConfig, checkTrainable, parseModelConfig } from "../model/config.js";
import type { LanguageModel } from "../model/language-model.js";
import type { EncodedText } from "../text/windows/encode.js";
import { parseTokenizer } from "../text/tokenizers/parse-tokenizer.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../text/tokenizers/train-tokenizer.js";
import { type StoredCheckpoint, checkpointHeader } from "./checkpoint.js";
import { readCheckpoint, writeCheckpoint } from "./checkpoint-file.js";
import { type Evaluation, evaluateBatches } from "./evaluate.js";
import type { DoneEvent, TrainEvent } from "./events.js";
import { checkMemory } from "./memory-check.js";
import { estimateMemory } from "./memory-estimate.js";
import { Metrics } from "./metrics.js";
import type { TrainOptions } from "./options.js";
import { endIfStopped, makeRunParts, preparedEvent } from "./run-parts.js";
import { checkSameTokenizer, linesOfRun, resumeTrainer } from "./resume.js";
import type { TrainSettings } from "./run-settings.js";
import { checkOptions } from "./check-options.js";
import { checkSameModel, resumeSettings } from "./resume-settings.js";
import { chooseModel, chooseSettings, fitSettings, withCounts } from "./settings.js";
import { type Texts, encodeTexts, openTexts } from "./texts.js";
import { countTokens } from "./token-counts.js";
import { Trainer } from "./trainer.js";
import { usableMemory } from "./usable-memory.js";
import { MEASURED_LINES, MEASURING_STEPS, measuringBatches } from "./windows.js";

/** What a training run leaves. */
export interface TrainResult {
  /** With the best weights; after a stopped run, with the last. */
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly reason: DoneEvent["reason"];
  readonly step: number;
  /** Nats a token on the held-out text, of the best validation. */
  readonly bestLoss: number | undefined;
  /** Of the best weights on all of the held-out text; undefined when the run was stopped. */
  readonly valid: Evaluation | undefined;
  readonly test: Evaluation | undefined;
}

/**
 * Trains a language model.
 * @throws UserError for everything a person can mend, before anything is written where that can be told beforehand
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkOptions(options);
  const emit = options.onEvent ?? (() => {});
  const checkpoint = await lookAtFolder(options, emit);
  const texts = await openTexts(options, linesOfRun(options, checkpoint), emit);
  try {
    return await trainOn(texts, options, checkpoint, emit);
  } finally {
    texts.dispose();
  }
}

/** What --out holds: a checkpoint to go on from, or nothing. @throws UserError where it holds something else */
async function lookAtFolder(
  { out, resume, overwrite }: TrainOptions,
  emit: (event: TrainEvent) => void,
): Promise<StoredCheckpoint | undefined> {
  if (out === undefined) return undefined;
  const found = await inspectModelFolder(out);
  const { config } = modelPaths(out);
  if (resume && found.model) checkTrainable(parseModelConfig(await readJsonFile(config), config), out);
  if (resume && found.checkpoint) return readCheckpoint(modelPaths(out).checkpoint);
  if (resume && found.model) {
    throw new UserError({
      option: "resume",
      problem: `${out} holds a model but no checkpoint to go on from`,
      advice: sentence`train into another folder, or replace it with ${option("overwrite")}`,
    });
  }
  if (resume)
    emit({ type: "notice", message: `There is nothing to resume in ${out} yet: beginning from the start.` });
  if (!overwrite && (found.model || found.checkpoint)) {
    throw new UserError({
      option: "out",
      problem: `${out} already holds a model`,
      advice: sentence`go on with it with ${option("resume")}, replace it with ${option("overwrite")}, or name another folder with ${option("out")}`,
    });
  }
  return undefined;
}

async function trainOn(
  texts: Texts,
  options: TrainOptions,
  checkpoint: StoredCheckpoint | undefined,
  emit: (event: TrainEvent) => void,
): Promise<TrainResult> {
  const { out } = options;
  const lines = linesOfRun(options, checkpoint);
  if (checkpoint && checkpoint.header.textKey !== texts.key) {
    throw new UserError({
      option: "resume",
      problem: `The text is not the one that the run in ${out} was begun on`,
      advice: sentence`give the same files, or begin anew with ${option("overwrite")}`,
    });
  }
  const begun = checkpoint && resumeSettings(checkpoint.header.settings, options);
  const engine = await createEngine({
    precision: (begun ?? options).precision ?? "f32",
    ...(options.engine && { engine: options.engine }),
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const tokenizer = checkpoint
    ? await savedTokenizer(out!, options)
    : await newTokenizer(texts, options, lines, emit);
  const size = { kind: tokenizer.kind, lines, characters: texts.trainCharacters, vocabulary: tokenizer.size };
  const config = checkpoint ? await savedConfig(out!, checkpoint, options) : chooseModel(options, size);
  const settings = begun ?? chooseSettings(options, size);
  const memoryBytes = estimateMemory(config, settings);
  checkMemory(memoryBytes, config, usableMemory());

  const place = { texts, options, checkpoint, emit, engine, tokenizer, config, settings, lines, memoryBytes };
  if (out === undefined) return runTraining(place);
  makeFolder(out);
  const unlock = lockFolder(modelPaths(out).lock, out);
  try {
    if (!checkpoint) await beginModelFolder(out, config, tokenizer.toJSON());
    return await runTraining(place);
  } finally {
    unlock();
  }
}

/** Everything chosen, before the first id. */
interface Prepared {
  readonly texts: Texts;
  readonly options: TrainOptions;
  readonly checkpoint: StoredCheckpoint | undefined;
  readonly emit: (event: TrainEvent) => void;
  readonly engine: Engine;
  readonly tokenizer: Tokenizer;
  readonly config: ModelConfig;
  readonly settings: TrainSettings;
  readonly lines: boolean;
  readonly memoryBytes: number;
}

async function runTraining(prepared: Prepared): Promise<TrainResult> {
  const { texts, options, checkpoint, emit, engine, tokenizer, lines, memoryBytes } = prepared;
  const { out } = options;
  const paths = out === undefined ? undefined : modelPaths(out);
  if (paths) makeFolder(paths.ids);
  const encoded = await encodeTexts(texts, tokenizer, lines, paths?.ids);
  const counts = () => countTokens(encoded.train.tokens, tokenizer.size);
  const config = checkpoint ? prepared.config : withCounts(prepared.config, options, counts);
  if (paths && config !== prepared.config) await writeJsonFile(paths.config, config);
  const { stats, offsets } = encoded.train;
  const counted = { tokens: encoded.train.tokens.length, lines: offsets && stats.lines };
  const settings = checkpoint ? prepared.settings : fitSettings(prepared.settings, options, counted);
  const parts = makeRunParts(engine, encoded, config, settings);
  const { model, optimizer } = parts;
  const metrics = new Metrics(paths?.metrics);
  const best = new BestWeights(model, out);
  const trainer: Trainer = new Trainer({
    ...parts,
    settings,
    metrics,
    emit,
    signal: options.signal,
    saveBest: (loss) => best.save(loss),
    saveCheckpoint: async (position) => {
      if (!paths) return;
      const header = checkpointHeader(settings, position, texts.key, lines);
      await writeCheckpoint(paths.checkpoint, header, { model, optimizer, state: trainer.state });
    },
    checkpointSeconds: options.checkpointSeconds ?? 30,
  });
  if (checkpoint) {
    resumeTrainer(checkpoint, trainer, parts, settings, emit);
    metrics.cutAfter(trainer.position.step);
  }
  const startStep = trainer.position.step;
  emit(preparedEvent(parts, encoded, { out: out ?? "", settings, memoryBytes, startStep }));
  const reason = trainer.position.finished ? "finished" : await trainer.run();
  const { step, bestLoss } = trainer.position;
  let valid: Evaluation | undefined;
  let test: Evaluation | undefined;
  if (reason !== "stopped") {
    await best.restore();
    const measure = (text: EncodedText, what: string) => {
      const streams = text.offsets ? MEASURED_LINES : 1;
      const measured = measuringBatches(text, streams, MEASURING_STEPS, what);
      const total = measured.targetsPerEpoch;
      return evaluateBatches(model, measured, text.stats.extent, tokenizer.unknownId, (done) =>
        emit({ type: "reading", what: `measuring on the ${what} text`, done, total }),
      );
    };
    valid = await measure(encoded.valid, "held-out");
    test = encoded.test && (await measure(encoded.test, "test"));
  }
  for (const text of Object.values(encoded)) (text as EncodedText | undefined)?.tokens.close();
  const { elapsedSeconds } = trainer.position;
  emit({ type: "done", reason, out: out ?? "", step, elapsedSeconds, bestLoss, valid, test });
  return { model, tokenizer, reason, step, bestLoss, valid, test };
}

async function savedTokenizer(out: string, options: TrainOptions): Promise<Tokenizer> {
  const path = modelPaths(out).tokenizer;
  const tokenizer = parseTokenizer(await readJsonFile(path), path);
  checkSameTokenizer(tokenizer.kind, options);
  return tokenizer;
}

async function newTokenizer(
  texts: Texts,
  options: TrainOptions,
  lines: boolean,
  emit: (event: TrainEvent) => void,
): Promise<Tokenizer> {
  const kind = options.tokenizer ?? "char";
  return trainTokenizer(kind, texts.train("learning the vocabulary"), {
    ...(options.vocabSize !== undefined && { vocabSize: options.vocabSize }),
    ...(options.minCount !== undefined && { minCount: options.minCount }),
    ...(options.wordMode !== undefined && { wordMode: options.wordMode }),
    lines,
    onNotice: (message) => emit({ type: "notice", message }),
    onProgress: ({ stage, done, total }) => {
      if (stage !== "merging") return;
      endIfStopped(options.signal?.aborted);
      emit({ type: "reading", what: "merging pairs", done, total: total ?? done });
    },
  });
}

async function savedConfig(
  out: string,
  { header }: StoredCheckpoint,
  options: TrainOptions,
): Promise<ModelConfig> {
  const path = modelPaths(out).config;
  const config = parseModelConfig(await readJsonFile(path), path);
  checkSameModel(config, header.settings, options);
  return config;
}

/** The weights with the lowest validation loss: in model.safetensors, or in memory where nothing is written. */
class BestWeights {
  readonly #model: LanguageModel;
  readonly #out: string | undefined;
  #copy: Floats[] | undefined;

  constructor(model: LanguageModel, out: string | undefined) {
    this.#model = model;
    this.#out = out;
  }

  async save(loss: number | undefined): Promise<void> {
    if (this.#out === undefined) {
      this.#copy = this.#model.parameters.map((p) => p.value.data.slice());
      return;
    }
    const dtype = this.#model.engine.precision === "f64" ? "F64" : "F32";
    const tensors = this.#model.parameters.map(({ name, shape, value }) => {
      return { name, shape, dtype, data: value.data as Float32Array<ArrayBuffer> } as const;
    });
    const metadata = { format: "pt", ...(loss !== undefined && { validation_loss: String(loss) }) };
    await writeModelWeights(this.#out, tensors, metadata);
  }

  /** Puts them into the model. */
  async restore(): Promise<void> {
    const stored = this.#out === undefined ? undefined : (await readModelFolder(this.#out)).weights;
    for (const [i, { name, value }] of this.#model.parameters.entries()) {
      value.data.set(stored ? (stored.get(name)!.data as Floats) : this.#copy![i]!);
    }
    this.#model.weightsChanged();
  }
}

/**
 * A whole training run: text to tokenizer to ids to model to weights, and the measure of what came out. The same on Node
 * and in a page: where it keeps things is a RunStore, what it computes with an engine that is handed in, and whoever
 * follows it hears events. Touches no files itself.
 */
import type { Engine } from "../engine/engine.js";
import { option, sentence, UserError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { checkpointContent } from "./checkpoint.js";
import { checkpointHeader } from "./checkpoint-header.js";
import { EventTeller } from "./event-teller.js";
import { type Evaluation, evaluateText } from "./evaluate.js";
import type { DoneEvent, TrainEvent } from "./events.js";
import { checkMemory } from "./memory-check.js";
import { estimateMemory } from "./memory-estimate.js";
import type { TrainOptions } from "./options.js";
import { prepareText, type PreparedText, type UnencodedText } from "./prepare.js";
import { checkSameTokenizer, linesOfRun, resumeTrainer, vocabularyOptions } from "./resume.js";
import type { RunControl } from "./run-control.js";
import { makeRunParts, preparedEvent } from "./run-parts.js";
import type { TrainPrecision, TrainSettings } from "./run-settings.js";
import type { RunStore, StoredRun } from "./run-store.js";
import { checkBelonging } from "../options/check.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { checkSameModel, resumeSettings } from "./resume-settings.js";
import { chooseModel, chooseSettings, fitSettings, withCounts } from "./settings.js";
import type { OnReading, TextSources } from "./text-sources.js";
import { Trainer } from "./trainer.js";
import { putWeights, weightsOf } from "./weights.js";
import { measuringBatches } from "./windows.js";

/** Where and how a run takes place; what it is to do is said by its options. */
export interface RunContext {
  readonly store: RunStore;
  readonly control: RunControl;
  /** @param lines each is a sequence of its own */
  readonly openSources: (lines: boolean, onReading: OnReading) => Promise<TextSources>;
  /** Makes or hands over the engine. @throws UserError where it cannot compute in this precision */
  readonly engine: (precision: TrainPrecision | undefined) => Promise<Engine>;
  /** Bytes of memory there are. */
  readonly memory: number;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Hears of the model before its first step. It changes with every step. */
  readonly onModel?: (model: LanguageModel, tokenizer: Tokenizer) => void;
  /** Seconds between checkpoints where the options do not say. */
  readonly checkpointSeconds: number;
}

/** What a run leaves, besides what is in its store. */
export interface RunResult extends Pick<DoneEvent, "reason" | "step" | "bestLoss" | "valid" | "test"> {
  /** With the best weights; after a stopped run, with the last. */
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
}

/** What is known before the text is read. */
interface Beginning {
  readonly engine: Engine;
  readonly stored: StoredRun | undefined;
  /** Those of a resumed run. */
  readonly settings: TrainSettings | undefined;
}

/** What is chosen once the vocabulary is known. */
interface Choice {
  /** Cut-offs of an adaptive softmax are open until the tokens are counted. */
  readonly config: ModelConfig;
  readonly settings: TrainSettings;
  readonly memoryBytes: number;
}

/**
 * Trains a language model.
 * @param options checked by `checkOptions`
 * @throws UserError for everything a person can mend, before anything is written where that can be told beforehand;
 *   what `onEvent` throws, which ends the run
 */
export async function runTraining(options: TrainOptions, place: RunContext): Promise<RunResult> {
  const teller = new EventTeller(place.onEvent);
  const { store } = place;
  let text: PreparedText | undefined;
  try {
    const beginning = await begin(options, place);
    let choice: Choice | undefined;
    text = await readText(options, place, beginning, teller, async (unencoded) => {
      choice = choose(options, place, beginning, unencoded);
      await store.claim();
    });
    return await trainOn(text, options, place, beginning, choice!, teller);
  } catch (error) {
    throw teller.failure(error);
  } finally {
    text?.close();
    store.close();
  }
}

/** @throws UserError where a resumed run is asked for something else than it was begun with */
async function begin(options: TrainOptions, { store, engine }: RunContext): Promise<Beginning> {
  const stored = await store.find();
  if (!stored) {
    // Also where there was nothing to go on with.
    checkBelonging(options, TRAIN_OPTIONS);
    return { stored, settings: undefined, engine: await engine(options.precision) };
  }
  const { config, tokenizer, checkpoint } = stored;
  const settings = resumeSettings(checkpoint.header.settings, options);
  checkSameTokenizer(tokenizer, checkpoint.header, options);
  checkSameModel(config, settings, options);
  if (config.adaptive && settings.samples !== undefined) {
    throw new UserError(
      `${checkpoint.path} is damaged: its settings.samples does not go with the adaptive softmax of its model; restore the file from a copy, or begin a new run.`,
    );
  }
  return { stored, settings, engine: await engine(settings.precision) };
}

async function readText(
  options: TrainOptions,
  { store, control, openSources }: RunContext,
  { stored }: Beginning,
  { tell }: EventTeller,
  onVocabulary: (text: UnencodedText) => Promise<void>,
): Promise<PreparedText> {
  const { tokenizer: kind = TRAIN_OPTIONS.tokenizer.default, vocabSize, minCount, wordMode } = options;
  const onReading: OnReading = (what, done, total) => {
    control.endIfStopped();
    tell({ type: "reading", what, done, total });
  };
  const lines = linesOfRun(options, stored?.checkpoint);
  const sources = await openSources(lines, onReading);
  try {
    for (const message of sources.notices) tell({ type: "notice", message });
    return await prepareText(sources, {
      lines,
      tokenizer: stored?.tokenizer ?? { kind, vocabSize, minCount, wordMode },
      ids: store,
      onReading,
      onNotice: (message) => tell({ type: "notice", message }),
      onKey: (key) => {
        if (stored && stored.checkpoint.header.textKey !== key) throw otherText(store.name);
      },
      onVocabulary,
    });
  } finally {
    sources.close();
  }
}

function otherText(folder: string): UserError {
  return new UserError(
    folder === ""
      ? "The text is not the one that this run was begun on; give the same text, or train a new model."
      : {
          option: "resume",
          problem: `The text is not the one that the run in ${folder} was begun on`,
          advice: sentence`give the same files, or begin anew with ${option("overwrite")}`,
        },
  );
}

function choose(
  options: TrainOptions,
  { memory }: RunContext,
  { engine, stored, settings: saved }: Beginning,
  { size }: UnencodedText,
): Choice {
  const precision = engine.trainingOperands === "bf16" ? "bf16" : "f32";
  const settings = saved ?? { ...chooseSettings(options, size), precision };
  const config = stored?.config ?? chooseModel(options, size);
  const memoryBytes = estimateMemory(config, settings);
  checkMemory(memoryBytes, config, memory);
  return { config, settings, memoryBytes };
}

async function trainOn(
  text: PreparedText,
  options: TrainOptions,
  place: RunContext,
  { engine, stored }: Beginning,
  { memoryBytes, ...choice }: Choice,
  { tell }: EventTeller,
): Promise<RunResult> {
  const { store, control } = place;
  const { tokenizer, lines, key } = text;
  const config = stored ? choice.config : withCounts(choice.config, options, text.counts);
  const { stats, offsets, tokens } = text.train;
  const counted = { tokens: tokens.length, lines: offsets && stats.lines };
  const settings = stored ? choice.settings : fitSettings(choice.settings, options, counted);
  const parts = makeRunParts(engine, text, config, settings);
  const { model, optimizer } = parts;
  // What is too short to be measured is said before the training, and before anything is replaced.
  for (const [measured, name] of [[text.valid, "held-out"] as const, [text.test, "test"] as const])
    if (measured) measuringBatches(measured, 1, name);
  const vocabulary = stored ? stored.checkpoint.header.vocabulary : vocabularyOptions(options);
  const trainer: Trainer = new Trainer({
    ...parts,
    settings,
    metrics: store.metrics,
    emit: tell,
    interrupted: () => control.interrupted,
    saveBest: (loss) => store.saveBest(weightsOf(model), loss),
    saveCheckpoint: (position) => {
      const header = checkpointHeader({ settings, position, textKey: key, lines, vocabulary });
      const run = { model, optimizer, state: trainer.state };
      return store.saveCheckpoint(checkpointContent(header, run), position.step);
    },
    checkpointSeconds: options.checkpointSeconds ?? place.checkpointSeconds,
  });
  if (stored) {
    resumeTrainer(stored.checkpoint, trainer, parts, settings, tell);
    store.metrics.cutAfter(trainer.position.step);
  } else {
    await store.begin(config, tokenizer);
  }
  place.onModel?.(model, tokenizer);
  const startStep = trainer.position.step;
  tell(preparedEvent(parts, text, { out: store.name, settings, memoryBytes, startStep }));

  let reason = await trainUntil(trainer, control);
  const { step, bestLoss, elapsedSeconds } = trainer.position;
  let measures: Measures = { valid: undefined, test: undefined };
  if (reason !== "stopped") {
    putWeights(model, await store.best(), store.name === "" ? "the best weights" : store.name);
    measures = await measure(model, text, control, tell);
    if (control.stopped) reason = "stopped";
    else await keepMeasure(store, step, measures.valid!);
  }
  tell({ type: "done", reason, out: store.name, step, elapsedSeconds, bestLoss, ...measures });
  return { model, tokenizer, reason, step, bestLoss, ...measures };
}

/** Trains to the end, through all pauses. */
async function trainUntil(trainer: Trainer, control: RunControl): Promise<DoneEvent["reason"]> {
  if (trainer.position.finished) return "finished";
  for (;;) {
    await control.untilResumed();
    const end = await trainer.run();
    if (end !== "interrupted") return end;
    if (control.stopped) return "stopped";
  }
}

type Measures = Pick<DoneEvent, "valid" | "test">;

/** The finished model on the held-out text, and on the test text; what a stop leaves out is undefined. */
async function measure(
  model: LanguageModel,
  { valid, test, tokenizer }: PreparedText,
  { signal }: RunControl,
  tell: (event: TrainEvent) => void,
): Promise<Measures> {
  const measures: { valid: Evaluation | undefined; test: Evaluation | undefined } = {
    valid: undefined,
    test: undefined,
  };
  const texts = [
    ["valid", valid, "held-out"],
    ["test", test, "test"],
  ] as const;
  try {
    for (const [field, text, name] of texts) {
      if (!text) continue;
      signal.throwIfAborted();
      measures[field] = await evaluateText(model, text, {
        unknownId: tokenizer.unknownId,
        name,
        signal,
        onProgress: (done, total) =>
          tell({ type: "reading", what: `measuring on the ${name} text`, done, total }),
      });
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const message =
      "Stopped while the finished model was measured: it is trained and saved, and its measure is left out.";
    tell({ type: "notice", message });
  }
  return measures;
}

/** Notes what the finished model is like on all of the held-out text, beside the validations on a part of it. */
async function keepMeasure(
  store: RunStore,
  step: number,
  { natsPerToken, perplexity, bitsPerChar }: Evaluation,
): Promise<void> {
  store.metrics.add({
    step,
    heldOutLoss: natsPerToken,
    heldOutPerplexity: perplexity,
    heldOutBitsPerChar: bitsPerChar,
  });
  await store.finish(step);
}

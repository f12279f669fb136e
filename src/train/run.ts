/**
 * A whole training run: text to tokenizer to ids to model to weights, and the measures of the trained model. The same
 * on Node and in a page: a RunStore keeps its data, the engine is passed in, and a listener gets its events. Touches no
 * files itself.
 */
import { loadPart } from "../load-part.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { beginRun, chooseRun } from "./begin-run.js";
import type { Beginning, Choice } from "./beginning.js";
import { RunEvents } from "./run-events.js";
import { prepareText, type PreparedText, type UnencodedText } from "./prepare.js";
import type { GivenOptions } from "./recipe.js";
import type { RunContext } from "./run-context.js";
import type { OnReading, TextSources } from "./text-sources.js";
import { type RunResult, trainOn } from "./train-on.js";

export type { RunContext, RunResult };

/** A run that reads its text itself. */
export interface ReadingContext extends RunContext {
  /** @param lines each is a sequence of its own */
  readonly openSources: (lines: boolean, onReading: OnReading) => Promise<TextSources>;
}

/**
 * Reads a text and trains a language model on it.
 * @param options checked by `checkedOptions`
 * @throws UserError for every mistake that a person can correct, before anything is written wherever possible;
 *   an error that `onEvent` throws, which ends the run
 */
export async function runTraining(options: GivenOptions, context: ReadingContext): Promise<RunResult> {
  const { store } = context;
  let text: PreparedText | undefined;
  try {
    return await listened(context, async (events) => {
      const beginning = await beginRun(options, context);
      let choice: Choice | undefined;
      text = await readText(context, beginning, events, async (unencoded) => {
        choice = await chooseRun(context, beginning, unencoded);
        await store.claim();
      });
      return trainOn(text, context, beginning, choice!, events);
    });
  } finally {
    text?.close();
    store.close();
  }
}

/**
 * Trains on a prepared text: the options of the text and its vocabulary are ignored. The text stays open for the next
 * run.
 * @throws as `runTraining`
 */
export async function trainPrepared(
  text: PreparedText,
  options: GivenOptions,
  context: RunContext,
): Promise<RunResult> {
  const { store } = context;
  try {
    return await listened(context, async (events) => {
      const beginning = await beginRun(options, context);
      beginning.checkText?.(text.key);
      if (beginning.stored) {
        const { checkStoredTokenizer } = await loadPart(import("./resume.js"));
        checkStoredTokenizer(text.tokenizer, beginning.stored);
      }
      const choice = await chooseRun(context, beginning, text);
      await store.claim();
      return trainOn(text, context, beginning, choice, events);
    });
  } finally {
    store.close();
  }
}

/** Does the work with a listener; where the listener throws, the work fails with that error. */
async function listened<Result>(
  { onEvent }: RunContext,
  work: (events: RunEvents) => Promise<Result>,
): Promise<Result> {
  const events = new RunEvents(onEvent);
  try {
    return await work(events);
  } catch (error) {
    throw events.failure(error);
  }
}

async function readText(
  { store, control, openSources }: ReadingContext,
  beginning: Beginning,
  { emit }: RunEvents,
  onVocabulary: (text: UnencodedText) => Promise<void>,
): Promise<PreparedText> {
  const { stored, options, origin } = beginning;
  const { tokenizer: kind = TRAIN_OPTIONS.tokenizer.default, vocabSize, minCount, wordMode } = options;
  const onReading: OnReading = (work, done, total) => {
    control.endIfStopped();
    emit({ type: "reading", what: work, done, total });
  };
  const lines = stored?.checkpoint.header.lines ?? options.lines ?? false;
  const sources = await openSources(lines, onReading);
  try {
    for (const message of sources.notices) emit({ type: "notice", message });
    return await prepareText(sources, {
      lines,
      tokenizer:
        stored?.tokenizer ??
        (origin
          ? { extended: origin.tokenizer, vocabSize, minCount }
          : { kind, vocabSize, minCount, wordMode }),
      ids: store,
      onReading,
      onNotice: (message) => emit({ type: "notice", message }),
      onKey: beginning.checkText,
      onVocabulary,
    });
  } finally {
    sources.close();
  }
}

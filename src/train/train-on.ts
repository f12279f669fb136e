/** The run itself: from a prepared text to trained weights and their measures. */
import { loadPart } from "../load-part.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { Beginning, Choice } from "./beginning.js";
import { checkpointContent, checkpointHeader } from "./checkpoint.js";
import type { RunEvents } from "./run-events.js";
import type { DoneEvent } from "./events.js";
import type { RunMeasures } from "./measure-run.js";
import type { SettledRun } from "./new-run.js";
import type { PreparedText } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import type { RunControl } from "./run-control.js";
import { makeRunParts, preparedEvent } from "./run-parts.js";
import { trainingSeconds } from "./run-plan.js";
import { Trainer } from "./trainer.js";
import { putWeights, weightsOf } from "./weights.js";

/** The result of a run, besides the content of its store. */
export interface RunResult extends Pick<
  DoneEvent,
  "reason" | "step" | "bestLoss" | "valid" | "test" | "fineTuned"
> {
  /** With the best weights; after a stopped run, with the last. */
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
}

/** Trains on a prepared text, with a store that is claimed, and measures the result. */
export async function trainOn(
  text: PreparedText,
  context: RunContext,
  beginning: Beginning,
  choice: Choice,
  { emit }: RunEvents,
): Promise<RunResult> {
  const { store, control } = context;
  const { checkMeasurable, measureRun, noteMeasure } = await loadPart(import("./measure-run.js"));
  const { engine, stored, resumed, options, recipe } = beginning;
  const { tokenizer, lines, key } = text;
  const fresh = stored ? undefined : await loadPart(import("./new-run.js"));
  const made: SettledRun = fresh ? await fresh.settle(text, context, beginning, choice, emit) : choice;
  const { config, settings, memoryBytes, planned } = made;
  const parts = await makeRunParts(engine, text, config, settings);
  const { model, pastDecode, optimizer, average } = parts;
  // Before the training, and before anything is replaced.
  checkMeasurable(text);
  fresh?.checkCourse(beginning, settings, parts.batches);
  const resuming = resumed && (await loadPart(import("./resume.js")));
  const changes = [...(stored?.checkpoint.header.changes ?? []), ...(resumed?.changes ?? [])];
  const vocabulary = stored ? stored.checkpoint.header.vocabulary : fresh?.vocabularyOptions(options);
  const begunWith = stored ? stored.checkpoint.header.origin : beginning.origin;
  const tuning = begunWith && (await loadPart(import("./fine-tuning.js")));
  const origin = stored
    ? stored.checkpoint.header.origin
    : beginning.origin &&
      (await tuning?.beginFrom(beginning.origin, model, text, settings.seed, control, emit));
  const plan = stored ? stored.checkpoint.header.plan : planned?.plan();
  const trainer: Trainer = new Trainer({
    ...parts,
    settings,
    trainingSeconds: trainingSeconds(settings.limit, plan),
    validationTokens: settings.limit.maxMinutes === undefined ? undefined : plan?.validationTokens,
    otherWindows: resuming?.changesWindows(changes) ?? false,
    beginsTrained: origin !== undefined,
    metrics: store.metrics,
    emit,
    interrupted: () => control.interrupted,
    saveBest: (loss) => store.saveBest(weightsOf(model), loss),
    saveCheckpoint: (position) => {
      const kept = {
        textKey: key,
        lines,
        vocabulary,
        recipe,
        plan,
        origin,
        ...(changes.length > 0 && { changes }),
      };
      const header = checkpointHeader({ settings, position, ...kept });
      const run = { model, pastDecode, optimizer, average, state: trainer.state };
      return store.saveCheckpoint(checkpointContent(header, run), position.step);
    },
    writeSample: (seed) => context.writeSample(model, tokenizer, seed),
    onGivingUp: () => store.abandon(),
    checkpointSeconds: options.checkpointSeconds ?? context.checkpointSeconds,
  });
  if (resumed && resuming) {
    resuming.resumeTrainer(resumed, trainer, parts, text.train, emit);
    store.metrics.cutAfter(trainer.position.step);
  } else {
    await store.begin(config, tokenizer);
    if (origin) noteMeasure(store, 0, origin.before);
    if (planned && plan) fresh?.tellPlan(planned.event(plan), store.metrics, emit);
  }
  context.onModel?.(model, tokenizer);
  const startStep = trainer.position.step;
  const rest = { out: store.name, settings, recipe: recipe?.name, memoryBytes, startStep, origin };
  emit(preparedEvent(parts, text, rest));
  if (!trainer.position.finished) resuming?.tellChanges(resumed!.changes, startStep, store.metrics, emit);

  let reason = await trainUntil(trainer, control);
  const { step, bestLoss, elapsedSeconds } = trainer.position;
  let measures: RunMeasures = { valid: undefined, test: undefined };
  if (reason !== "stopped") {
    putWeights(model, await store.best(), store.name === "" ? "the best weights" : store.name);
    const measured = await measureRun(model, text, control, emit);
    measures = measured.measures;
    if (!measured.whole) reason = "stopped";
    if (measures.valid) noteMeasure(store, step, measures.valid);
    await store.finish(step);
  }
  const { behindEarlier } = store;
  if (reason === "stopped" && behindEarlier) emit({ type: "notice", message: behindEarlier });
  const run = { config, settings, steps: step };
  const fineTuned =
    origin &&
    (await tuning?.fineTuned(origin, measures.valid, text, context, beginning, run, emit, (...how) =>
      trainOn(text, ...how),
    ));
  const result = { reason, step, bestLoss, ...measures, ...(fineTuned && { fineTuned }) };
  emit({ type: "done", ...result, out: store.name, elapsedSeconds });
  return { model, tokenizer, ...result };
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

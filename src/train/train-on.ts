/** The run itself: from a prepared text to trained weights and their measures. */
import { loadPart } from "../load-part.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { Beginning, Choice } from "./beginning.js";
import { checkpointContent, checkpointHeader, vocabularyOptions } from "./checkpoint.js";
import type { RunEvents } from "./run-events.js";
import type { DoneEvent, TrainEvent } from "./events.js";
import type { MetricsSink } from "./metric-line.js";
import { checkMeasurable, measureRun, noteMeasure, type RunMeasures } from "./measure-run.js";
import type { SettledRun } from "./new-run.js";
import type { PreparedText } from "./prepare.js";
import { changesWindows, type RunChange } from "./run-changes.js";
import type { RunContext } from "./run-context.js";
import type { RunControl } from "./run-control.js";
import { makeRunParts, preparedEvent } from "./run-parts.js";
import { trainingSeconds } from "./run-plan.js";
import { Trainer } from "./trainer.js";
import { putWeights, weightsOf } from "./weights.js";

/** The result of a run, besides the content of its store. */
export interface RunResult extends Pick<DoneEvent, "reason" | "step" | "bestLoss" | "valid" | "test"> {
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
  const changes = [...(stored?.checkpoint.header.changes ?? []), ...(resumed?.changes ?? [])];
  const vocabulary = stored ? stored.checkpoint.header.vocabulary : vocabularyOptions(options);
  const plan = stored ? stored.checkpoint.header.plan : planned?.plan();
  const trainer: Trainer = new Trainer({
    ...parts,
    settings,
    trainingSeconds: trainingSeconds(settings.limit, plan),
    validationTokens: settings.limit.maxMinutes === undefined ? undefined : plan?.validationTokens,
    otherWindows: changesWindows(changes),
    metrics: store.metrics,
    emit,
    interrupted: () => control.interrupted,
    saveBest: (loss) => store.saveBest(weightsOf(model), loss),
    saveCheckpoint: (position) => {
      const kept = { textKey: key, lines, vocabulary, recipe, plan, ...(changes.length > 0 && { changes }) };
      const header = checkpointHeader({ settings, position, ...kept });
      const run = { model, pastDecode, optimizer, average, state: trainer.state };
      return store.saveCheckpoint(checkpointContent(header, run), position.step);
    },
    writeSample: (seed) => context.writeSample(model, tokenizer, seed),
    onGivingUp: () => store.abandon(),
    checkpointSeconds: options.checkpointSeconds ?? context.checkpointSeconds,
  });
  if (resumed) {
    const { resumeTrainer } = await loadPart(import("./resume.js"));
    resumeTrainer(resumed, trainer, parts, text.train, emit);
    store.metrics.cutAfter(trainer.position.step);
  } else {
    await store.begin(config, tokenizer);
    if (planned && plan) fresh?.tellPlan(planned.event(plan), store.metrics, emit);
  }
  context.onModel?.(model, tokenizer);
  const startStep = trainer.position.step;
  const rest = { out: store.name, settings, recipe: recipe?.name, memoryBytes, startStep };
  emit(preparedEvent(parts, text, rest));
  if (resumed && !trainer.position.finished) tellChanges(resumed.changes, startStep, store.metrics, emit);

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
  if (reason === "stopped" && store.behindEarlier) {
    emit({
      type: "notice",
      message: `The earlier model keeps its place in ${store.name} until the new one predicts the held-out text better than knowing nothing would, or its run ends; the new run waits beside it to be gone on with.`,
    });
  }
  emit({ type: "done", reason, out: store.name, step, elapsedSeconds, bestLoss, ...measures });
  return { model, tokenizer, reason, step, bestLoss, ...measures };
}

/** What was changed from this step on. */
function tellChanges(
  changes: readonly RunChange[],
  step: number,
  metrics: MetricsSink,
  emit: (event: TrainEvent) => void,
): void {
  if (changes.length === 0) return;
  for (const { setting, from, to } of changes) metrics.add({ step, changed: setting, from, to });
  emit({ type: "changed", step, changes });
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

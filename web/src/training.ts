/** The training run of the page: starts, pauses, stops and stores it, and holds what is shown of it. */
import { batch, signal as state } from "@preact/signals";
import {
  type BrowserModel,
  type BrowserTrainEvent,
  type BrowserTrainOptions,
  type ModelFiles,
  type StepEvent,
  type Training,
  UserError,
} from "recurra/browser";
import { addLoss, addValidation, clearCurves, drawCurves } from "./curves.js";
import { excerptOf } from "./excerpt.js";
import { samples, takeSample } from "./samples.js";
import {
  aboutModel,
  keep,
  model,
  opened,
  problem,
  recurra,
  replaceModel,
  announce,
  sentence,
} from "./session.js";
import { chosenMinutes, chosenOptions, chosenText, lines } from "./setup.js";
import { readFiles, readText, type StoredModel } from "./store.js";
import { aloneAmongTabs } from "./tabs.js";

export type Phase = "none" | "preparing" | "running" | "paused" | "measuring";

export const phase = state<Phase>("none");
/** What is done before the first step, or after the last. */
export const doing = state("");
/** The name of the model that is being prepared. */
export const preparing = state("");
export const last = state<StepEvent | undefined>(undefined);

/** The page is updated this often, in milliseconds. */
const SHOW = 200;
const SAMPLE_EVERY = 4000;
const CHECKPOINT_SECONDS = 10;

let run: Training | undefined;
let paused = false;
/** Stop was pressed, and the step that the run is in is not over yet. */
export const stopping = state(false);
/** The run has a model. */
let begun = false;

/** Trains a new model on the text that is chosen. */
export async function train(): Promise<void> {
  await alone(async () => {
    const { name, text } = await chosenText();
    const fresh: StoredModel = {
      id: crypto.randomUUID(),
      name,
      about: "",
      step: 0,
      perplexity: undefined,
      finished: false,
      hasText: true,
      resumable: true,
      excerpt: excerptOf(text, lines.value),
      lines: lines.value,
      changed: Date.now(),
    };
    await follow(fresh, { ...chosenOptions(), text }, text);
  });
}

/**
 * Goes on with a run from its last checkpoint: to its end, or, where it has reached that, for so many minutes more as the
 * form says. A model that came without its text takes the one that is chosen in the form.
 */
export async function goOn(stored: StoredModel): Promise<void> {
  await alone(async () => {
    preparing.value = stored.name;
    // Where storage is blocked or full, the run in the page goes on.
    const nothing = () => undefined;
    const [found, kept] = await Promise.all([
      readFiles(stored.id).catch(nothing),
      readText(stored.id).catch(nothing),
    ]);
    const files = found ?? (await model.value?.files());
    if (!files) throw new UserError(`${stored.name} is no longer in the browser's storage.`);
    const text = kept ?? (await chosenText()).text;
    const before = stored.finished ? await model.value?.run() : undefined;
    // The minutes of a run are those of the whole, reading and measuring included: so many more are for training.
    const had = before && (before.settings.limit.maxMinutes ?? before.elapsedSeconds / 60);
    const limit = before?.finished && { maxMinutes: had! + chosenMinutes() };
    await follow(
      { ...stored, finished: false, hasText: true, excerpt: stored.excerpt || excerptOf(text, stored.lines) },
      { text, resume: files, ...limit },
      kept === undefined ? text : undefined,
    );
  });
}

/** One run at a time: a request during a run is ignored. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (phase.value !== "none") return;
  batch(() => {
    phase.value = "preparing";
    doing.value = "reading the text";
    preparing.value = "";
    last.value = undefined;
    problem.value = "";
  });
  try {
    await work();
  } catch (error) {
    // No message for a run stopped before its first step: there is no result yet.
    if (!stopping.value || begun) problem.value = sentence(error);
  } finally {
    run = undefined;
    paused = false;
    stopping.value = false;
    begun = false;
    phase.value = "none";
  }
}

/** @param textToKeep undefined where it is kept already */
async function follow(
  stored: StoredModel,
  options: BrowserTrainOptions,
  textToKeep: string | undefined,
): Promise<void> {
  preparing.value = stored.name;
  const release = await aloneAmongTabs(stored);
  let current = stored;
  let unkept = textToKeep;
  const save = async (files: ModelFiles): Promise<void> => {
    const text = unkept;
    unkept = undefined;
    if (!(await keep(current, files, text))) unkept = text;
  };
  const show = new Throttle(SHOW, () => drawCurves());
  let newest: StepEvent | undefined;
  const onEvent = (event: BrowserTrainEvent): void => {
    switch (event.type) {
      case "reading":
        doing.value = `${event.what}, ${Math.floor((event.done / event.total) * 100)} %`;
        if (event.what.startsWith("measuring") && phase.value !== "measuring") {
          phase.value = "measuring";
          announce("Measuring on the held-out text.");
        }
        break;
      case "prepared":
        if (!options.resume) clearCurves();
        samples.value = [];
        phase.value = paused ? "paused" : "running";
        announce("Training.");
        break;
      case "step":
        newest = event;
        addLoss(event.step, event.smoothedLoss);
        show.call(() => (last.value = newest));
        break;
      case "validation":
        addValidation(event.step, event.loss);
        show.call();
        break;
      case "saved":
        current = { ...current, step: event.step, changed: Date.now() };
        opened.value = current;
        void save(event.files);
        break;
      case "rolled-back":
        problem.value =
          "The loss jumped up; the run went back a few steps and goes on with a smaller learning rate.";
        break;
      case "done":
        current = { ...current, finished: event.reason !== "stopped", perplexity: event.valid?.perplexity };
        break;
    }
  };
  try {
    const worker = await recurra();
    if (stopping.value) return;
    run = worker.train({ checkpointSeconds: CHECKPOINT_SECONDS, ...options }, { onEvent });
    const learning = await run.model;
    begun = true;
    current = { ...current, about: aboutModel(learning.info) };
    batch(() => {
      replaceModel(learning);
      opened.value = current;
    });
    const sampling = new AbortController();
    void keepSampling(learning, sampling.signal);
    await run.done.finally(() => sampling.abort());
    opened.value = current;
    // The last checkpoint came before the measurement: its entry gets the result.
    const files = await readFiles(current.id).catch(() => undefined);
    if (files) await keep(current, files);
    await takeSample(learning, place);
    announce(
      current.perplexity === undefined
        ? `Stopped after ${current.step} steps.`
        : `Done: held-out perplexity ${current.perplexity.toFixed(2)}.`,
    );
  } finally {
    release();
    show.end();
    drawCurves();
  }
}

/** Where the run stands, for its samples. */
const place = () => last.value && { step: last.value.step, loss: last.value.smoothedLoss };

async function keepSampling(learning: BrowserModel, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, samples.value.length === 0 ? 1000 : SAMPLE_EVERY));
    if (signal.aborted || phase.value !== "running") continue;
    await takeSample(learning, place, signal).catch(() => {});
  }
}

export async function pause(): Promise<void> {
  paused = true;
  phase.value = "paused";
  announce("Paused.");
  await run?.pause();
}

export async function resume(): Promise<void> {
  paused = false;
  phase.value = "running";
  announce("Training goes on.");
  await run?.resume();
}

export function stop(): void {
  stopping.value = true;
  doing.value = "stopping";
  run?.stop();
}

/** Calls no more often than every so many milliseconds, and once more at the end. */
class Throttle {
  readonly #milliseconds: number;
  readonly #always: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #also: (() => void) | undefined;

  constructor(milliseconds: number, always: () => void) {
    this.#milliseconds = milliseconds;
    this.#always = always;
  }

  call(also?: () => void): void {
    this.#also = also ?? this.#also;
    this.#timer ??= setTimeout(() => this.#run(), this.#milliseconds);
  }

  end(): void {
    if (this.#timer !== undefined) this.#run();
  }

  #run(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    batch(() => {
      this.#also?.();
      this.#always();
    });
  }
}

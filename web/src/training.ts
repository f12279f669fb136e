/** The training run of the page: begun, paused, stopped, kept, and what is shown of it. */
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
import { aboutModel, keep, opened, problem, recurra, replaceModel, sentence } from "./session.js";
import { readFiles, readText, type StoredModel } from "./store.js";

/** What a run writes as it learns. */
export interface Sample {
  readonly step: number;
  readonly loss: number;
  readonly text: string;
}

export type Phase = "none" | "preparing" | "running" | "paused" | "measuring";

export const phase = state<Phase>("none");
/** What is done before the first step, or after the last. */
export const doing = state("");
export const last = state<StepEvent | undefined>(undefined);
export const samples = state<readonly Sample[]>([]);

/** The page shows what is new this often, in milliseconds. */
const SHOW = 200;
const SAMPLE_EVERY = 4000;
const SAMPLE_CHARACTERS = 160;
const MOST_SAMPLES = 6;
const CHECKPOINT_SECONDS = 10;

let run: Training | undefined;
let paused = 0;

/** Trains a new model on a text. */
export async function train(
  name: string,
  text: string,
  options: Omit<BrowserTrainOptions, "text">,
): Promise<void> {
  const fresh: StoredModel = {
    id: crypto.randomUUID(),
    name,
    about: "",
    step: 0,
    perplexity: undefined,
    finished: false,
    hasText: true,
    changed: Date.now(),
  };
  clearCurves();
  samples.value = [];
  await follow(fresh, text, { ...options, text });
}

/** Goes on with a run from its last checkpoint. */
export async function goOn(stored: StoredModel): Promise<void> {
  const [files, text] = await Promise.all([readFiles(stored.id), readText(stored.id)]);
  if (!files || text === undefined)
    throw new UserError("The text of this run is no longer kept; train a new model.");
  await follow(stored, text, { text, resume: files });
}

async function follow(stored: StoredModel, text: string, options: BrowserTrainOptions): Promise<void> {
  batch(() => {
    phase.value = "preparing";
    doing.value = "starting the worker";
    last.value = undefined;
  });
  let current = stored;
  let writeText: string | undefined = options.resume ? undefined : text;
  const save = async (files: ModelFiles): Promise<void> => {
    const withText = writeText;
    writeText = undefined;
    await keep(current, files, withText);
  };
  const show = new Throttle(SHOW, () => drawCurves());
  let newest: StepEvent | undefined;
  const hear = (event: BrowserTrainEvent): void => {
    switch (event.type) {
      case "reading":
        doing.value = event.what.startsWith("measuring")
          ? `measuring on the held-out text, ${Math.floor((event.done / event.total) * 100)} %`
          : event.what;
        if (event.what.startsWith("measuring")) phase.value = "measuring";
        break;
      case "prepared":
        phase.value = paused ? "paused" : "running";
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
    run = (await recurra()).train({ checkpointSeconds: CHECKPOINT_SECONDS, ...options }, { onEvent: hear });
    const learning = await run.model;
    current = { ...current, about: aboutModel(learning.info) };
    batch(() => {
      replaceModel(learning);
      opened.value = current;
    });
    const sampling = new AbortController();
    void keepSampling(learning, sampling.signal);
    await run.done.finally(() => sampling.abort());
    opened.value = current;
    // The last checkpoint came before the measure: what is known now belongs to it.
    const files = await readFiles(current.id).catch(() => undefined);
    if (files) await keep(current, files);
    await takeSample(learning);
  } catch (error) {
    problem.value = sentence(error);
  } finally {
    run = undefined;
    paused = 0;
    phase.value = "none";
    show.end();
    drawCurves();
  }
}

async function keepSampling(learning: BrowserModel, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, samples.value.length === 0 ? 1000 : SAMPLE_EVERY));
    if (signal.aborted || phase.value !== "running") continue;
    await takeSample(learning, signal).catch(() => {});
  }
}

async function takeSample(learning: BrowserModel, signal?: AbortSignal): Promise<void> {
  const { kind } = learning.info.tokenizer;
  const length = kind === "char" ? SAMPLE_CHARACTERS : Math.ceil(SAMPLE_CHARACTERS / 4);
  let text = "";
  for await (const piece of learning.generate({ length, temperature: 0.7, seed: 1, signal }))
    text += piece.text;
  if (text.trim() === "" || signal?.aborted) return;
  const sample = { step: last.value?.step ?? 0, loss: last.value?.smoothedLoss ?? NaN, text: text.trim() };
  samples.value = [sample, ...samples.value].slice(0, MOST_SAMPLES);
}

export async function pause(): Promise<void> {
  paused = 1;
  phase.value = "paused";
  await run?.pause();
}

export async function resume(): Promise<void> {
  paused = 0;
  phase.value = "running";
  await run?.resume();
}

export function stop(): void {
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

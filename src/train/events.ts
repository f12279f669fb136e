/** The events of a training run. The command line prints them; a library user may listen too. */
import type { ModelConfig } from "../model/config.js";
import type { Evaluation } from "./evaluate.js";
import type { Measures, RunOrigin } from "./origin.js";
import type { RunChange } from "./run-changes.js";
import type { RunPlan } from "./run-plan.js";
import type { TrainSettings } from "./run-settings.js";

/** Text is being read: counted, tokenized, encoded; or, at the end, measured on. */
export interface ReadingEvent {
  readonly type: "reading";
  /** For example "learning the vocabulary", "encoding the training text" or "planning". */
  readonly what: string;
  /** Bytes (or, when measured on, tokens) done, of `total`. */
  readonly done: number;
  readonly total: number;
}

/** What a run limited by time is to be; it comes before `prepared`, and not for a resumed run, which keeps its plan. */
export interface PlanEvent extends RunPlan {
  readonly type: "plan";
  /** Reading and measuring take so long that the run takes longer than it was given. */
  readonly late: boolean;
  /** By name, the options that were left open, with what was chosen. */
  readonly chosen: Readonly<Record<string, unknown>>;
}

/** Everything is laid out; the first step comes next. */
export interface PreparedEvent {
  readonly type: "prepared";
  readonly out: string;
  readonly engine: string;
  readonly isa: string;
  readonly threads: number;
  readonly config: ModelConfig;
  readonly settings: TrainSettings;
  /** The name of the recipe that the run was begun with. */
  readonly recipe: string | undefined;
  readonly parameterCount: number;
  readonly trainTokens: number;
  readonly validTokens: number;
  /** Updates in one epoch. */
  readonly stepsPerEpoch: number;
  /** Bytes that model, optimizer and workspace are expected to take. */
  readonly memoryBytes: number;
  /** The step that a resumed run goes on from; 0 for a new run. */
  readonly startStep: number;
  /** The model that the run began with; absent where its weights were drawn. */
  readonly origin?: RunOrigin | undefined;
}

/** Settings were changed where the run was gone on with; follows the event "prepared". */
export interface ChangedEvent {
  readonly type: "changed";
  /** Updates that were made before it. */
  readonly step: number;
  readonly changes: readonly RunChange[];
}

/** One update was made. */
export interface StepEvent {
  readonly type: "step";
  /** Updates made, this one included. */
  readonly step: number;
  /** Updates in all, where that is known (not under maxMinutes). */
  readonly steps: number | undefined;
  /** Epochs begun, from 1. */
  readonly epoch: number;
  readonly epochs: number | undefined;
  /** Part of the run that is done, 0 … 1. */
  readonly progress: number;
  /** Mean loss of this window, in nats a token, with dropout. */
  readonly loss: number;
  /** Loss smoothed over the last hundred or so windows. */
  readonly smoothedLoss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Tokens trained on so far. */
  readonly tokens: number;
  /** Over the last seconds. */
  readonly tokensPerSecond: number;
  readonly elapsedSeconds: number;
  readonly remainingSeconds: number | undefined;
}

/** The held-out text was measured, without dropout. */
export interface ValidationEvent {
  readonly type: "validation";
  readonly step: number;
  readonly epoch: number;
  /** Nats a token. */
  readonly loss: number;
  readonly perplexity: number;
  /** True where this is the lowest so far; its weights are kept. */
  readonly best: boolean;
  /** Where there is an average of the weights: whether the loss is that of the averaged ones, as it is lower; and both. */
  readonly averaged?: boolean;
  readonly trainedLoss?: number;
  readonly averagedLoss?: number;
  readonly bestLoss: number;
  readonly elapsedSeconds: number;
}

/** What the model writes by itself; see `sampleEvery`. */
export interface SampleEvent {
  readonly type: "sample";
  readonly step: number;
  /** Up to 100 characters, in which there may be line ends; of a model of lines, one line. */
  readonly text: string;
}

/** Everything needed to go on lies on the disk. */
export interface CheckpointEvent {
  readonly type: "checkpoint";
  readonly step: number;
}

/** The loss was not a number or exploded; the run went back and goes on more slowly. */
export interface RolledBackEvent {
  readonly type: "rolled-back";
  /** The step that failed, and the one that the run went back to. */
  readonly step: number;
  readonly toStep: number;
  readonly loss: number;
  /** The factor of the learning rate from now on. */
  readonly learningRateFactor: number;
}

/** Something a person should know. */
export interface NoticeEvent {
  readonly type: "notice";
  readonly message: string;
}

/** What a run gained over the model that it began with. */
export interface FineTuned {
  /** That model's folder; empty for one that is in none. */
  readonly from: string;
  /** Tokens that its vocabulary lacked, and that were added. */
  readonly added: number;
  /** As it was, with these tokens, on the whole held-out text; the event's `valid` is the same measure afterwards. */
  readonly before: Measures;
  /** What is less now; undefined where it was not measured. */
  readonly gain: Gain | undefined;
  /** Where `compareScratch` asked for it: a model that was trained from scratch, on the same text; and what is less beside it. */
  readonly scratch?: Measures | undefined;
  readonly gainOverScratch?: Gain | undefined;
}

/** How much lower one measure is than another: nats a token, and bits a character. */
export interface Gain {
  readonly natsPerToken: number;
  readonly bitsPerChar: number;
}

/** The end. */
export interface DoneEvent {
  readonly type: "done";
  /** finished: the limit was reached. stopped: by the signal. early: validation stopped improving. */
  readonly reason: "finished" | "stopped" | "early";
  readonly out: string;
  readonly step: number;
  readonly elapsedSeconds: number;
  readonly bestLoss: number | undefined;
  /** Of the best weights on the whole held-out text; undefined when the run was stopped. */
  readonly valid: Evaluation | undefined;
  /** Of the best weights on the test text, where one was given. */
  readonly test: Evaluation | undefined;
  /** Of a run that began with another model: what it gained. */
  readonly fineTuned?: FineTuned | undefined;
}

export type TrainEvent =
  | ReadingEvent
  | PlanEvent
  | PreparedEvent
  | ChangedEvent
  | StepEvent
  | ValidationEvent
  | SampleEvent
  | CheckpointEvent
  | RolledBackEvent
  | NoticeEvent
  | DoneEvent;

/**
 * Requests, their events and answers, whatever the transport. Client and service are of one version: they come from one
 * package.
 */
import type { ReplyError } from "./reply-error.js";
import type { Inspection } from "../apps/inspect-text.js";
import type { LearnOptions, LearnProgress } from "../apps/learn-profile.js";
import type { PointSummary } from "../apps/profile.js";
import type { NextToken } from "../apps/next-tokens.js";
import type { Classification, ClassifyOptions } from "../apps/classifier.js";
import type { PageAssets } from "../export/html-page.js";
import type { ModelFiles } from "../format/model-files.js";
import type { Suggestion } from "../generate/complete/completer.js";
import type { CompleteOptions } from "../generate/complete/options.js";
import type { GeneratedPiece } from "../generate/generate.js";
import type { GenerateOptions } from "../generate/options.js";
import type { LineScore } from "../apps/score.js";
import type { ModelConfig } from "../model/config.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import type { Evaluation } from "../train/evaluate.js";
import type { TrainEvent } from "../train/events.js";
import type { TrainOptions } from "../train/options.js";
import type { TrainSettings } from "../train/run-settings.js";
import type { EmbedOptions } from "../vectors/embed-options.js";

/** The engine that a service computes with. */
export interface EngineInfo {
  readonly name: string;
  readonly isa: string;
  readonly threads: number;
}

/** A model that a service holds. */
export interface ModelInfo {
  readonly config: ModelConfig;
  /** Number of weights; tied ones count once. */
  readonly parameterCount: number;
  readonly tokenizer: { readonly kind: TokenizerKind; readonly size: number; readonly lines: boolean };
}

/** A run that a model's files can go on with. */
export interface RunInfo {
  /** Updates made, and seconds spent on them. */
  readonly step: number;
  readonly elapsedSeconds: number;
  /** It has reached its limit, and goes on only when it is given more. */
  readonly finished: boolean;
  readonly settings: TrainSettings;
}

/** The options of training in a browser: as on Node, without paths of files. */
export type BrowserTrainOptions = Omit<
  TrainOptions,
  | "inputs"
  | "text"
  | "valid"
  | "test"
  | "out"
  | "resume"
  | "from"
  | "overwrite"
  | "engine"
  | "threads"
  | "encoding"
  | "field"
  | "onEvent"
  | "signal"
> & {
  readonly text: string;
  /** The files of a run to resume: those of its last "saved" event. */
  readonly resume?: ModelFiles | undefined;
  /** The files of a model to begin with: those of a "saved" event, of `model.files()`, or of a folder. */
  readonly from?: ModelFiles | undefined;
};

/** The whole folder of the model as it is now, checkpoint included, for the page to store. */
export interface SavedEvent {
  readonly type: "saved";
  readonly step: number;
  readonly files: ModelFiles;
}

/** The options of learning from a person's text in a browser. */
export type BrowserLearnOptions = Pick<LearnOptions, "rate" | "decay" | "segment" | "rank">;

/** What a model has learned from a person's text. */
export interface ProfileInfo {
  /** The oldest first; none where it has learned nothing. */
  readonly points: readonly PointSummary[];
}

/** The events of a run; see train/events.ts. */
export type BrowserTrainEvent = TrainEvent | SavedEvent;

/** The methods: parameters, events on the way, and the answer. */
export interface Methods {
  start: { params: EngineSource; event: never; result: EngineInfo };
  load: { params: { model: number; files: ModelFiles }; event: never; result: ModelInfo };
  info: { params: { model: number }; event: never; result: ModelInfo };
  unload: { params: { model: number }; event: never; result: void };
  generate: {
    params: { model: number; options: GenerateOptions };
    event: GeneratedPiece;
    result: void;
  };
  next: {
    params: { model: number; text: string; count: number; temperature: number };
    event: never;
    result: readonly NextToken[];
  };
  complete: {
    params: { model: number; text: string; options: CompleteOptions };
    event: never;
    result: readonly Suggestion[];
  };
  embed: {
    params: { model: number; texts: readonly string[]; options: EmbedOptions };
    event: never;
    result: readonly Float32Array[];
  };
  classify: {
    params: { model: number; texts: readonly string[]; options: ClassifyOptions };
    event: never;
    result: readonly Classification[];
  };
  score: { params: { model: number; line: string }; event: never; result: LineScore };
  evaluate: {
    params: { model: number; text: string };
    /** Tokens measured, of `total`. */
    event: { readonly tokens: number; readonly total: number };
    result: Evaluation;
  };
  inspect: { params: { model: number; text: string }; event: never; result: Inspection };
  unknowns: { params: { model: number; text: string }; event: never; result: readonly string[] };
  files: { params: { model: number }; event: never; result: ModelFiles };
  /** The model learns from a text, and is from then on the one that has learned. */
  learn: {
    params: { model: number; text: string; options: BrowserLearnOptions };
    event: LearnProgress;
    result: ProfileInfo;
  };
  /** What it has learned, as the bytes of a profile's file. */
  profile: { params: { model: number }; event: never; result: Uint8Array | undefined };
  /** It has learned that from now on; undefined: nothing. */
  useProfile: {
    params: { model: number; profile: Uint8Array | undefined };
    event: never;
    result: ProfileInfo;
  };
  zip: { params: { model: number; folder: string }; event: never; result: Uint8Array };
  page: {
    params: { model: number; title: string; assets: PageAssets };
    event: never;
    result: Uint8Array;
  };
  train: { params: { model: number; options: BrowserTrainOptions }; event: BrowserTrainEvent; result: void };
  run: { params: { model: number }; event: never; result: RunInfo | undefined };
  /** For the run of that model: to stop it for a while, and to go on. */
  pause: { params: { model: number; paused: boolean }; event: never; result: void };
}

export type MethodName = keyof Methods;

/** Where a page's worker gets its engine from. */
export interface EngineSource {
  /** The compiled modules by name (`recurra-simd128.wasm` …): where to fetch them, or their bytes. */
  readonly modules: Readonly<Record<string, string | Uint8Array>>;
  /** Undefined: one a core where memory may be shared, else one. */
  readonly threads: number | undefined;
  /** The small modules (`recurra-simd128-inference.wasm` …) that only read models, on one thread. */
  readonly inference?: boolean;
}

/** A message to the service. */
export type Request =
  | { readonly id: number; readonly method: MethodName; readonly params: unknown }
  | { readonly id: number; readonly cancel: true };

/** A message from the service. */
export type Reply =
  | { readonly id: number; readonly events: readonly unknown[] }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ReplyError };

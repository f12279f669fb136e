/**
 * Where a run keeps its data: the ids of its text, config and tokenizer, the best weights, the checkpoint, the metrics.
 * A folder and a memory are the two implementations; the run does not know which it has.
 */
import type { NamedTensor, StoredTensor } from "../format/safetensors.js";
import type { ModelConfig } from "../model/config.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { EncodedText } from "../text/windows/encode.js";
import { encodeToMemory } from "../text/windows/encode.js";
import type { StoredCheckpoint } from "./checkpoint.js";
import type { MetricsSink } from "./metric-line.js";

/** The parts of a run's text, by what they are for. */
export const TEXT_PARTS = ["training", "validation", "test"] as const;
export type TextPart = (typeof TEXT_PARTS)[number];

/** A part of a text, ready to be read. */
export interface PartText {
  readonly part: TextPart;
  /** May be read once for each call. */
  readonly chunks: () => AsyncIterable<string>;
  /** Identifies the whole text. */
  readonly key: string;
}

/** Keeps encoded texts. */
export interface IdStore {
  /** Encodes a text, or finds an earlier encoding. The caller closes its tokens. */
  encode(text: PartText, tokenizer: Tokenizer, lines: boolean): Promise<EncodedText>;
}

/** Encoded texts in memory, each made anew. */
export const MEMORY_IDS: IdStore = {
  encode: ({ chunks }, tokenizer, lines) => encodeToMemory(chunks(), tokenizer, lines),
};

/** A run that can be resumed. */
export interface StoredRun {
  readonly checkpoint: StoredCheckpoint;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** It is the run of a model that another was to replace, which had not begun to train. */
  readonly earlier?: boolean;
}

/** The content of a checkpoint's file. */
export interface CheckpointContent {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The run calls in this order: `find`; `claim`; `encode`, once a part; `begin` for a new run; then, as it goes,
 * `saveBest`, `saveCheckpoint` and `metrics`; `best`; `finish`; and in any case `close`. Tensors that are handed over
 * are the run's own and change with its next step: they are written or copied before the promise is fulfilled.
 */
export interface RunStore extends IdStore {
  /** As messages name it: the folder's path; empty for a memory. */
  readonly name: string;
  /**
   * The run to resume; undefined where a new one begins. Changes nothing.
   * @throws UserError where it cannot be resumed, or other files are in a new run's way
   */
  find(): Promise<StoredRun | undefined>;
  /** Locks the store for this run, until `close`. @throws UserError where another run has it */
  claim(): Promise<void>;
  /** A new run begins, after all checks: remains of an earlier one are removed. */
  begin(config: ModelConfig, tokenizer: Tokenizer): Promise<void>;
  /** @param loss on the held-out text; undefined where it was not measured */
  saveBest(weights: readonly NamedTensor[], loss: number | undefined): Promise<void>;
  /** The weights that were saved last, by name. */
  best(): Promise<ReadonlyMap<string, StoredTensor>>;
  saveCheckpoint(content: CheckpointContent, step: number): Promise<void>;
  readonly metrics: MetricsSink;
  /** Where an earlier model still has the place of this run's, which is not better than knowing nothing yet: says so. */
  readonly behindEarlier: string | undefined;
  /** The run cannot go on, also not when it is resumed: an earlier model that still has its place keeps it. */
  abandon(): void;
  /** Everything is trained and measured. */
  finish(step: number): Promise<void>;
  /** Unlocks the store. May be called at any time, and more than once. */
  close(): void;
}

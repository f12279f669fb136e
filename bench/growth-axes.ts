/** What grows, from where to where, and what is measured at each point. */
import type { TrainingWorkload } from "./workloads.js";

/** A character model of one layer; each axis changes one of its sizes. */
export const BASE: TrainingWorkload = {
  cell: "lstm",
  vocabulary: 96,
  embedding: 128,
  hidden: 256,
  layers: 1,
  batch: 32,
  steps: 64,
  optimizer: "adam",
};

/** The model trained on corpora of growing size. */
export const CORPUS_MODEL = { hidden: 64, embedding: 64, layers: 1, batchSize: 64, seqLen: 64 } as const;

interface AxisSpec {
  readonly values: readonly number[];
  /** Those of a quick run. */
  readonly quick: readonly number[];
}

export const AXES = {
  hidden: { values: [64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048], quick: [64, 256, 1024] },
  batch: { values: [1, 2, 4, 8, 16, 32, 64, 128, 256], quick: [1, 16, 256] },
  steps: { values: [16, 32, 64, 128, 256, 512, 1024], quick: [16, 128, 1024] },
  layers: { values: [1, 2, 3, 4, 6, 8], quick: [1, 2, 4] },
  /** Millions of bytes. */
  corpus: { values: [1, 2, 4, 8, 16], quick: [0.5, 1, 2] },
} as const satisfies Record<string, AxisSpec>;

export type AxisName = keyof typeof AXES;
export const AXIS_NAMES = Object.keys(AXES) as AxisName[];

/** The measurement that a child process makes. */
export type PointTask =
  | {
      readonly kind: "step";
      readonly workload: TrainingWorkload;
      readonly threads: number;
      readonly seconds: number;
    }
  | { readonly kind: "corpus"; readonly file: string; readonly out: string; readonly threads: number }
  /** Nothing: what a process takes before there is a model. */
  | { readonly kind: "empty"; readonly threads: number };

/** What it answers. */
export interface PointResult {
  /** The most memory that was resident, in 10⁶ bytes. */
  readonly peak_rss_mb: number;
  readonly tokens_per_s?: number;
  /** 10⁹ operations a second that products really made: see "executed" in docs/performance.md. */
  readonly executed_gflops?: number;
  /** Of reading, tokenizing and encoding the corpus. */
  readonly reading_seconds?: number;
  /** Of the epoch, with the validation at its end. */
  readonly training_seconds?: number;
}

/** The first line of a file of results. */
export interface GrowthHead {
  readonly about: Readonly<Record<string, string | number>>;
  readonly base: TrainingWorkload;
  readonly corpus_model: typeof CORPUS_MODEL;
  /** By threads, 10⁹ operations a second. */
  readonly peak_gflops: Readonly<Record<string, number>>;
  /** Memory of a process with an engine and no model. */
  readonly empty_rss_mb: number;
}

/** Every further line. */
export interface GrowthPoint extends PointResult {
  readonly axis: AxisName;
  readonly value: number;
  readonly threads: number;
  readonly executed_percent_of_peak?: number;
}

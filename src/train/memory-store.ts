/**
 * A run's store in memory: for a page, which stores the files and gives them back to resume, and for a run whose only
 * result is its model.
 */
import { UserError } from "../errors.js";
import { FILE_NAMES, type ModelFiles } from "../format/model-files.js";
import { parseFiles } from "../format/parse-files.js";
import {
  decodeSafetensors,
  encodeWithChecksum,
  type NamedTensor,
  type StoredTensor,
} from "../format/safetensors.js";
import { loadPart } from "../load-part.js";
import { checkTrainable, configJson, type ModelConfig } from "../model/config.js";
import { parseModelTokenizer } from "../text/tokenizers/model-tokenizer.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { StoredCheckpoint } from "./checkpoint.js";
import { MemoryMetrics } from "./memory-metrics.js";
import { type MetricsSink, NO_METRICS, parseMetrics } from "./metric-line.js";
import { type CheckpointContent, MEMORY_IDS, type RunStore, type StoredRun } from "./run-store.js";
import { copiedTensors, weightsMetadata } from "./weights.js";

/** The checkpoint among a model's files, if there is one. @throws UserError where it is damaged */
export async function checkpointOf(files: ModelFiles): Promise<StoredCheckpoint | undefined> {
  const { checkpoint } = FILE_NAMES;
  const bytes = files[checkpoint];
  if (!bytes) return undefined;
  const { parseCheckpoint } = await loadPart(import("./read-checkpoint.js"));
  return parseCheckpoint(decodeSafetensors(bytes, checkpoint), checkpoint);
}

/** Keeps the best weights only; such a run cannot be resumed. */
export class WeightsStore implements RunStore {
  readonly name = "";
  readonly encode = MEMORY_IDS.encode;
  metrics: MetricsSink = NO_METRICS;
  /** Copies. */
  protected weights: ReadonlyMap<string, StoredTensor> | undefined;
  protected metadata: Readonly<Record<string, string>> = {};

  async find(): Promise<StoredRun | undefined> {
    return undefined;
  }

  async claim(): Promise<void> {}
  async begin(_config: ModelConfig, _tokenizer: Tokenizer): Promise<void> {}

  async saveBest(weights: readonly NamedTensor[], loss: number | undefined): Promise<void> {
    this.weights = copiedTensors(weights);
    this.metadata = weightsMetadata(loss);
  }

  async best(): Promise<ReadonlyMap<string, StoredTensor>> {
    if (!this.weights) throw new Error("no weights were saved");
    return this.weights;
  }

  async saveCheckpoint(_content: CheckpointContent, _step: number): Promise<void> {}
  readonly behindEarlier = undefined;
  abandon(): void {}
  async finish(_step: number): Promise<void> {}
  close(): void {}
}

/** Keeps the files of a model's folder, by name. */
export class MemoryStore extends WeightsStore {
  override metrics = new MemoryMetrics();
  readonly #resume: ModelFiles | undefined;
  readonly #onSaved: (step: number) => void;
  #head: { readonly config: ModelConfig; readonly tokenizer: Tokenizer } | undefined;
  #checkpoint: Uint8Array | undefined;

  /**
   * @param resume files of a run to resume
   * @param onSaved called at every step whose files should be stored
   */
  constructor(resume: ModelFiles | undefined, onSaved: (step: number) => void) {
    super();
    this.#resume = resume;
    this.#onSaved = onSaved;
  }

  override async find(): Promise<StoredRun | undefined> {
    const files = this.#resume;
    if (!files) return undefined;
    const checkpoint = await checkpointOf(files);
    if (!checkpoint) {
      throw new UserError(
        "This model came without its checkpoint, so its training cannot go on; train a new one.",
      );
    }
    const { config, tokenizerJson, weights, metadata } = parseFiles(files);
    checkTrainable(config);
    const tokenizer = await parseModelTokenizer(tokenizerJson, config, FILE_NAMES);
    this.weights = weights;
    this.metadata = metadata;
    this.#head = { config, tokenizer };
    this.#checkpoint = files[FILE_NAMES.checkpoint];
    const metrics = files[FILE_NAMES.metrics];
    this.metrics = new MemoryMetrics(metrics && parseMetrics(metrics));
    return { checkpoint, config, tokenizer };
  }

  override async begin(config: ModelConfig, tokenizer: Tokenizer): Promise<void> {
    this.#head = { config, tokenizer };
  }

  override async saveCheckpoint({ tensors, metadata }: CheckpointContent, step: number): Promise<void> {
    this.#checkpoint = encodeWithChecksum(tensors, metadata);
    this.#onSaved(step);
  }

  override async finish(step: number): Promise<void> {
    this.#onSaved(step);
  }

  /**
   * The files of the model with the best weights so far. They are the caller's own.
   * @param now the present weights, for a run that has no best ones yet
   */
  files(now: () => readonly NamedTensor[]): ModelFiles {
    if (!this.#head) throw new Error("the run has not begun");
    const { config, tokenizer } = this.#head;
    const weights = this.weights ? [...this.weights].map(([name, tensor]) => ({ name, ...tensor })) : now();
    const metadata = this.weights ? this.metadata : weightsMetadata(undefined);
    return {
      [FILE_NAMES.config]: jsonFile(configJson(config)),
      [FILE_NAMES.tokenizer]: jsonFile(tokenizer.toJSON()),
      [FILE_NAMES.weights]: encodeWithChecksum(weights, metadata),
      [FILE_NAMES.metrics]: this.metrics.bytes(),
      ...(this.#checkpoint && { [FILE_NAMES.checkpoint]: this.#checkpoint.slice() }),
    };
  }
}

const jsonFile = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}
`);

/**
 * The checkpoint: all that a run needs to go on bit for bit, in one safetensors file, so that one rename replaces it
 * whole. Weights, the optimizer's moments and the recurrent state are tensors; the rest is JSON in the metadata.
 */
import { UserError } from "../errors.js";
import { parseJson } from "../format/json.js";
import type { NamedTensor, Safetensors, StoredTensor, TensorData } from "../format/safetensors.js";
import type { Floats } from "../engine/engine.js";
import type { LanguageModel } from "../model/language-model.js";
import type { RecurrentState } from "../model/state.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { RunPosition } from "./position.js";
import type { TrainSettings } from "./run-settings.js";
import { dtypeOf } from "./weights.js";

const VERSION = 2;

/** What a run's vocabulary was learned with, as far as it was said. */
export interface VocabularyOptions {
  readonly vocabSize?: number;
  readonly minCount?: number;
  readonly wordMode?: "whitespace" | "unicode";
}

/** What a checkpoint says of its run. */
export interface CheckpointHeader {
  readonly version: number;
  readonly settings: TrainSettings;
  readonly position: RunPosition;
  /** Of the text and how it is split; see prepareText. */
  readonly textKey: string;
  /** Every line is a sequence of its own. */
  readonly lines: boolean;
  /** Checkpoints did not always have it. */
  readonly vocabulary?: VocabularyOptions | undefined;
}

/** What the tensors of a checkpoint are read from and written into. */
export interface RunTensors {
  readonly model: LanguageModel;
  readonly optimizer: Optimizer;
  readonly state: RecurrentState;
}

/** Name, shape and live data of every tensor of a run. */
export function* runTensors({ model, optimizer, state }: RunTensors): Generator<{
  name: string;
  shape: readonly number[];
  data: Floats;
}> {
  for (const { name, shape, value } of model.parameters)
    yield { name: `weight.${name}`, shape, data: value.data };
  for (const { name, shape, tensor } of optimizer.moments)
    yield { name: `moment.${name}`, shape, data: tensor.data };
  for (const [l, { h, c }] of state.layers.entries()) {
    const shape = [state.batch, h.length / state.batch];
    yield { name: `state.h_l${l}`, shape, data: h };
    if (c) yield { name: `state.c_l${l}`, shape, data: c };
  }
}

/** What a safetensors file of the checkpoint holds; the data are the run's own, not copies. */
export function checkpointContent(
  header: CheckpointHeader,
  run: RunTensors,
): { tensors: NamedTensor[]; metadata: Record<string, string> } {
  const tensors = [...runTensors(run)].map(({ name, shape, data }): NamedTensor => {
    return { name, shape, dtype: dtypeOf(data), data: data as TensorData };
  });
  return { tensors, metadata: { recurra_checkpoint: JSON.stringify(header) } };
}

/** A checkpoint as it was stored. */
export interface StoredCheckpoint {
  readonly header: CheckpointHeader;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly path: string;
}

/**
 * A checkpoint from the content of its file.
 * @param path names it in messages
 * @throws UserError where it is damaged, newer, or not a checkpoint
 */
export function parseCheckpoint({ tensors, metadata }: Safetensors, path: string): StoredCheckpoint {
  const json = metadata["recurra_checkpoint"];
  if (json === undefined) {
    throw new UserError(`${path} is not a checkpoint of recurra; begin anew with --overwrite.`);
  }
  const header = parseJson(json, path) as CheckpointHeader;
  if (header.version !== VERSION) {
    throw new UserError(
      `${path} is a checkpoint of version ${header.version}, and this recurra reads ${VERSION}; use the recurra that wrote it, or begin anew with --overwrite.`,
    );
  }
  return { header, tensors, path };
}

/** The header of a checkpoint to be written now. */
export function checkpointHeader(run: Omit<CheckpointHeader, "version">): CheckpointHeader {
  return { version: VERSION, ...run };
}

/** Puts a checkpoint's tensors into a run of the same shapes. @throws UserError where they do not fit */
export function restoreTensors({ tensors, path }: StoredCheckpoint, run: RunTensors): void {
  for (const { name, shape, data } of runTensors(run)) {
    const stored = tensors.get(name);
    if (!stored || stored.shape.join() !== shape.join()) {
      throw new UserError(`${path} has no ${name} of shape ${shape.join(" × ")}; it belongs to another run.`);
    }
    data.set(stored.data as Floats);
  }
  run.model.weightsChanged();
}

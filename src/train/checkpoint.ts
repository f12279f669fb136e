/**
 * The checkpoint: all that a run needs to go on bit for bit, in one safetensors file, so that one rename replaces it
 * whole. Weights, their average, the optimizer's moments and the recurrent state are tensors; the rest is JSON in the metadata.
 */
import type { NamedTensor, StoredTensor } from "../format/safetensors.js";
import type { Tensor } from "../engine/engine.js";
import type { RecurrentState } from "../model/state.js";
import type { WeightAverage } from "../optim/average.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { CheckpointHeader } from "./checkpoint-header.js";
import { VERSION } from "./checkpoint-version.js";
import { type Trained, trainedParameters } from "./trained-parameters.js";
import { fileTensor } from "./weights.js";

/** What is trained, the optimizer, the average and the state, whose tensors a checkpoint stores. */
export interface RunTensors extends Trained {
  readonly optimizer: Optimizer;
  /** Its tensors are those of its record, which is restored before them. */
  readonly average: WeightAverage | undefined;
  /** Undefined: the one that is stored is not wanted. */
  readonly state: RecurrentState | undefined;
}

/** Name, shape and tensor of everything that a checkpoint stores. */
export function* runTensors({ model, pastDecode, optimizer, average, state }: RunTensors): Generator<{
  name: string;
  shape: readonly number[];
  tensor: Tensor;
}> {
  for (const { name, shape, value } of trainedParameters({ model, pastDecode }))
    yield { name: `weight.${name}`, shape, tensor: value };
  for (const { name, shape, tensor } of optimizer.moments) yield { name: `moment.${name}`, shape, tensor };
  for (const { name, shape, tensor } of average?.tensors ?? [])
    yield { name: `average.${name}`, shape, tensor };
  if (!state) return;
  for (const [l, { h, c }] of state.layers.entries()) {
    const shape = [state.batch, h.length / state.batch];
    yield { name: `state.h_l${l}`, shape, tensor: h };
    if (c) yield { name: `state.c_l${l}`, shape, tensor: c };
  }
}

/** The header of a checkpoint to be written now. */
export function checkpointHeader(run: Omit<CheckpointHeader, "version">): CheckpointHeader {
  return { version: VERSION, ...run };
}

/** The content of a checkpoint's safetensors file; the data are not necessarily copies. */
export function checkpointContent(
  header: CheckpointHeader,
  run: RunTensors,
): { tensors: NamedTensor[]; metadata: Record<string, string> } {
  const { engine } = run.model;
  const tensors = [...runTensors(run)].map(({ name, shape, tensor }) =>
    fileTensor(engine, name, shape, tensor),
  );
  return { tensors, metadata: { recurra_checkpoint: JSON.stringify(header) } };
}

/** A checkpoint as it was stored. */
export interface StoredCheckpoint {
  readonly header: CheckpointHeader;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly path: string;
}

/**
 * The checkpoint: all that a run needs to go on bit for bit, in one safetensors file, so that one rename replaces it
 * whole. Weights, their average, the optimizer's moments and the recurrent state are tensors; the rest is JSON in the metadata.
 */
import { UserError } from "../errors.js";
import { checkFinite } from "../format/model-weights.js";
import type { NamedTensor, Safetensors, StoredTensor } from "../format/safetensors.js";
import type { Floats, Tensor } from "../engine/engine.js";
import type { LanguageModel } from "../model/language-model.js";
import type { RecurrentState } from "../model/state.js";
import type { WeightAverage } from "../optim/average.js";
import type { Optimizer } from "../optim/optimizer.js";
import { type CheckpointHeader, parseCheckpointHeader } from "./checkpoint-header.js";
import { fileTensor } from "./weights.js";

/** The model, optimizer, average and state whose tensors a checkpoint stores. */
export interface RunTensors {
  readonly model: LanguageModel;
  readonly optimizer: Optimizer;
  /** Its tensors are those of its record, which is restored before them. */
  readonly average: WeightAverage | undefined;
  /** Undefined: the one that is stored is not wanted. */
  readonly state: RecurrentState | undefined;
}

/** Name, shape and tensor of everything that a checkpoint stores. */
export function* runTensors({ model, optimizer, average, state }: RunTensors): Generator<{
  name: string;
  shape: readonly number[];
  tensor: Tensor;
}> {
  for (const { name, shape, value } of model.parameters)
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

/**
 * A checkpoint from the content of its file.
 * @param path names it in messages
 * @throws UserError where it is damaged, newer, or not a checkpoint
 */
export function parseCheckpoint({ tensors, metadata }: Safetensors, path: string): StoredCheckpoint {
  return { header: headerOf(metadata, path), tensors, path };
}

/** The record in a checkpoint's metadata. @throws as `parseCheckpoint` */
export function headerOf(metadata: Safetensors["metadata"], path: string): CheckpointHeader {
  const json = metadata["recurra_checkpoint"];
  if (json === undefined) {
    throw new UserError(
      `${path} is not a checkpoint of recurra; restore the one that was there, or begin a new run.`,
    );
  }
  return parseCheckpointHeader(json, path);
}

/**
 * Puts a checkpoint's tensors into a run of the same shapes.
 * @throws UserError where they are not exactly the run's, or not numbers
 */
export function restoreTensors({ tensors, path }: StoredCheckpoint, run: RunTensors): void {
  const { engine } = run.model;
  const own = [...runTensors(run)];
  const stored = run.state ? tensors : new Map([...tensors].filter(([name]) => !name.startsWith("state.")));
  const dtype = engine.precision === "f64" ? "F64" : "F32";
  checkTensors(
    stored,
    own.map(({ name, shape }) => ({ name, shape, dtype })),
    path,
  );
  for (const { name, tensor } of own) engine.write(tensors.get(name)!.data as Floats, tensor);
  run.model.weightsChanged();
}

function checkTensors(
  tensors: StoredCheckpoint["tensors"],
  wanted: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[],
  path: string,
): void {
  const other = (problem: string) =>
    new UserError(
      `${path} is not of this run: ${problem}; go on with the model and the settings that it was begun with, or begin a new run.`,
    );
  for (const { name, shape, dtype } of wanted) {
    const stored = tensors.get(name);
    if (!stored) throw other(`${name} is missing`);
    if (stored.shape.join() !== shape.join())
      throw other(`${name} has the shape [${stored.shape.join(", ")}], not [${shape.join(", ")}]`);
    if (stored.dtype !== dtype) throw other(`${name} has the dtype ${stored.dtype}, not ${dtype}`);
    checkFinite(stored.data as Float32Array, stored.shape, `${path}: ${name}`);
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const name of tensors.keys())
    if (!names.has(name)) throw other(`${JSON.stringify(name)} belongs to no part of it`);
}

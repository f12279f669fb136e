/** Reads checkpoints. Loaded with the first one. */
import { UserError } from "../errors.js";
import type { Safetensors } from "../format/safetensors.js";
import { checkFinite } from "../format/model-weights.js";
import type { Floats } from "../engine/engine.js";
import { type RunTensors, runTensors, type StoredCheckpoint } from "./checkpoint.js";
import { trainedChanged } from "./trained-parameters.js";
import { type CheckpointHeader, parseCheckpointHeader } from "./checkpoint-header.js";

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
  trainedChanged(run);
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

/** The checkpoint as a file. */
import { readSafetensors, writeSafetensors } from "../format/safetensors-file.js";
import {
  type CheckpointHeader,
  checkpointContent,
  parseCheckpoint,
  type RunTensors,
  type StoredCheckpoint,
} from "./checkpoint.js";

/** Writes the checkpoint, whole or not at all. */
export async function writeCheckpoint(
  path: string,
  header: CheckpointHeader,
  run: RunTensors,
): Promise<void> {
  const { tensors, metadata } = checkpointContent(header, run);
  await writeSafetensors(path, tensors, metadata);
}

/** Reads a checkpoint. @throws UserError where it is damaged, newer, or not a checkpoint */
export async function readCheckpoint(path: string): Promise<StoredCheckpoint> {
  return parseCheckpoint(await readSafetensors(path), path);
}

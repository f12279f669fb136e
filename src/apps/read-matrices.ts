/** Matrices of an acoustic model from files: .npy, and every matrix of a .safetensors file. */
import { basename } from "node:path";
import { checkPath, refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { fromBf16, fromF16 } from "../format/half-floats.js";
import { decodeNpy, isNpy } from "../format/npy.js";
import { readHead, readRegularFile } from "../format/regular-file.js";
import { readSafetensors } from "../format/safetensors-file.js";
import type { StoredTensor } from "../format/safetensors.js";
import type { Floats } from "../engine/engine.js";
import type { Matrix } from "../generate/ctc/frames.js";

export interface NamedMatrix extends Matrix {
  /** The file's name without its ending, or that of the tensor. */
  readonly id: string;
  /** For messages: "a.npy", "all.safetensors, tensor a". */
  readonly where: string;
}

/** Bytes of a .npy file, at most: six hours of 50 frames a second with 1000 labels. */
const MOST_BYTES = 4.5e9;

/**
 * The matrices of the files, in their order; of a file with several by name. One of shape (1, T, V) is one of (T, V).
 * @throws UserError where a file cannot be read, holds no matrix of floats, or an id stands twice
 */
export async function* readMatrices(paths: readonly string[]): AsyncGenerator<NamedMatrix> {
  if (!Array.isArray(paths)) refuseArgument("The argument of readMatrices", paths, "give files in an array");
  const seen = new Map<string, string>();
  for (const path of paths) {
    checkPath("The path of a matrix", path);
    for await (const matrix of matricesOf(path)) {
      const before = seen.get(matrix.id);
      if (before !== undefined)
        throw new UserError(
          `${matrix.where} has the id ${matrix.id}, as ${before} has; give every matrix a name of its own.`,
        );
      seen.set(matrix.id, matrix.where);
      yield matrix;
    }
  }
}

async function* matricesOf(path: string): AsyncGenerator<NamedMatrix> {
  if (isNpy(await readHead(path, 6)) || path.endsWith(".npy")) {
    const { shape, data } = decodeNpy(await readRegularFile(path, MOST_BYTES), path);
    yield named(basename(path).replace(/\.npy$/, ""), path, shape, data);
    return;
  }
  if (!path.endsWith(".safetensors"))
    throw new UserError(
      `${path} is neither a .npy nor a .safetensors file; write the matrices as one of these.`,
    );
  const { tensors } = await readSafetensors(path);
  if (tensors.size === 0) throw new UserError(`${path} holds no tensor; there is nothing to decode.`);
  for (const [name, tensor] of [...tensors].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const where = `${path}, tensor ${name}`;
    yield named(name, where, tensor.shape, floatsOf(tensor, where));
  }
}

function named(id: string, where: string, shape: readonly number[], data: Floats): NamedMatrix {
  const [frames, labels, ...more] = shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape;
  if (frames === undefined || labels === undefined || more.length > 0)
    throw new UserError(
      `${where} has the shape (${shape.join(", ")}); give a matrix of frames and labels, (T, V), for each utterance.`,
    );
  return { id, where, frames, labels, data };
}

function floatsOf({ dtype, data }: StoredTensor, where: string): Floats {
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (dtype === "F16" && data instanceof Uint16Array) return fromF16(data);
  if (dtype === "BF16" && data instanceof Uint16Array) return fromBf16(data);
  throw new UserError(`${where} holds numbers of the type ${dtype}; write it as floats, such as F32.`);
}

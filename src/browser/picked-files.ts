/** A model among the files that a person picked: those of its folder, or a zip of it. */
import { UserError } from "../errors.js";
import type { ModelFiles } from "../format/model-files.js";
import { placesOf } from "../format/model-places.js";
import { isZip, unzipModel } from "../format/unzip-model.js";
import type { FileLike } from "./platform.js";

/** @throws UserError where there is no whole model */
export async function readPicked(picked: readonly FileLike[]): Promise<ModelFiles> {
  if (picked.length === 0) throw new UserError("No file was picked.");
  if (picked.length === 1) {
    const bytes = new Uint8Array(await picked[0]!.arrayBuffer());
    if (isZip(bytes)) return unzipModel(bytes, picked[0]!.name);
  }
  const byPath = new Map(picked.map((file) => [file.webkitRelativePath || file.name, file] as const));
  const found: Record<string, Uint8Array> = {};
  for (const [name, path] of placesOf([...byPath.keys()])) {
    found[name] = new Uint8Array(await byPath.get(path)!.arrayBuffer());
  }
  return found;
}

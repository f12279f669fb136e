/** Checks of the place where a new model is to be written, before the work on it. */
import { realpath } from "node:fs/promises";
import { option, sentence, UserError } from "../errors.js";
import { checkUnlocked } from "../format/folder-lock.js";
import { checkClaim } from "../format/model-claim.js";
import { type FolderContent, inspectModelFolder, modelPaths } from "../format/model-folder.js";

/** The folder of the model that it is made from. */
export interface SourceFolder {
  readonly folder: string;
  readonly found: FolderContent;
  /** What is done with it: "to be quantized". */
  readonly work: string;
}

/** @throws UserError where `out` is being written, holds other files, a model that stays, or is the source itself */
export async function checkNewModel(out: string, overwrite: boolean, source?: SourceFolder): Promise<void> {
  // Before its files are looked at: a run may just be moving them.
  checkUnlocked(modelPaths(out).lock, out);
  checkClaim(out);
  const found = await inspectModelFolder(out);
  if (source?.found.exists && found.exists && (await realpath(source.folder)) === (await realpath(out))) {
    throw new UserError({
      option: "out",
      problem: `${out} is the model ${source.work} itself`,
      advice: sentence`name another folder with ${option("out")}`,
    });
  }
  if (!overwrite && (found.weights || found.checkpoint)) {
    throw new UserError({
      option: "out",
      problem: `${out} already holds a model`,
      advice: sentence`replace it with ${option("overwrite")}, or name another folder with ${option("out")}`,
    });
  }
}

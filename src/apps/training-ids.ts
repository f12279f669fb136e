/** The encoded training text of a model, where it still lies in the model's folder. */
import { join } from "node:path";
import { modelPaths } from "../format/model-folder.js";
import type { EncodedText } from "../text/windows/encode.js";
import { openIdFile } from "../text/windows/id-file.js";

/** To be closed by the caller. @param vocabulary number of tokens */
export function openTrainingIds(folder: string, vocabulary: number): EncodedText | undefined {
  return openIdFile(join(modelPaths(folder).ids, "training.ids"), undefined, vocabulary);
}

/** A command that may work without a recurrent model: "none" stands in its folder's place. */
import type { TextModel } from "../apps/text-model.js";
import type { LoadOptions } from "../apps/load.js";

/** Stands in the model's place where there is none. */
export const NO_MODEL = "none";

/** @throws UserError for a folder without a model */
export async function loadUnlessNone(folder: string, options: LoadOptions): Promise<TextModel | undefined> {
  if (folder === NO_MODEL) return undefined;
  const { load } = await import("../apps/load.js");
  return load(folder, options);
}

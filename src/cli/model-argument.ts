/** The model that a command's first argument names. */
import type { LoadedModel } from "../apps/loaded-model.js";
import type { EngineName } from "../engine/create.js";
import { UserError } from "../errors.js";
import { shellPath } from "./visible-text.js";
import { escapeControls } from "../visible-text.js";

/** Stands in the model's place where there is none, for commands that may work without one. */
export const NO_MODEL = "none";

export interface NamedModel {
  /** The first argument, and those after it. */
  readonly folder: string;
  readonly others: readonly string[];
  /** The command, for messages. */
  readonly command: string;
}

/** @throws UserError where the first argument is no model, and one after it is: they were swapped */
export async function checkModelFirst({ folder, others, command }: NamedModel): Promise<void> {
  const { inspectModelFolder } = await import("../format/model-folder.js");
  const isModel = async (path: string): Promise<boolean> =>
    (await inspectModelFolder(path).catch(() => undefined))?.model === true;
  if (await isModel(folder)) return;
  for (const other of others) {
    if (!(await isModel(other))) continue;
    throw new UserError(
      escapeControls(
        `${folder} is no model's folder, and ${other} is one: the model comes first (recurra ${command} ${shellPath(other)} ${shellPath(folder)}).`,
      ),
    );
  }
}

/** @throws UserError for a folder without a model, as `load`; where one is named later, it says so */
export async function loadFirst(
  named: NamedModel,
  {
    threads,
    engine,
  }: { readonly threads?: number | undefined; readonly engine?: EngineName | undefined } = {},
): Promise<LoadedModel> {
  await checkModelFirst(named);
  const { load } = await import("../apps/load.js");
  return load(named.folder, { ...(threads !== undefined && { threads }), ...(engine && { engine }) });
}

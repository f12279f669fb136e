/** A folder that has a folder for each class, and in each the texts of that class. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../errors.js";
import { fileError } from "../../format/system-error.js";
import { formOf } from "./file-kind.js";
import { textsBelow } from "./folder-texts.js";
import type { SkippedFile } from "./found-files.js";

/** The texts of one class. */
export interface ClassFolder {
  /** The folder's name. */
  readonly label: string;
  /** By name. */
  readonly paths: readonly string[];
}

export interface ClassFolders {
  /** By name, each with one text or more. */
  readonly classes: readonly ClassFolder[];
  readonly skipped: readonly SkippedFile[];
}

/**
 * The classes of a folder. Hidden folders are ignored; files beside the classes' folders, and folders without a text, are
 * skipped, as are files within them that are no texts.
 * @throws UserError where the folder cannot be read, and where it has fewer than two classes
 */
export async function classFolders(folder: string): Promise<ClassFolders> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, "read", folder);
  });
  const classes: ClassFolder[] = [];
  const skipped: SkippedFile[] = [];
  const shown = entries.filter(({ name }) => !name.startsWith("."));
  for (const entry of shown.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) {
      skipped.push({ path, reason: "in no class's folder" });
      continue;
    }
    const texts = await textsBelow(path);
    skipped.push(...texts.skipped);
    if (texts.paths.length > 0) classes.push({ label: entry.name.trim(), paths: texts.paths });
    else if (texts.skipped.length === 0) skipped.push({ path, reason: "no text in it" });
  }
  if (classes.length >= 2) return { classes, skipped };
  throw new UserError(tooFew(folder, classes, shown.find(({ name }) => formOf(name) !== "text")?.name));
}

function tooFew(folder: string, classes: readonly ClassFolder[], table: string | undefined): string {
  if (classes.length === 1)
    return `The folder ${folder} has the texts of one class, ${classes[0]!.label}; give a folder that has a folder for each of two classes or more.`;
  if (table !== undefined)
    return `The folder ${folder} has no folders of classes; where its tables are meant, name them: ${join(folder, table)}.`;
  return `The folder ${folder} has no folders with texts in them; give one that has a folder for each class, or a table.`;
}

/** The texts of a folder, and the files in it that are skipped. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileError, systemErrorCode } from "../../format/system-error.js";
import { beginningOf } from "./corpus-file.js";
import type { SkippedFile } from "./found-files.js";
import { isGzip, isPackedText, isParquet, notText } from "./file-kind.js";

export interface FolderTexts {
  readonly paths: string[];
  readonly skipped: SkippedFile[];
}

/**
 * Text files of a folder and those below it, by name. Hidden ones are ignored; empty, binary and unreadable ones are
 * skipped, and packed ones unless their name is that of a text, and models' folders. A link to a file is that file;
 * links to folders could lead in a circle and are not followed.
 * @throws UserError where the folder itself cannot be read
 */
export async function textsBelow(folder: string): Promise<FolderTexts> {
  const found: FolderTexts = { paths: [], skipped: [] };
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, "read", folder);
  });
  await lookThrough(folder, entries, found);
  return found;
}

async function lookThrough(folder: string, entries: readonly Dirent[], found: FolderTexts): Promise<void> {
  if (holdsModel(entries.map((entry) => entry.name))) {
    found.skipped.push({ path: folder, reason: "a model" });
    return;
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const reason = await whyNone(path, entry, found).catch(whyUnread);
    if (reason !== undefined) found.skipped.push({ path, reason });
  }
}

/** Adds the file or folder at a path. @returns why it is skipped, where it is */
async function whyNone(path: string, entry: Dirent, found: FolderTexts): Promise<string | undefined> {
  if (entry.isDirectory()) {
    await lookThrough(path, await readdir(path, { withFileTypes: true }), found);
    return undefined;
  }
  const target = await stat(path);
  if (target.isDirectory()) return "a link to a folder";
  if (!target.isFile()) return "no file, but a pipe or a device";
  const { start } = await beginningOf(path);
  if (start.length === 0) return "empty";
  const reason = whyNoText(start, path);
  if (reason === undefined) found.paths.push(path);
  return reason;
}

function whyNoText(start: Uint8Array, path: string): string | undefined {
  if (isGzip(start)) return isPackedText(path) ? undefined : "packed";
  return isParquet(start, path) ? undefined : notText(start);
}

const UNREAD: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "a link that leads nowhere"],
  ["ELOOP", "a link that leads to itself"],
  ["ENOTDIR", "a link that leads nowhere"],
  ["EACCES", "no right to read it"],
  ["EPERM", "no right to read it"],
]);

/** The reason for which a file or folder is skipped. @throws other errors: a failing disk, too many open files */
function whyUnread(error: unknown): string {
  const code = systemErrorCode(error) ?? systemErrorCode((error as Error).cause) ?? "";
  const reason = UNREAD.get(code);
  if (reason === undefined) throw error;
  return reason;
}

function holdsModel(names: readonly string[]): boolean {
  return names.includes("config.json") && (names.includes("model.safetensors") || names.includes("training"));
}

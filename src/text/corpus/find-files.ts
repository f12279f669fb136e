/** Finds the files of a corpus: by name, in folders, by pattern, from pipes; and refuses others with the reason. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { UserError } from "../../errors.js";
import { fileError, systemErrorCode } from "../../format/system-error.js";
import { nearest } from "../../nearest.js";
import { describeFile } from "./corpus-file.js";
import { textsBelow } from "./folder-texts.js";
import type { CorpusFile, FoundFiles, SkippedFile } from "./found-files.js";
import { skippedClause } from "./notices.js";
import type { ByteStream, SpoolFolder } from "./spool-folder.js";

export interface Finding {
  readonly spool: SpoolFolder;
  /** A pipe holds records, unless its name or its beginning say otherwise. */
  readonly records: boolean;
  /** The stream that "-" stands for. */
  readonly stdin: ByteStream;
}

const STANDARD_INPUT = "standard input";

/**
 * The files that one input means: a file, "-", a named pipe, a folder or a pattern.
 * @throws UserError where there is none, or it is empty or not a text
 */
export async function findFiles(input: string, finding: Finding): Promise<FoundFiles> {
  return input === "-" ? once(finding.stdin, STANDARD_INPUT, finding) : find(input, finding);
}

async function find(input: string, finding: Finding): Promise<FoundFiles> {
  if (input === "") throw new UserError("The name of a text is empty; give a file, a folder or a pattern.");
  const found = await stat(input).catch((error: unknown) => {
    if (systemErrorCode(error) !== "ENOENT") throw fileError(error, "read", input);
  });
  if (!found && isDynamicPattern(input)) return describeAll(await matches(input), []);
  if (!found) throw await missing(input);
  if (found.isFIFO()) return once(createReadStream(input), input, finding);
  if (found.isDirectory()) {
    const { paths, skipped } = await textsBelow(input);
    if (paths.length > 0) return describeAll(paths, skipped);
    const note = skipped.length === 0 ? "" : `: ${skippedClause(skipped)}`;
    throw new UserError(`The folder ${input} has no text files in it${note}; name a file or another folder.`);
  }
  if (!found.isFile()) throw new UserError(`${input} is a device, not a file; give a file, or - for a pipe.`);
  const file = await describeFile(input);
  if (file.size === 0) throw new UserError(`${input} is empty; there is nothing to read.`);
  return { files: [file], skipped: [] };
}

/** The content of a pipe. */
async function once(stream: ByteStream, name: string, { spool, records }: Finding): Promise<FoundFiles> {
  const path = await spool.keep(stream, name);
  const file = await describeFile(path, { name, records });
  return { files: [file], skipped: [] };
}

async function missing(input: string): Promise<UserError> {
  const neighbours = await readdir(dirname(input)).catch((): string[] => []);
  if (neighbours.includes(basename(input)))
    return new UserError(`${input} is a link that leads nowhere; give the file that is meant.`);
  const meant = nearest(basename(input), neighbours);
  const hint = meant === undefined ? "check the name." : `did you mean ${join(dirname(input), meant)}?`;
  return new UserError(`There is no file or folder ${input}; ${hint}`);
}

async function matches(pattern: string): Promise<string[]> {
  const paths = await glob(pattern, { onlyFiles: true, expandDirectories: false });
  if (paths.length > 0) return paths.toSorted();
  throw new UserError(`No file matches ${pattern}; check the pattern, and quote it in a shell.`);
}

/** One after the other: each takes a file handle. */
async function describeAll(paths: readonly string[], skipped: readonly SkippedFile[]): Promise<FoundFiles> {
  const files: CorpusFile[] = [];
  for (const path of paths) files.push(await describeFile(path));
  return { files, skipped };
}

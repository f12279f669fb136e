/**
 * Whether the files in a folder where a model is to be written belong to a model. Every writer of a model's folder
 * checks this first, so that other files of the same names are neither overwritten nor removed.
 */
import { type Dirent, lstatSync, readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError, option, sentence } from "../errors.js";
import { FILE_NAMES, MAX_CONFIG_BYTES } from "./model-files.js";
import { MODEL_FILES, modelPaths, STAGES, stagePaths } from "./model-paths.js";
import { finalName, isStaged } from "./model-stage.js";
import { fileError } from "./system-error.js";

/** The encoded texts: ids, where lines begin, a record; each also while it is written. */
const IDS = /^(training|validation|test)\.ids(\.[a-z]+)*$/;
const TRAINING_FILES: readonly string[] = [FILE_NAMES.checkpoint, FILE_NAMES.metrics].map((name) =>
  basename(name),
);

/**
 * Checks that a model may be written into a folder, which need not exist.
 * @param strangers whether files that were not written with a model may lie in its `training`: where nothing is removed
 * @throws UserError that names the first file which is not a model's of recurra, or is a link, pipe or device
 */
export function checkClaim(folder: string, { strangers = false } = {}): void {
  const paths = modelPaths(folder);
  try {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) throw notFolder(folder);
    const ours = isOurs(paths.config);
    for (const path of [paths.tokenizer, paths.weights]) {
      if (ours === undefined && isRegular(path)) {
        throw inTheWay(`${path} is there without a config.json of recurra beside it`);
      }
      isRegular(path);
    }
    checkTraining(folder, ours !== undefined, strangers);
  } catch (error) {
    throw fileError(error, "read", folder);
  }
}

/** The config.json of a model; undefined where there is none. @throws UserError where recurra did not write it */
function isOurs(config: string): true | undefined {
  if (!isRegular(config)) return undefined;
  const short = lstatSync(config).size <= MAX_CONFIG_BYTES;
  const format = short ? formatOf(readFileSync(config, "utf8")) : "other";
  if (format === "recurra") return true;
  throw inTheWay(
    format === "damaged"
      ? `${config} is there, and is damaged or not written by recurra: it is no JSON`
      : `${config} is there, and recurra did not write it`,
  );
}

function formatOf(text: string): "recurra" | "other" | "damaged" {
  try {
    const value = JSON.parse(text) as { readonly format?: unknown } | null;
    return value?.format === "recurra" ? "recurra" : "other";
  } catch {
    return "damaged";
  }
}

/** The folder `training`: what is in it has our names, and a config.json of ours is beside it or staged in it. */
function checkTraining(folder: string, beside: boolean, strangers: boolean): void {
  const { training, ids } = modelPaths(folder);
  const staged = STAGES.map((stage) => stagePaths(folder, stage));
  const entries = entriesOf(training);
  const marked = staged.map(
    ({ config, folder: at }) => entriesOf(at).length > 0 && isOurs(config) !== undefined,
  );
  const known = beside || marked.includes(true);
  for (const entry of entries) {
    const path = join(training, entry.name);
    if (STAGES.some((stage) => stage === entry.name) || path === ids) continue;
    const ours = known && TRAINING_FILES.includes(finalName(entry.name));
    if (ours) isRegular(path);
    else if (!strangers) throw stranger(training, entry);
  }
  const parts: [at: string, isKnown: (name: string) => boolean][] = [
    [ids, (name) => IDS.test(finalName(name))],
    ...staged.map(({ folder: at }): [string, typeof isStaged] => [at, (name) => known && isStaged(name)]),
  ];
  for (const [at, isKnown] of parts) {
    for (const entry of entriesOf(at)) {
      if (isKnown(entry.name)) isRegular(join(at, entry.name));
      else if (!strangers) throw stranger(at, entry);
    }
  }
}

/** The names in a folder; none where it does not exist. @throws UserError where it is a link or no folder */
function entriesOf(folder: string): Dirent[] {
  const status = lstatSync(folder, { throwIfNoEntry: false });
  if (!status) return [];
  if (status.isSymbolicLink()) throw inTheWay(`${folder} is a link`);
  if (!status.isDirectory()) throw inTheWay(`${folder} is there and is no folder`);
  return readdirSync(folder, { withFileTypes: true });
}

/** False where nothing is there. @throws UserError where something other than an ordinary file is there */
function isRegular(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status) return false;
  if (status.isFile()) return true;
  if (status.isSymbolicLink()) throw inTheWay(`${path} is a link`);
  throw inTheWay(`${path} is a ${status.isDirectory() ? "folder" : "device or pipe"}`);
}

function stranger(folder: string, entry: Dirent): UserError {
  return inTheWay(`${folder} holds ${entry.name}, which recurra did not write`);
}

/**
 * Checks that a file to be read is not one that will be written into the model's folder.
 * @throws UserError where it is
 */
export function checkNotWritten(folder: string, path: string): void {
  if (!isModelFile(folder, path)) return;
  throw new UserError({
    option: "out",
    problem: `${path} is a file of the model in ${folder}, which is written anew while this text is read`,
    advice: sentence`give another text, or name another folder with ${option("out")}`,
  });
}

/** Whether a path leads to one of the files of a model's folder, by whatever links. */
export function isModelFile(folder: string, path: string): boolean {
  const file = realPath(path);
  const places = [modelPaths(folder), ...STAGES.map((stage) => stagePaths(folder, stage))];
  return (
    places.some((paths) => MODEL_FILES.some((name) => realPath(paths[name]) === file)) ||
    dirname(file) === realPath(modelPaths(folder).ids)
  );
}

/** The path with links resolved; unchanged where nothing is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

export function notFolder(folder: string): UserError {
  return new UserError(`${folder} is a file, not a model's folder; give the path of a folder.`);
}

function inTheWay(problem: string): UserError {
  return new UserError({
    option: "out",
    problem,
    advice: sentence`a model needs this place: move it away, or name another folder with ${option("out")}`,
  });
}

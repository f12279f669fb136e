/**
 * The folder of a study:
 *
 *   study.jsonl      its record, a line for everything that was decided or measured
 *   trials/<n>/      each trial's run, a model's folder with its checkpoint
 *   best.model/      the best model
 *   texts/           the text as ids, made anew where it is missing
 *   lock             the process that works on it
 *
 * One process writes; others may read at any moment.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { option, sentence, UserError } from "../errors.js";
import { writeAllSync } from "../format/atomic-file.js";
import { syncFolder } from "../format/file-sync.js";
import { lockFolder } from "../format/folder-lock.js";
import { makeFolder } from "../format/make-folder.js";
import { readRegularFileSync } from "../format/regular-file.js";
import { fileError } from "../format/system-error.js";
import { parseStudyLines, studyOf } from "./parse-study.js";
import { formatStudyLine, type StudyEvent, type StudyHeader } from "./study-lines.js";
import { Study } from "./study.js";

/** Longest record that is read. */
const MOST_BYTES = 2 ** 28;

const NAMES = {
  record: "study.jsonl",
  trials: "trials",
  best: "best.model",
  texts: "texts",
  lock: "lock",
} as const;
const OURS: readonly string[] = Object.values(NAMES);

export interface StudyPaths {
  readonly folder: string;
  readonly record: string;
  readonly best: string;
  readonly texts: string;
  readonly lock: string;
  trial(trial: number): string;
}

export function studyPaths(folder: string): StudyPaths {
  return {
    folder,
    record: join(folder, NAMES.record),
    best: join(folder, NAMES.best),
    texts: join(folder, NAMES.texts),
    lock: join(folder, NAMES.lock),
    trial: (trial) => join(folder, NAMES.trials, String(trial).padStart(4, "0")),
  };
}

/** The study in a folder as it stands; undefined where none was begun. @throws UserError where it is damaged */
export function readStudy(folder: string): Study | undefined {
  return readRecord(folder)?.study;
}

function readRecord(folder: string): { readonly study: Study; readonly bytes: number } | undefined {
  const { record } = studyPaths(folder);
  if (!existsSync(record)) return undefined;
  const parsed = parseStudyLines(readRegularFileSync(record, MOST_BYTES), record);
  return parsed && { study: studyOf(parsed, record), bytes: parsed.bytes };
}

/** @throws UserError where the folder is no study's and holds something else */
export function checkStudyFolder(folder: string): void {
  if (existsSync(studyPaths(folder).record)) return;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw fileError(error, "read", folder);
  }
  const other = names.find((name) => !OURS.includes(name.replace(/^\.?(lock|best\.model).*$/, "$1")));
  if (other === undefined) return;
  throw new UserError({
    option: "out",
    problem: `${folder} holds ${other}, which is no part of a study`,
    advice: sentence`name another folder with ${option("out")}`,
  });
}

/** The record that is being written, and the lock on its folder. */
export class StudyFile {
  readonly paths: StudyPaths;
  readonly #unlock: () => void;
  #file: number | undefined;
  #study: Study | undefined;

  /**
   * Locks the folder, which is made. A torn last line is cut off.
   * @throws UserError where another process works on it, or it is damaged
   */
  constructor(folder: string) {
    this.paths = studyPaths(folder);
    makeFolder(folder);
    this.#unlock = lockFolder(this.paths.lock, folder);
    try {
      const found = readRecord(folder);
      this.#study = found?.study;
      if (found) this.#open(found.bytes);
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  /** Undefined until it is begun. */
  get study(): Study | undefined {
    return this.#study;
  }

  begin(header: StudyHeader): Study {
    this.#open(0);
    this.#study = new Study(header, "the space");
    this.#append(formatStudyLine(header));
    syncFolder(this.paths.folder);
    return this.#study;
  }

  /** Writes what was decided or measured, to stay, and applies it. @param spent seconds that the study has had */
  add(event: StudyEvent, spent: number): void {
    const line = { ...event, spent: Number(spent.toFixed(3)) };
    this.#append(formatStudyLine(line));
    this.#study!.apply(line);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#unlock();
  }

  #open(bytes: number): void {
    try {
      this.#file = openSync(this.paths.record, existsSync(this.paths.record) ? "r+" : "w");
      ftruncateSync(this.#file, bytes);
      closeSync(this.#file);
      this.#file = openSync(this.paths.record, "a");
    } catch (error) {
      throw fileError(error, "write", this.paths.record);
    }
  }

  #append(line: string): void {
    try {
      writeAllSync(this.#file!, new TextEncoder().encode(`${line}\n`));
      fsyncSync(this.#file!);
    } catch (error) {
      throw fileError(error, "write", this.paths.record);
    }
  }
}

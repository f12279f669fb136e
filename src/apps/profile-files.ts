/**
 * The profiles of a model, in the folder `profiles` of the model's folder, or wherever a path says: a file each, which is
 * written whole or not at all, under a lock of its own. The model's own files are only read.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../errors.js";
import { removeLeftovers } from "../format/atomic-file.js";
import { lockFolder } from "../format/folder-lock.js";
import { makeFolder, removeEmptyFolder } from "../format/make-folder.js";
import { modelPaths } from "../format/model-paths.js";
import { readMetadata, readSafetensors, writeSafetensors } from "../format/safetensors-file.js";
import { fileError } from "../format/system-error.js";
import { weightShapes } from "../model/weight-shapes.js";
import { nearest } from "../nearest.js";
import { shown } from "../shown.js";
import { withRemedy } from "../with-remedy.js";
import { modelKey } from "./model-key.js";
import { NEW_PROFILE, type Profile } from "./profile.js";
import { parseProfile, profileContent, profileModel } from "./profile-bytes.js";
import type { OpenProfile, ProfiledModel, ProfileStore } from "./profile-store.js";

const ENDING = ".safetensors";
/** Letters and digits of any script first, so that no name is hidden, or leads elsewhere. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._ -]{0,99}$/u;
const REMEDY = ["Restore the profile from a copy, or delete it (recurra profile delete)."];

export class ProfileFiles implements ProfileStore {
  readonly #model: string;
  readonly #folder: string;

  /** @param model the model's folder */
  constructor(model: string) {
    this.#model = model;
    this.#folder = modelPaths(model).profiles;
  }

  /** Names of the profiles in the folder. @throws UserError where it cannot be read */
  names(): string[] {
    let files: string[];
    try {
      files = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    } catch (error) {
      throw fileError(error, "read", this.#folder);
    }
    return files
      .filter((file) => file.endsWith(ENDING) && NAME.test(file.slice(0, -ENDING.length)))
      .map((file) => file.slice(0, -ENDING.length))
      .toSorted();
  }

  /** Where a profile is, or would be. @param name or a path: with a slash, or the ending .safetensors @throws UserError */
  pathOf(name: string): string {
    if (this.isPath(name)) return name;
    if (NAME.test(name)) return join(this.#folder, name + ENDING);
    throw new UserError(
      `A profile's name is ${shown(name)}; begin it with a letter or a digit, and use letters, digits, spaces, ".", "_" and "-", or give the path of a file.`,
    );
  }

  /** Whether it is the path of a file, and not a name. */
  isPath(name: string): boolean {
    return /[/\\]/.test(name) || name.endsWith(ENDING);
  }

  /** The path of a profile that is there. @throws UserError that names the others */
  existing(name: string): string {
    const path = this.pathOf(name);
    if (existsSync(path)) return path;
    const isPath = this.isPath(name);
    const names = isPath ? [] : this.names();
    const guess = nearest(name, names);
    const others =
      guess === undefined
        ? names.length > 0
          ? `there are ${names.join(", ")}`
          : "there is none yet"
        : `did you mean ${guess}?`;
    throw new UserError(
      `There is no profile ${isPath ? `at ${path}` : `${name} of ${this.#model}`}${isPath ? "" : `; ${others}`}${guess === undefined ? "; recurra adapt makes one." : ""}`,
    );
  }

  async read(name: string, of: ProfiledModel): Promise<Profile> {
    return this.#read(this.existing(name), of);
  }

  async open(name: string, of: ProfiledModel): Promise<OpenProfile> {
    const path = this.pathOf(name);
    const { unlock, made } = lockProfile(path);
    const close = (): void => {
      unlock();
      made.toReversed().forEach(removeEmptyFolder);
    };
    try {
      const profile = existsSync(path) ? await this.#read(path, of) : NEW_PROFILE;
      const model = modelKey(of);
      const save = (changed: Profile): Promise<void> => writeProfile(path, model, changed);
      return { profile, path, save, close };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Writes a profile in the place of what is there, if anything. @throws as `open` */
  async replace(name: string, of: ProfiledModel, profile: Profile): Promise<void> {
    const path = this.pathOf(name);
    const { unlock } = lockProfile(path);
    try {
      await writeProfile(path, modelKey(of), profile);
    } finally {
      unlock();
    }
  }

  async #read(path: string, of: ProfiledModel): Promise<Profile> {
    // What is of another model is not damaged, and needs no reading.
    const model = await withRemedy(REMEDY, async () => profileModel(await readMetadata(path), path));
    if (model !== modelKey(of))
      throw new UserError(
        `${path} is a profile of another model than ${this.#model}: give it with the model that it was learned with, or name another one; nothing of it was changed.`,
      );
    const content = await withRemedy(REMEDY, () => readSafetensors(path));
    return parseProfile(content, [...weightShapes(of.model.config)], path);
  }
}

export async function writeProfile(path: string, model: string, profile: Profile): Promise<void> {
  const { tensors, metadata } = profileContent({ model, profile });
  await writeSafetensors(path, tensors, metadata);
}

/**
 * Keeps other processes from changing a profile.
 * @returns what gives that back, and the folders that were made for it
 * @throws UserError where another process has it
 */
export function lockProfile(path: string): { readonly unlock: () => void; readonly made: readonly string[] } {
  const folder = dirname(path);
  const made = makeFolder(folder);
  try {
    return { unlock: lockFolder(join(folder, `.${basename(path)}.lock`), folder), made };
  } catch (cause) {
    made.toReversed().forEach(removeEmptyFolder);
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`Another process is changing the profile ${path}; wait until it has ended.`, {
      cause,
    });
  }
}

/**
 * Removes a profile, what a killed process left of it, and the folder of a model's profiles where it was the last one.
 * @param elsewhere not in a model's folder: then it has to be a whole profile, so that no other file is removed
 * @throws UserError
 */
export async function deleteProfileFile(path: string, elsewhere: boolean): Promise<void> {
  if (elsewhere) profileModel(await readMetadata(path), path);
  const { unlock } = lockProfile(path);
  try {
    removeLeftovers(dirname(path), basename(path));
    rmSync(path, { force: true });
  } catch (error) {
    throw fileError(error, "delete", path);
  } finally {
    unlock();
  }
  if (!elsewhere) removeEmptyFolder(dirname(path));
}

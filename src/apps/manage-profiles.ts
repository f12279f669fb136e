/** What is done with the profiles of a model: listing them, going back, switching off, merging, deleting, a model of its own. */
import { existsSync, statSync } from "node:fs";
import { checkPath, refuseArgument } from "../argument-checks.js";
import { option, sentence, UserError } from "../errors.js";
import { CLASSIFIER_KEY, headTensors } from "../classify/head-tensors.js";
import { inspectModelFolder, writeModelFolder } from "../format/model-folder.js";
import { currentPaths } from "../format/model-stage.js";
import { readMetadata } from "../format/safetensors-file.js";
import { weightShapes } from "../model/weight-shapes.js";
import { checkOptions } from "../options/check.js";
import { EXPORT_PROFILE_OPTIONS, MERGE_PROFILES_OPTIONS } from "../options/profile-options.js";
import { checkNewModel } from "./check-new-model.js";
import { load } from "./load.js";
import type { LoadedModel } from "./loaded-model.js";
import {
  learnedSums,
  pointSummaries,
  type PointSummary,
  type Profile,
  type ProfilePoint,
  rolledBack,
  sumFigures,
  wholeChange,
} from "./profile.js";
import { deleteProfileFile, ProfileFiles } from "./profile-files.js";

/** A profile of a model, as a list shows it. */
export interface ProfileSummary {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Why it cannot be used: damaged, or of another model; else null. */
  readonly problem: string | null;
  readonly off: boolean;
  /** The oldest first; none where it cannot be used. */
  readonly points: readonly PointSummary[];
}

/** Ranges and defaults are in options/profile-options.ts. */
export interface MergeProfilesOptions {
  /** Name or path of the profile that is made. */
  readonly into: string;
  /** Factor of what each has learned, in the order of the names; one number is that of all. Default: one over their number. */
  readonly weights?: number | readonly number[] | undefined;
  readonly overwrite?: boolean | undefined;
}

export interface ExportProfileOptions {
  /** The folder of the new model. */
  readonly out: string;
  readonly overwrite?: boolean | undefined;
}

/** A model's folder, and its profiles. */
async function opened(folder: string) {
  checkPath("The model's folder", folder);
  const loaded = await load(folder);
  const files = new ProfileFiles(folder);
  return { loaded, files, shapes: [...weightShapes(loaded.config)] };
}

/** @param names of some; all that lie in the model's folder where none are given @throws UserError where there is no model */
export async function listProfiles(folder: string, names?: readonly string[]): Promise<ProfileSummary[]> {
  const { loaded, files } = await opened(folder);
  const found: ProfileSummary[] = [];
  for (const name of names ?? files.names()) {
    const path = files.existing(name);
    const { profile, problem } = await readOrProblem(files, name, loaded);
    const points = pointSummaries(profile);
    found.push({ name, path, bytes: statSync(path).size, problem, off: profile.off, points });
  }
  return found;
}

async function readOrProblem(
  files: ProfileFiles,
  name: string,
  loaded: LoadedModel,
): Promise<{ readonly profile: Profile; readonly problem: string | null }> {
  try {
    return { profile: await files.read(name, loaded), problem: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { profile: { off: false, points: [] }, problem: error.message };
  }
}

/**
 * A profile as it was at an earlier point: what was learned after it is gone from the file.
 * @param point one of its numbers, or 0: nothing is left of what was learned
 * @returns how many points were taken away
 * @throws UserError where there is no such profile or point, or another process changes it
 */
export async function rollBackProfile(folder: string, name: string, point: number): Promise<number> {
  let removed = 0;
  await changeProfile(folder, name, (profile) => {
    const numbers = [0, ...profile.points.map(({ number }) => number)];
    if (!numbers.includes(point))
      throw new UserError(
        `The profile ${name} has no point ${String(point)}; there ${numbers.length === 1 ? "is" : "are"} ${rangesOf(numbers)}.`,
      );
    const earlier = rolledBack(profile, point);
    removed = profile.points.length - earlier.points.length;
    return earlier;
  });
  return removed;
}

/** Switched off, what was learned is kept, and the model reads as it was trained. @throws as `rollBackProfile` */
export function switchProfile(folder: string, name: string, on: boolean): Promise<void> {
  if (typeof on !== "boolean") refuseArgument("Whether the profile is on", on, "give true or false");
  return changeProfile(folder, name, (profile) => ({ ...profile, off: !on }));
}

async function changeProfile(
  folder: string,
  name: string,
  change: (profile: Profile) => Profile,
): Promise<void> {
  const { loaded, files } = await opened(folder);
  files.existing(name);
  const kept = await files.open(name, loaded);
  try {
    await kept.save(change(kept.profile));
  } finally {
    kept.close();
  }
}

/**
 * A profile of what several have learned: a point for each, what it learned times its weight, one over their number where none is
 * given. Those that it is
 * made of stay as they are.
 * @returns its path
 * @throws UserError where one is not there, is damaged or of another model, or `into` is there already
 */
export async function mergeProfiles(
  folder: string,
  names: readonly string[],
  options: MergeProfilesOptions,
): Promise<string> {
  checkOptions("mergeProfiles", options, MERGE_PROFILES_OPTIONS);
  if (!Array.isArray(names) || names.length < 2)
    throw new UserError("A merge takes two profiles or more; name them after the model.");
  const { into, weights = 1 / names.length, overwrite = false } = options;
  const factors = typeof weights === "number" ? names.map(() => weights) : weights;
  if (factors.length !== names.length)
    throw new UserError({
      option: "weights",
      problem: sentence`${option("weights")} has ${factors.length} numbers, and there are ${names.length} profiles`,
      advice: "give one for each, or one for all",
    });
  const { loaded, files, shapes } = await opened(folder);
  const path = files.pathOf(into);
  if (!overwrite && existsSync(path))
    throw new UserError({
      option: "into",
      problem: `There is a profile ${into} already`,
      advice: sentence`choose another name, or replace it with ${option("overwrite")}`,
    });
  const points: ProfilePoint[] = [];
  for (const [i, name] of names.entries()) {
    const profile = await files.read(name, loaded);
    const last = profile.points.at(-1);
    if (!last) throw new UserError(`The profile ${name} has learned nothing yet; leave it out.`);
    const sums = learnedSums(profile, shapes);
    for (const D of sums.values()) for (let j = 0; j < D.length; j++) D[j]! *= factors[i]!;
    const change = wholeChange(sums, shapes);
    points.push({ number: i + 1, at: last.at, ...sumFigures(profile.points), change });
  }
  await files.replace(into, loaded, { off: false, points });
  return path;
}

/** @throws UserError where it is not there, is no profile, or another process changes it */
export async function deleteProfile(folder: string, name: string): Promise<void> {
  checkPath("The model's folder", folder);
  const files = new ProfileFiles(folder);
  await deleteProfileFile(files.existing(name), files.isPath(name));
}

/**
 * Writes a model of its own, in which what a profile has learned is part of the weights: it is quantized, exported, fine-tuned and
 * profiled as any other.
 * @throws UserError as `load` with that profile; where `out` holds a model, or cannot be written
 */
export async function exportProfile(
  folder: string,
  name: string,
  options: ExportProfileOptions,
): Promise<void> {
  checkPath("The model's folder", folder);
  checkOptions("exportProfile", options, EXPORT_PROFILE_OPTIONS);
  const { out, overwrite = false } = options;
  const found = await inspectModelFolder(folder);
  await checkNewModel(out, overwrite, { folder, found, work: "whose profile is exported" });
  const { model, tokenizer, config, head, profile } = await load(folder, { profile: name });
  if (profile!.off)
    throw new UserError(`The profile ${name} is switched off; switch it on first (recurra profile on).`);
  const from = currentPaths(folder);
  const told = (await readMetadata(from.weights))[CLASSIFIER_KEY];
  const weights = model.parameters.map((parameter) => ({
    name: parameter.name,
    shape: parameter.shape,
    dtype: "F32" as const,
    data: Float32Array.from(model.engine.read(parameter.value)),
  }));
  await writeModelFolder(out, {
    config,
    tokenizerJson: tokenizer.toJSON(),
    weights: [...weights, ...headTensors(config, head)],
    metadata: { format: "pt", ...(told !== undefined && { [CLASSIFIER_KEY]: told }) },
    metrics: from.metrics,
  });
}

/** "0, 5 to 9" of ascending numbers. */
function rangesOf(numbers: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(", ");
}

/** `--profile` of commands: a model with what was learned from a person's text; and what `eval` tells of that. */
import type { LoadedModel } from "../apps/loaded-model.js";
import type { ProfileMeasure } from "../apps/measure-profile.js";
import { option, sentence, UserError } from "../errors.js";
import { escapeControls } from "../visible-text.js";
import type { Io } from "./io.js";
import { loadFirst, type NamedModel, NO_MODEL } from "./model-argument.js";
import { fourFigures, grouped, share } from "./numbers.js";

/** @throws UserError as `loadFirst` and `LoadedModel.withProfile` */
export async function loadProfiled(
  io: Io,
  named: NamedModel,
  { profile, ...where }: Parameters<typeof loadFirst>[1] & { readonly profile?: string | undefined },
): Promise<LoadedModel> {
  return withProfile(io, await loadFirst(named, where), profile);
}

/** As `loadProfiled`; undefined for `NO_MODEL`. @throws UserError also for a profile of none */
export async function loadProfiledUnlessNone(
  io: Io,
  named: NamedModel,
  how: Parameters<typeof loadProfiled>[2],
): Promise<LoadedModel | undefined> {
  if (named.folder !== NO_MODEL) return loadProfiled(io, named, how);
  if (how.profile === undefined) return undefined;
  throw new UserError({
    option: "profile",
    problem: sentence`${option("profile")} is what a model has learned, and there is none`,
    advice: sentence`name the model in place of ${NO_MODEL}, or leave ${option("profile")} out`,
  });
}

/** The model itself where no profile is named. */
export async function withProfile(
  io: Io,
  model: LoadedModel,
  profile: string | undefined,
): Promise<LoadedModel> {
  if (profile === undefined) return model;
  const mine = await model.withProfile(profile);
  if (mine.profile!.off)
    io.stderr.write(
      `${escapeControls(`The profile ${profile} is switched off: the model reads as it was trained.`)}\n`,
    );
  return mine;
}

export interface ProfileFlags {
  readonly profile?: string | undefined;
  readonly heldOut?: readonly string[] | undefined;
  readonly tune?: readonly string[] | undefined;
}

/** @param models how many there are @throws UserError for what a profile does not go with */
export function checkEvalProfile({ profile, tune }: ProfileFlags, models: number): void {
  if (profile === undefined) return;
  if (models > 1)
    throw new UserError({
      option: "profile",
      problem: sentence`${option("profile")} is of one model, and there are several`,
      advice: "give one of them",
    });
  if (tune)
    throw new UserError({
      option: "tune",
      problem: sentence`${option("tune")} keeps what it finds with the model, and ${option("profile")} is of other weights`,
      advice: sentence`tune the model first, without ${option("profile")}`,
    });
}

export function profileJson(name: string, { plain, heldOut }: ProfileMeasure): object {
  return { name, plainBitsPerChar: plain.bitsPerChar, plain, heldOut: heldOut ?? null };
}

/** What it gains on the text that was measured, and what it has forgotten. */
export function profileRows(
  name: string,
  bitsPerChar: number,
  { plain, heldOut }: ProfileMeasure,
): [name: string, text: string][] {
  return [
    ["profile", escapeControls(name)],
    ["without it", comparison(bitsPerChar, plain.bitsPerChar)],
    [
      "held-out text",
      heldOut
        ? `${fourFigures(heldOut.bitsPerChar)} bits per character, without the profile ${comparison(heldOut.bitsPerChar, heldOut.plainBitsPerChar)} (${grouped(heldOut.tokens)} tokens)`
        : "is not in the model's folder any more; give it with --held-out",
    ],
  ];
}

/** "2.113 bits per character: 3.2 % fewer with the profile" */
const comparison = (bits: number, plainBits: number): string =>
  `${fourFigures(plainBits)} bits per character: ${gainText(bits, plainBits)} with the profile`;

/** "6.2 % fewer" */
export function gainText(bits: number, plainBits: number): string {
  return bits <= plainBits
    ? `${share(plainBits - bits, plainBits, 1)} fewer`
    : `${share(bits - plainBits, plainBits, 1)} more`;
}

/** Where the profiles of a model are kept. */
import type { Floats } from "../engine/engine.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { Profile } from "./profile.js";
import type { TunedSource } from "./tuned.js";

/** The model that a profile is of: as it was trained. */
export interface ProfiledModel {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly tuned: TunedSource | undefined;
}

/** A profile that nobody else changes meanwhile. */
export interface OpenProfile {
  /** What is kept; without points where it is a new one. */
  readonly profile: Profile;
  /** For a person: its path. */
  readonly path: string;
  /** Keeps another in its place, whole or not at all. @throws UserError where it cannot be written */
  save(profile: Profile): Promise<void>;
  /** Others may change it again. */
  close(): void;
}

export interface ProfileStore {
  /** @param name or a path @throws UserError: there is none, it is damaged, or of another model */
  read(name: string, of: ProfiledModel): Promise<Profile>;
  /** @param name or a path @throws UserError: a bad name, damaged, of another model, or another process learns in it */
  open(name: string, of: ProfiledModel): Promise<OpenProfile>;
}

/** What a model has learned from a person's text. */
export interface Personal {
  /** The model as it was trained. */
  readonly trained: ProfiledModel;
  readonly profile: Profile;
}

/** Of a model's folder, and of a person. */
export interface Belongings {
  /** Where settings that were tuned for it are kept; absent for a model that is in no folder. */
  readonly tuned?: TunedSource | undefined;
  /** Of a classifier's model: weight (C, D) and bias (C) of its head, as they are stored (apps/classifier.ts); else none. */
  readonly head?: readonly Floats[] | undefined;
  /** Where profiles of it are kept; absent for a model that is in no folder. */
  readonly profiles?: ProfileStore | undefined;
  /** Absent where it is as it was trained. */
  readonly personal?: Personal | undefined;
}

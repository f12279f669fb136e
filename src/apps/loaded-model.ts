/** A model with its tokenizer, ready for use. Touches no files: `load` reads it from a folder. */
import { isIterable, refuseArgument } from "../argument-checks.js";
import type { AdaptOptions } from "../adapt/settings.js";
import type { Floats } from "../engine/engine.js";
import { UserError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { ModelConfig } from "../model/config.js";
import type { LanguageModel } from "../model/language-model.js";
import { RecurrentState } from "../model/state.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { EmbedOptions } from "../vectors/embed-options.js";
import type { AdaptedModel } from "./adapt-model.js";
import type { Learned, LearnOptions, LearnText } from "./learn-profile.js";
import type { Profile } from "./profile.js";
import type { Belongings, Personal, ProfileStore } from "./profile-store.js";
import { TextModel } from "./text-model.js";
import type { TunedSource } from "./tuned.js";

/** The result of one step. */
export interface Step {
  /** (V) logits of the next token; the caller's own. */
  readonly logits: Floats;
  /** The state after the token; the caller's own. */
  readonly state: RecurrentState;
}

export class LoadedModel extends TextModel<LanguageModel> {
  /** Where settings that were tuned for it are kept; absent for a model that is in no folder. */
  readonly tuned: TunedSource | undefined;
  /** Of a classifier's model: weight (C, D) and bias (C) of its head, as they are stored (apps/classifier.ts); else none. */
  readonly head: readonly Floats[];
  /** Where profiles of it are kept; absent for a model that is in no folder. */
  readonly profiles: ProfileStore | undefined;
  /** What it has learned from a person's text; absent where it is as it was trained. */
  readonly personal: Personal | undefined;

  /** @throws RangeError when model and tokenizer have not the same vocabulary */
  constructor(
    model: LanguageModel,
    tokenizer: Tokenizer,
    { tuned, head = [], profiles, personal }: Belongings = {},
  ) {
    super(model, tokenizer);
    this.tuned = tuned;
    this.head = head;
    this.profiles = profiles;
    this.personal = personal;
  }

  /** What it has learned from a person's text; undefined where it is as it was trained. */
  get profile(): Profile | undefined {
    return this.personal?.profile;
  }

  /** The model as it was trained: itself, where it has learned from nobody's text. */
  get untouched(): LoadedModel {
    if (!this.personal) return this;
    const { model, tuned } = this.personal.trained;
    return new LoadedModel(model, this.tokenizer, {
      tuned,
      head: this.head,
      profiles: this.profiles,
    });
  }

  get config(): ModelConfig {
    return this.model.config;
  }

  /** Number of weights; tied ones count once. */
  get parameterCount(): number {
    return this.model.parameterCount;
  }

  /**
   * A model that follows what it reads, by a neural cache, by dynamic evaluation, or with another softmax temperature.
   * What is not given is as tuned for this model, else the default. This model stays as it is.
   * @throws UserError for options that make no sense, dynamic evaluation of int8 weights, or a method whose statistics
   *   were not gathered
   */
  adapt(options: AdaptOptions): Promise<AdaptedModel>;
  /**
   * A model of one's own: this one, after it has learned from a text, as it goes on learning from what it is given next. Every
   * token is predicted before it is learned from: the last of `profile.points` says what that gains. This model stays as it
   * is, and nothing of its folder is changed; what was learned is kept where `profile` names a profile.
   * @param text whole, or in chunks that do not cut a surrogate pair, as they come
   * @throws UserError for options that make no sense, what is no text, int8 weights, a profile that is damaged, of another
   *   model, switched off, or in use; rates with which the weights run away: nothing is kept of the text then
   */
  adapt(text: LearnText, options?: LearnOptions): Promise<LoadedModel>;
  async adapt(
    given: AdaptOptions | LearnText,
    options: LearnOptions = {},
  ): Promise<AdaptedModel | LoadedModel> {
    if (typeof given !== "string" && !isIterable(given)) {
      const { adaptModel } = await loadPart(import("./adapt-model.js"));
      return adaptModel(this, given as AdaptOptions);
    }
    const { learnProfile } = await loadPart(import("./learn-profile.js"));
    return this.#own(await learnProfile(this, given as LearnText, options));
  }

  /**
   * This model with what a profile has learned.
   * @param name of a profile in the model's folder, or the path of its file
   * @throws UserError where there is none of that name, it is damaged, or of another model
   */
  async withProfile(name: string): Promise<LoadedModel> {
    const { readProfile } = await loadPart(import("./learn-profile.js"));
    return this.#own(await readProfile(this, name));
  }

  #own({ model, belongings }: Learned): LoadedModel {
    return new LoadedModel(model, this.tokenizer, belongings);
  }

  /**
   * A vector for each text, of what the output layer reads after its tokens (H numbers; `concat` 3 H): see
   * vectors/pooling.ts and vectors/common-part.ts. A text without tokens has the vector 0.
   * @param texts each read by itself, from the beginning of a line on
   * @throws UserError for options that make no sense, what is no text, and too few texts for what is to be taken out;
   *   the signal's reason where that ended it
   */
  async embed(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedOptions = {},
  ): Promise<Float32Array[]> {
    const { embedTexts } = await loadPart(import("./embed-texts.js"));
    return embedTexts(this, texts, options);
  }

  /**
   * Reads one token. Pure: the given state stays as it is.
   * @param state of one sequence; undefined is the state before anything was read
   * @throws UserError for an id outside the vocabulary, or what is no state of one sequence
   */
  step(state: RecurrentState | undefined, id: number): Step {
    const { vocabulary } = this.config;
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary)
      refuseArgument("The token's id", id, `give a whole number from 0 to ${vocabulary - 1}`);
    if (state !== undefined && !(state instanceof RecurrentState))
      refuseArgument("The state", state, "give one that step returned, or undefined to begin");
    if (state !== undefined && state.batch !== 1)
      throw new UserError(`The state is of ${state.batch} sequences; give the state of one.`);
    if (state !== undefined && !state.fits(this.model))
      throw new UserError("The state is of another model; give one that this model's step returned.");
    const next = state?.copy() ?? this.model.zeroState(1);
    const logits = this.model.logits(Int32Array.of(id), next).slice();
    return { logits, state: next };
  }
}

/** Learns from a text, as one more point of a profile. Touches no files itself. */
import { OnlineLearner } from "../adapt/online-learner.js";
import type { DynamicMethod, DynamicSettings } from "../adapt/settings.js";
import { checkText } from "../argument-checks.js";
import { Turns } from "../breathe.js";
import { option, sentence, UserError } from "../errors.js";
import { checkTrainable } from "../model/config.js";
import { emptyModel } from "../model/create-model.js";
import type { LanguageModel } from "../model/language-model.js";
import { weightShapes } from "../model/weight-shapes.js";
import { checkBelonging, checkOptions } from "../options/check.js";
import { defaultOf } from "../options/defaults.js";
import { LEARN_OPTIONS } from "../options/profile-options.js";
import { countCharacters } from "../text/characters.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { encodeChunks, type TokenStats } from "../text/windows/encode.js";
import {
  lastPoint,
  NEW_PROFILE,
  type PointFigures,
  type Profile,
  profileSums,
  withPoint,
} from "./profile.js";
import type { Belongings, OpenProfile, ProfiledModel, ProfileStore } from "./profile-store.js";
import { statisticsOf } from "./statistics-of.js";
import type { TunedSource } from "./tuned.js";
import { changeBetween, type WeightSums } from "./weight-change.js";

/** UTF-16 units that are learned from at a time; others have their turn between. */
const PIECE = 1024;

/** Of a text that is being learned from: what was read so far. */
export interface LearnProgress extends PointFigures {
  /** Number of the point that it will be. */
  readonly point: number;
}

/** The options of learning; ranges and defaults are in options/profile-options.ts. */
export interface LearnOptions {
  /** The profile that goes on learning, or is made: its name, or the path of its file. Without it nothing is kept. */
  readonly profile?: string | undefined;
  readonly method?: DynamicMethod | undefined;
  readonly rate?: number | undefined;
  readonly decay?: number | undefined;
  readonly segment?: number | undefined;
  readonly epsilon?: number | undefined;
  readonly rank?: number | undefined;
  /** While more is read, what was learned is kept so often. */
  readonly checkpointSeconds?: number | undefined;
  readonly onProgress?: ((progress: LearnProgress) => void) | undefined;
  /** Ends the reading early; what was learned by then is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** A model that learned from a person's text. */
export interface Learned {
  readonly model: LanguageModel;
  readonly belongings: Belongings;
}

export type LearnText = string | Iterable<string> | AsyncIterable<string>;

/** @throws UserError for options that make no sense */
export function checkLearnOptions(options: unknown): asserts options is LearnOptions {
  checkOptions("adapt", options, LEARN_OPTIONS);
  checkBelonging(options as LearnOptions, LEARN_OPTIONS);
}

/** A loaded model, as it was trained or with what it has learned already. */
interface Learning extends ProfiledModel, Belongings {
  readonly tuned: TunedSource | undefined;
}

/** @throws as `LoadedModel.adapt` */
export async function learnProfile(
  loaded: Learning,
  text: LearnText,
  options: LearnOptions,
): Promise<Learned> {
  checkLearnOptions(options);
  const of = trainedOf(loaded);
  if (options.profile === undefined)
    return profileLearned(
      loaded,
      await learnInto(of, loaded.personal?.profile ?? NEW_PROFILE, text, options, undefined),
    );
  const kept = await storeOf(loaded).open(options.profile, of);
  try {
    return profileLearned(loaded, await learnInto(of, kept.profile, text, options, kept));
  } finally {
    kept.close();
  }
}

/** A model with a profile that is kept. @throws as `LoadedModel.withProfile` */
export async function readProfile(loaded: Learning, name: string): Promise<Learned> {
  checkText("The profile", name);
  return profileLearned(loaded, await storeOf(loaded).read(name, trainedOf(loaded)));
}

/** @throws UserError for weights that are not trained */
function trainedOf({ model, tokenizer, tuned, personal }: Learning): ProfiledModel {
  const trained = personal?.trained ?? { model, tokenizer, tuned };
  checkTrainable(trained.model.config);
  return trained;
}

/** A model with a profile. @throws UserError for weights that are not trained, or that would not be finite */
export function profileLearned(loaded: Learning, profile: Profile): Learned {
  const trained = trainedOf(loaded);
  const { tuned } = trained;
  // What was tuned is used; what is found for these weights is not kept with those that were trained.
  const ofTrained: TunedSource | undefined = tuned && {
    read: () => tuned.read(),
    statistics: () => tuned.statistics(),
    ...(tuned.interpolations && { interpolations: () => tuned.interpolations!() }),
    ...(tuned.tokenCounts && { tokenCounts: () => tuned.tokenCounts!() }),
  };
  return {
    model: profiledModel(trained.model, profile),
    belongings: {
      tuned: ofTrained,
      head: loaded.head,
      profiles: loaded.profiles,
      personal: { trained, profile },
    },
  };
}

/** @throws UserError where there is none */
function storeOf({ profiles }: Learning): ProfileStore {
  if (profiles) return profiles;
  throw new UserError({
    option: "profile",
    problem: sentence`${option("profile")} is kept in a model's folder, and this model was loaded from none`,
    advice: "load it from its folder",
  });
}

function switchedOff(): UserError {
  return new UserError({
    option: "profile",
    problem: "The profile is switched off, and learns nothing",
    advice: "switch it on first (recurra profile on), or name another one",
  });
}

/** A model with its own copy of the weights, with what a profile has learned added. */
export function profiledModel(trained: LanguageModel, profile: Profile): LanguageModel {
  const { engine, config } = trained;
  const model = emptyModel(engine, config);
  const sums = profileSums(profile, [...weightShapes(config)]);
  for (const [i, { name, value }] of model.parameters.entries()) {
    const weights = Float64Array.from(engine.read(trained.parameters[i]!.value));
    for (const [j, x] of sums.get(name)!.entries()) weights[j]! += x;
    if (!weights.every(Number.isFinite))
      throw new UserError(
        "What the profile has learned makes weights that are not finite; go back to an earlier point of it (recurra profile roll-back), or delete it.",
      );
    engine.write(weights, value);
  }
  model.weightsChanged();
  return model;
}

async function learnInto(
  of: ProfiledModel,
  before: Profile,
  text: LearnText,
  options: LearnOptions,
  kept: OpenProfile | undefined,
): Promise<Profile> {
  if (before.off) throw switchedOff();
  const { onProgress, signal, ...given } = options;
  const { rank, checkpointSeconds } = LEARN_OPTIONS;
  const most = given.rank ?? rank.default;
  const milliseconds = 1000 * (given.checkpointSeconds ?? checkpointSeconds.default);
  const { model: trained, tokenizer } = of;
  const shapes = [...weightShapes(trained.config)];
  const settings = learningSettings(given);
  const statistics = settings.method === "rms" ? await statisticsOf(of.tuned, "method") : undefined;
  const learner = new OnlineLearner(trained, profiledModel(trained, before), settings, statistics);
  const sums = profileSums(before, shapes);
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  const learned = (characters: number): Profile => {
    const change = changeBetween(shapes, sums, differences(learner.learned, trained), most);
    return withPoint(before, { ...figuresOf(learner, characters), at, change }, shapes);
  };
  let last = performance.now();
  const turns = new Turns();
  const goesOn = async (characters: number): Promise<boolean> => {
    if (learner.figures.tokens > 0) {
      onProgress?.({ ...figuresOf(learner, characters), point: lastPoint(before) + 1 });
      if (kept && performance.now() - last >= milliseconds) {
        await kept.save(learned(characters));
        last = performance.now();
      }
    }
    if (turns.due) await turns.give();
    return signal?.aborted !== true;
  };
  const { extent } = await readText(learner, tokenizer, text, goesOn);
  if (learner.figures.tokens === 0) {
    if (signal?.aborted) throw signal.reason;
    throw new UserError(
      "There is nothing to learn from: of the text no token comes after another; give a longer one.",
    );
  }
  // From the rest of the last segment.
  learner.beginLine();
  const profile = learned(extent.characters);
  await kept?.save(profile);
  return profile;
}

/** @param goesOn gets the characters read so far, after each piece; false ends the reading */
async function readText(
  learner: OnlineLearner,
  tokenizer: Tokenizer,
  text: LearnText,
  goesOn: (characters: number) => Promise<boolean>,
): Promise<TokenStats> {
  async function* pieces(): AsyncGenerator<string> {
    let characters = 0;
    for await (const chunk of typeof text === "string" ? [text] : text) {
      checkText("A part of the text to learn from", chunk);
      for (const piece of cut(chunk)) {
        yield piece;
        characters += countCharacters(piece);
        if (!(await goesOn(characters))) return;
      }
    }
  }
  return encodeChunks(pieces(), tokenizer, tokenizer.bosId !== undefined, {
    ids: (ids) => learner.read(ids),
    line: () => learner.beginLine(),
  });
}

/** Pieces that cut no surrogate pair. */
function* cut(chunk: string): Generator<string> {
  for (let from = 0; from < chunk.length;) {
    let end = Math.min(chunk.length, from + PIECE);
    if (end < chunk.length && /[\uD800-\uDBFF]/.test(chunk[end - 1]!)) end++;
    yield chunk.slice(from, end);
    from = end;
  }
}

function learningSettings(
  given: Pick<LearnOptions, "method" | "rate" | "decay" | "segment" | "epsilon">,
): DynamicSettings {
  const usual = <T>(name: keyof typeof LEARN_OPTIONS): T =>
    defaultOf(LEARN_OPTIONS, name, given as Readonly<Record<string, unknown>>) as T;
  return {
    method: given.method ?? usual<DynamicMethod>("method"),
    rate: given.rate ?? usual<number>("rate"),
    decay: given.decay ?? usual<number>("decay"),
    segment: given.segment ?? usual<number>("segment"),
    epsilon: given.epsilon ?? usual<number>("epsilon"),
  };
}

function figuresOf({ figures }: OnlineLearner, characters: number): PointFigures {
  const { tokens, nats, plainNats } = figures;
  return { tokens, characters, bits: nats / Math.LN2, plainBits: plainNats / Math.LN2 };
}

/** What was learned of each weight. */
function differences({ engine, parameters }: LanguageModel, trained: LanguageModel): WeightSums {
  return new Map(
    parameters.map(({ name, value }, i) => {
      const weights = Float64Array.from(engine.read(value));
      const before = engine.read(trained.parameters[i]!.value);
      return [name, Float32Array.from(weights, (x, j) => x - before[j]!)];
    }),
  );
}

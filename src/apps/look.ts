/** A look into a model: what it does with a text, chapter by chapter. */
import { checkText, refuseArgument } from "../argument-checks.js";
import { option, sentence, UserError } from "../errors.js";
import { type ChapterData, type ChapterName, CHAPTERS } from "../look/chapters.js";
import { lookText } from "../look/look-text.js";
import { checkOptions } from "../options/check.js";
import { LOOK_OPTIONS } from "../options/look-options.js";
import { LOOK_CHAPTERS } from "../options/words.js";
import { hiddenSizes } from "../model/widths.js";
import { LoadedModel } from "./loaded-model.js";

/** Ranges and defaults are those of options/look-options.ts. */
export interface LookOptions {
  /** The chapters that are wanted. Default: all. */
  readonly only?: readonly ChapterName[] | undefined;
  /** Of the units: by name a 0 or a 1 for each character of the text, to be looked for besides what is looked for in every text. */
  readonly tracks?: ReadonlyMap<string, string> | undefined;
  /** Of the units: a part of the text; those that are on over it are told, and where else they are. */
  readonly phrase?: string | undefined;
  /** Of why: the text that follows, whose probability is explained (default: the most probable token), and another in its place. */
  readonly target?: string | undefined;
  readonly against?: string | undefined;
  readonly onProgress?: ((progress: LookProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LookProgress {
  readonly chapter: ChapterName;
  /** From 0 to 1. */
  readonly done: number;
}

/** A chapter that could not be told of this model or this text. */
export interface MissingChapter {
  readonly missing: string;
}

export interface LookedModel {
  readonly cell: string;
  readonly layers: number;
  readonly hidden: readonly number[];
  readonly vocabulary: number;
  readonly tokenizer: string;
  readonly lines: boolean;
  readonly parameters: number;
}

export interface LookReport {
  readonly model: LookedModel;
  readonly text: { readonly characters: number; readonly tokens: number; readonly unknown: number };
  /** Of the chapters that were wanted. */
  readonly chapters: { readonly [Name in ChapterName]?: ChapterData[Name] | MissingChapter };
}

/** The chapter that an option is of. */
const CHAPTER_OF = { tracks: "units", phrase: "units", target: "why", against: "why" } as const;

/**
 * Reads a text with a model and tells what it did: see docs/look.md. A chapter that this model or text does not allow says why
 * in `missing`; if it is the only one that is wanted, that is the error.
 * @throws UserError for options that make no sense, a text of fewer than two tokens, and broken weights; the signal's reason
 * where that ended it
 */
export async function look(model: LoadedModel, text: string, options: LookOptions = {}): Promise<LookReport> {
  if (!(model instanceof LoadedModel))
    refuseArgument("The model to look into", model, "give one that load or train returned");
  checkText("The text to look into", text);
  checkOptions("look", options, LOOK_OPTIONS);
  const { only = LOOK_CHAPTERS, tracks, phrase, target, against, onProgress, signal } = options;
  const settings = {
    tracks: tracks && Array.from(tracks, ([name, digits]) => ({ name, digits })),
    phrase,
    target,
    against,
  };
  for (const [name, chapter] of Object.entries(CHAPTER_OF))
    if (settings[name as keyof typeof settings] !== undefined && !only.includes(chapter))
      throw new UserError({
        option: name,
        problem: sentence`${option(name)} is of the chapter ${chapter}, which is not wanted`,
        advice: sentence`leave it out, or name ${chapter} in ${option("only")}`,
      });
  const { model: language, tokenizer, config } = model;
  const read = lookText(tokenizer, text);
  const chapters: Partial<Record<ChapterName, unknown>> = {};
  for (const name of LOOK_CHAPTERS.filter((chapter) => only.includes(chapter))) {
    onProgress?.({ chapter: name, done: 0 });
    try {
      chapters[name] = await CHAPTERS[name]({
        model: language,
        tokenizer,
        text: read,
        settings,
        onProgress: (done) => onProgress?.({ chapter: name, done }),
        signal,
      });
    } catch (error) {
      if (!(error instanceof UserError) || only.length === 1) throw error;
      chapters[name] = { missing: error.message } satisfies MissingChapter;
    }
  }
  const { unknownId } = tokenizer;
  return {
    model: {
      cell: config.cell,
      layers: config.layers,
      hidden: hiddenSizes(config),
      vocabulary: config.vocabulary,
      tokenizer: tokenizer.kind,
      lines: tokenizer.bosId !== undefined,
      parameters: model.parameterCount,
    },
    text: {
      characters: [...text].length,
      tokens: read.ids.length,
      unknown: unknownId === undefined ? 0 : read.ids.filter((id) => id === unknownId).length,
    },
    chapters: chapters as LookReport["chapters"],
  };
}

/** The chapters of a look into a model, in the order of the report: each is a computation whose result is plain data. */
import type { LanguageModel } from "../model/language-model.js";
import type { LOOK_CHAPTERS } from "../options/words.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { gates, type Gates } from "./gates/gates.js";
import type { LookText } from "./look-text.js";
import { lens, type Lens } from "./lens.js";
import { memory, type Memory } from "./memory/memory.js";
import type { GivenTrack } from "./units/tracks.js";
import { units, type Units } from "./units/units.js";
import { why, type Why } from "./why.js";
import { wordMap, type WordMap } from "./word-map.js";
import { surprise, type Surprise } from "./surprise/surprise.js";

export type ChapterName = (typeof LOOK_CHAPTERS)[number];

/** What the chapters have found, by name. */
export interface ChapterData {
  readonly surprise: Surprise;
  readonly why: Why;
  readonly units: Units;
  readonly gates: Gates;
  readonly memory: Memory;
  readonly lens: Lens;
  readonly words: WordMap;
}

/** What a person asks of single chapters. */
export interface ChapterSettings {
  /** Of the units: tracks besides those that are looked for in every text. */
  readonly tracks?: readonly GivenTrack[] | undefined;
  /** Of the units: those that are on over this part of the text, and where else they are. */
  readonly phrase?: string | undefined;
  /** Of why: what follows the text, and what might have stood in its place. */
  readonly target?: string | undefined;
  readonly against?: string | undefined;
}

/** What a chapter is given. */
export interface ChapterContext {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly text: LookText;
  readonly settings: ChapterSettings;
  /** Called with how much of the chapter is done, from 0 to 1. */
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** @throws UserError where it cannot be told of this model and text; the signal's reason where that ended it */
type Chapter<Data> = (context: ChapterContext) => Promise<Data>;

export const CHAPTERS: { readonly [Name in ChapterName]: Chapter<ChapterData[Name]> } = {
  surprise: (context) =>
    surprise(context.model, context.text, (id) => context.tokenizer.display(id), working(context)),
  why: (context) =>
    why(context.model, context.text, context.tokenizer, { ...context.settings, ...working(context) }),
  units: (context) => units(context.model, context.text, { ...context.settings, ...working(context) }),
  gates: (context) => gates(context.model, context.text, working(context)),
  memory: (context) => memory(context.model, context.text, working(context)),
  lens: (context) =>
    lens(context.model, context.text, (id) => context.tokenizer.display(id), working(context)),
  words: async ({ model, text, tokenizer }) => wordMap(model, text, tokenizer),
};

/** What is heard of the work, and ends it. */
function working({ onProgress, signal }: ChapterContext) {
  return { onProgress: (done: number, of: number) => onProgress(done / of), signal };
}

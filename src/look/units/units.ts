/** What the units do: which follow a property of the text, whether by more than chance, and whether the model needs them for it. */
import type { LanguageModel } from "../../model/language-model.js";
import type { LookText } from "../look-text.js";
import type { ReadingOptions } from "../read-text.js";
import { type Ablation, ablate } from "./ablation.js";
import { chanceOf, SHIFTS } from "./chance.js";
import type { UnitPlace } from "./held-model.js";
import { type PhraseUnits, phraseUnits } from "./phrase.js";
import { type Following, halfOf, searchUnits } from "./search.js";
import { placeOf, tracesOf } from "./traces.js";
import { type GivenTrack, givenTrack, textTracks, type Track } from "./tracks.js";

/** Units that are told of each property; of the first of them the ablation, and tokens for drawing. */
const TOLD = 3;
const DRAWN = 600;
const SEED = 1;
/** p below which a find is told as one, divided by the number of finds that are tested. */
const LEVEL = 0.05;
/** The least p that there can be. */
const LEAST_P = 1 / (1 + SHIFTS);

export interface UnitFound extends UnitPlace, Following {
  /** See chance.ts; null where the text is too short to tell. */
  readonly p: number | null;
  /** p is at most 0.05 divided by the number of units that are told of, or as small as so many shifts can show. */
  readonly significant: boolean;
}

export interface PropertyUnits {
  readonly name: string;
  /** "auc": a half by chance, 1 or 0 at best; "r": 0 by chance, 1 or −1 at best. */
  readonly measure: "auc" | "r";
  /** The part of the tokens that have it; of a number its mean. */
  readonly mean: number;
  /** The best of the half that was searched, the best first. */
  readonly units: readonly UnitFound[];
  /** Of the first one; null where weights are whole numbers. */
  readonly ablation: Ablation | null;
  /** Of the first one: h at the first tokens, for drawing, and the property there. */
  readonly activations: readonly number[];
  readonly values: readonly number[];
}

export interface Units {
  readonly units: number;
  readonly tokens: number;
  /** Those which enough tokens have, the best found first. */
  readonly properties: readonly PropertyUnits[];
  /** Names of those that were not looked for, as hardly any token has them, or hardly any has not. */
  readonly rare: readonly string[];
  /** The first tokens, as they are drawn. */
  readonly texts: readonly string[];
  readonly phrase: PhraseUnits | null;
}

export interface UnitsOptions extends Pick<ReadingOptions, "onProgress" | "signal"> {
  readonly tracks?: readonly GivenTrack[] | undefined;
  readonly phrase?: string | undefined;
}

/** Parts of the work, of all. */
const SEARCHING = 0.35;
const TRACING = 0.45;

/** @throws UserError for a track that does not fit, or a phrase that is not in the text; as `readText` */
export async function units(
  model: LanguageModel,
  text: LookText,
  { tracks: given = [], phrase, onProgress, signal }: UnitsOptions = {},
): Promise<Units> {
  const own = given.map((track) => givenTrack(track, text.pieces));
  const tracks: Track[] = [...textTracks(text.pieces), ...own];
  const part = (from: number, to: number) => ({
    onProgress: (done: number, of: number) => onProgress?.(from + (to - from) * (done / of), 1),
    ...(signal && { signal }),
  });
  const marked =
    phrase === undefined ? null : await phraseUnits(model, text, phrase, { ...(signal && { signal }) });
  const { units: D, following, means } = await searchUnits(model, text, tracks, part(0, SEARCHING));
  const found = tracks.flatMap((track, i) => {
    const all = following[i];
    return all ? [{ track, best: bestOf(all, track), all }] : [];
  });
  const places = [...new Set(found.flatMap(({ best }) => best))];
  const traces = await tracesOf(
    model,
    text,
    places.map((unit) => placeOf(model, unit)),
    part(SEARCHING, TRACING),
  );
  const tests = found.reduce((sum, { best }) => sum + best.length, 0);
  const held = found.map(({ track, best }) => ({
    ...placeOf(model, best[0]!),
    value: means[best[0]!]!,
    track,
  }));
  const ablations =
    model.config.weights === undefined ? await ablate(model, text, held, part(TRACING, 1)) : undefined;
  const properties = found.map(({ track, best, all }, i): PropertyUnits => {
    const first = traces[places.indexOf(best[0]!)]!;
    return {
      name: track.name,
      measure: track.kind === "number" ? "r" : "auc",
      mean: track.values.reduce((sum, value) => sum + value, 0) / track.values.length,
      units: best.map((unit) => {
        const trace = traces[places.indexOf(unit)]!;
        const p = chanceOf(trace, track, (place) => halfOf(place) === 1, SEED);
        return {
          ...placeOf(model, unit),
          ...all[unit]!,
          p,
          significant: p !== null && p <= Math.max(LEVEL / tests, LEAST_P),
        };
      }),
      ablation: ablations?.[i] ?? null,
      activations: Array.from(first.subarray(0, DRAWN)),
      values: Array.from(track.values.subarray(0, DRAWN)),
    };
  });
  const strength = ({ measure, units: [best] }: PropertyUnits): number =>
    measure === "r" ? Math.abs(best!.told) : Math.abs(best!.told - 0.5) * 2;
  return {
    units: D,
    tokens: text.ids.length,
    properties: properties.toSorted((a, b) => strength(b) - strength(a)),
    rare: tracks.flatMap(({ name }, i) => (following[i] ? [] : [name])),
    texts: text.pieces.slice(0, DRAWN),
    phrase: marked,
  };
}

/** The units that follow a track most, in whatever direction, in the half that is searched. */
function bestOf(all: readonly Following[], { kind }: Track): number[] {
  const from = kind === "number" ? 0 : 0.5;
  return Array.from(all.keys())
    .toSorted((a, b) => Math.abs(all[b]!.searched - from) - Math.abs(all[a]!.searched - from))
    .slice(0, TOLD);
}

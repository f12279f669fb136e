/** What was learned, as plain data: for programs, and for the report's page. */
import { learnedOf } from "./learned.js";
import { learnedSentences } from "./learned-words.js";
import type { SettingValue } from "./space.js";
import type { Study } from "./study.js";

export interface LearnedData {
  readonly trials: number;
  readonly sentences: readonly string[];
  readonly options: readonly {
    readonly name: string;
    readonly importance: number;
    readonly ordered: boolean;
    readonly points: readonly {
      readonly value: SettingValue;
      /** At this value, whatever the others are: bits a character, and the part by which the trees differ on it. */
      readonly bitsPerChar: number;
      readonly spread: number;
      /** Of a pass over the text. */
      readonly seconds: number;
    }[];
  }[];
  readonly interactions: readonly { readonly names: readonly string[]; readonly share: number }[];
}

/** Null where too few trials were measured. */
export function learnedJson(study: Study): LearnedData | null {
  const learned = learnedOf(study);
  if (!learned) return null;
  return {
    trials: learned.trials,
    sentences: learnedSentences(learned),
    options: learned.options.map(({ name, importance, ordered, points }) => ({
      name,
      importance,
      ordered,
      points: points.map(({ value, mean, spread, time }) => ({
        value,
        bitsPerChar: Math.exp(mean),
        spread,
        seconds: Math.exp(time),
      })),
    })),
    interactions: learned.interactions,
  };
}

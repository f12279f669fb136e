/**
 * What a model loses where one unit's output stands still at its mean: at the places that have a property, and elsewhere. A unit
 * that follows a property need not be used for it; one whose standing still costs most where the property is, is.
 */
import type { LanguageModel } from "../../model/language-model.js";
import { firstTokens, type LookText } from "../look-text.js";
import { type MeanAndError, meanAndError } from "../memory/mean-and-error.js";
import { type ReadingOptions, readText } from "../read-text.js";
import { heldModel, type UnitPlace } from "./held-model.js";
import type { Track } from "./tracks.js";

/** Tokens that are read for each unit, and streams: each step of them all is a product. */
const TOKENS = 12_288;
const STREAMS = 64;

export interface Ablation {
  /** Nats a token more than with the unit, of tokens that follow one with the property, and of the others. */
  readonly there: Loss;
  readonly elsewhere: Loss;
}

/** The mean, and of how many tokens. */
export interface Loss extends MeanAndError {
  readonly tokens: number;
}

export interface HeldUnit extends UnitPlace {
  /** Its mean output. */
  readonly value: number;
  /** What it follows; of a number, places above its mean have it. */
  readonly track: Track;
}

/** By unit. @param model of weights in floats @throws as `readText` */
export async function ablate(
  model: LanguageModel,
  text: LookText,
  units: readonly HeldUnit[],
  { onProgress, signal }: Pick<ReadingOptions, "onProgress" | "signal"> = {},
): Promise<Ablation[]> {
  const part = firstTokens(text, TOKENS);
  const tokens = part.ids.length;
  const { model: held, hold } = await heldModel(model);
  const all = (units.length + 1) * tokens;
  let before = 0;
  const losses = async (): Promise<Float64Array> => {
    const found = new Float64Array(tokens).fill(NaN);
    await readText(
      held,
      part,
      {
        streams: STREAMS,
        signal,
        onProgress: (done, of) => onProgress?.(before + (done / of) * tokens, all),
      },
      ({ count, predicted, logProbabilities }) => {
        for (let n = 0; n < count; n++) if (predicted[n]! >= 0) found[predicted[n]!] = -logProbabilities[n]!;
      },
    );
    before += tokens;
    return found;
  };
  const whole = await losses();
  const ablations: Ablation[] = [];
  for (const { layer, unit, value, track } of units) {
    hold([{ layer, unit, value }]);
    const without = await losses();
    const has = holder(track, tokens);
    const there: number[] = [];
    const elsewhere: number[] = [];
    // What is predicted after a token is what its state serves.
    for (let place = 1; place < tokens; place++) {
      const lost = without[place]! - whole[place]!;
      if (!Number.isNaN(lost)) (has(place - 1) ? there : elsewhere).push(lost);
    }
    ablations.push({ there: lossOf(there), elsewhere: lossOf(elsewhere) });
  }
  return ablations;
}

const lossOf = (lost: readonly number[]): Loss => ({ ...meanAndError(lost), tokens: lost.length });

function holder({ kind, values }: Track, tokens: number): (place: number) => boolean {
  if (kind === "yes or no") return (place) => values[place] === 1;
  const own = values.subarray(0, tokens);
  const mean = own.reduce((sum, value) => sum + value, 0) / tokens;
  return (place) => values[place]! > mean;
}

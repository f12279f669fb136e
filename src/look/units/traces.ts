/** h of some units over the first tokens of a text. */
import type { LanguageModel } from "../../model/language-model.js";
import { hiddenSizes } from "../../model/widths.js";
import { firstTokens, type LookText } from "../look-text.js";
import { type ReadingOptions, readText } from "../read-text.js";
import type { UnitPlace } from "./held-model.js";

/** Tokens whose activations are held, at most. */
export const MOST_TRACED = 20_000;

/** The layer and unit of a number among the units of all layers. */
export function placeOf(model: LanguageModel, number: number): UnitPlace {
  let unit = number;
  for (const [layer, size] of hiddenSizes(model.config).entries()) {
    if (unit < size) return { layer, unit };
    unit -= size;
  }
  throw new RangeError(`the model has no unit ${number}`);
}

/** By unit: h at each of the first tokens, at most MOST_TRACED. */
export async function tracesOf(
  model: LanguageModel,
  text: LookText,
  units: readonly UnitPlace[],
  options: Pick<ReadingOptions, "onProgress" | "signal"> = {},
): Promise<Float32Array[]> {
  const part = firstTokens(text, MOST_TRACED);
  const tokens = part.ids.length;
  const sizes = hiddenSizes(model.config);
  const traces = units.map(() => new Float32Array(tokens));
  await readText(
    model,
    part,
    { ...options, streams: 8, recording: { hidden: true } },
    ({ count, read, recording }) => {
      for (const [i, { layer, unit }] of units.entries()) {
        const h = recording!.hidden[layer]!;
        const trace = traces[i]!;
        for (let n = 0; n < count; n++) if (read[n]! >= 0) trace[read[n]!] = h[n * sizes[layer]! + unit]!;
      }
    },
  );
  return traces;
}

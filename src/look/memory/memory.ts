/**
 * How far a model remembers. At drawn places of a text its loss is measured
 *
 * - with the k tokens before the place and nothing else: the state is zero before them;
 * - with what lies further back than k shuffled, or taken from elsewhere in the text (Khandelwal et al., 2018, arXiv 1805.04623):
 *   what of it the model uses at all, and whether it uses its order;
 * - with the state of one layer alone set to zero k tokens before.
 *
 * Beside that stands the gradient by the input (input-gradients.ts). The half-life is the k at which half of what all the context
 * gains over the last token alone is gained.
 */
import { Random } from "../../engine/random.js";
import type { LanguageModel } from "../../model/language-model.js";
import type { LookText } from "../look-text.js";
import { inputGradients } from "./input-gradients.js";
import { type MeanAndError, meanAndError } from "./mean-and-error.js";
import { passages, shuffledBefore } from "./other-tokens.js";
import { drawPlaces } from "./places.js";
import { lastLosses, readRows, readTo, ROWS, type Work } from "./row-losses.js";

/** Places of the first measure, and of the others, which cost more of each. */
const PLACES = 128;
const FEWER = 48;
/** Tokens before a place at most where what lies further back is changed, or one layer forgets; and of the gradient. */
const FAR = 300;
const SEED = 1;
/** Nats: longer contexts are left out after two in a row that change no place by more. */
const SETTLED = 1e-3;

/** A context of k tokens. */
export interface ContextLoss extends MeanAndError {
  readonly context: number;
}

export interface LayerMemory {
  readonly layer: number;
  /** Nats more than with all of the state, at k tokens after this layer's state was set to zero. */
  readonly forgotten: readonly ContextLoss[];
}

export interface Memory {
  readonly places: number;
  /** Nats with all of the context that there is, the longest measured. */
  readonly full: MeanAndError & { readonly context: number };
  /** Nats more than that, with k tokens only. It ends with the second k in a row at which no place changes by 0.001. */
  readonly truncated: readonly ContextLoss[];
  /** Nats more than with the whole of `far` tokens, with those further back than k in another order, or of another place. */
  readonly far: number;
  readonly shuffled: readonly ContextLoss[];
  readonly replaced: readonly ContextLoss[];
  /** In tokens; null where the context gains nothing. */
  readonly halfLife: number | null;
  readonly layers: readonly LayerMemory[];
  /** n(k), k from 1 on; null where the weights are not trained. */
  readonly gradients: readonly MeanAndError[] | null;
}

export interface MemoryOptions {
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of the draws. */
  readonly seed?: number;
}

/** @throws UserError for a text that is too short; the signal's reason where that ended it */
export async function memory(
  model: LanguageModel,
  text: LookText,
  { onProgress, signal, seed = SEED }: MemoryOptions = {},
): Promise<Memory> {
  const { places, contexts } = drawPlaces(text, PLACES, seed);
  const fewer = places.filter((_, n) => n % Math.ceil(places.length / FEWER) === 0);
  const far = Math.min(FAR, contexts.at(-1)!);
  const near = contexts.filter((context) => context < far);
  const all =
    sum(contexts) * places.length +
    fewer.length * (far * (4 + near.length) + sum(near) * (1 + model.config.layers));
  let done = 0;
  const work: Work = { signal, onTokens: (tokens) => onProgress?.(Math.min((done += tokens), all), all) };
  const before = (place: number, context: number): Int32Array =>
    text.ids.subarray(place - context, place + 1);
  const longest = contexts.at(-1)!;
  const full = await lastLosses(
    model,
    places.map((place) => before(place, longest)),
    work,
  );
  const truncated = await growing(contexts, full, (context) =>
    context === longest
      ? Promise.resolve(full)
      : lastLosses(
          model,
          places.map((place) => before(place, context)),
          work,
        ),
  );

  const rows = fewer.map((place) => before(place, far));
  const whole = await lastLosses(model, rows, work);
  const random = new Random(seed + 1);
  const shuffled = await growing(near, whole, (context) =>
    lastLosses(
      model,
      rows.map((row) => shuffledBefore(row, context, random)),
      work,
    ),
  );
  const others = passages(text.ids, far, rows.length, new Random(seed + 2));
  const replaced = await replacedBefore(model, rows, others, near, work);
  const layers = await layersForgotten(model, rows, near, whole, work);
  const gradients = model.config.weights === undefined ? await inputGradients(model, rows, work) : null;
  onProgress?.(all, all);
  return {
    places: places.length,
    full: { context: longest, ...meanAndError(full) },
    truncated,
    far,
    shuffled,
    replaced: near.map((context, i) => lossAt(context, replaced[i]!, whole)),
    halfLife: halfLifeOf(truncated),
    layers,
    gradients,
  };
}

const lossAt = (context: number, losses: Float64Array, whole: Float64Array): ContextLoss => ({
  context,
  ...meanAndError(difference(losses, whole)),
});

/** Losses above the whole one with more and more of the context, as far as that changes anything. */
async function growing(
  contexts: readonly number[],
  whole: Float64Array,
  measure: (context: number) => Promise<Float64Array>,
): Promise<ContextLoss[]> {
  const found: ContextLoss[] = [];
  let settled = 0;
  for (const context of contexts) {
    const losses = await measure(context);
    found.push(lossAt(context, losses, whole));
    settled = difference(losses, whole).every((lost) => Math.abs(lost) < SETTLED) ? settled + 1 : 0;
    if (settled === 2) break;
  }
  return found;
}

/** By context: losses of the rows where the tokens further back are those of as many other rows. */
async function replacedBefore(
  model: LanguageModel,
  rows: readonly Int32Array[],
  others: readonly Int32Array[],
  contexts: readonly number[],
  work: Work,
): Promise<Float64Array[]> {
  const losses = contexts.map(() => new Float64Array(rows.length));
  for (let first = 0; first < rows.length; first += ROWS) {
    const part = rows.slice(first, first + ROWS);
    await readTo(model, others.slice(first, first + ROWS), contexts, work, async (i, to, state) => {
      const rest = part.map((row) => row.subarray(to));
      losses[i]!.set(await readRows(model, rest, state, work), first);
    });
  }
  return losses;
}

/** By layer: the loss where this layer alone begins from zero k tokens before the target, above that of the whole. */
async function layersForgotten(
  model: LanguageModel,
  rows: readonly Int32Array[],
  contexts: readonly number[],
  whole: Float64Array,
  work: Work,
): Promise<LayerMemory[]> {
  const L = model.config.layers;
  const losses = Array.from({ length: L }, () => contexts.map(() => new Float64Array(rows.length)));
  for (let first = 0; first < rows.length; first += ROWS) {
    const part = rows.slice(first, first + ROWS);
    await readTo(model, part, contexts, work, async (i, to, state) => {
      const rest = part.map((row) => row.subarray(to));
      for (let l = 0; l < L; l++) {
        const forgetting = state.copy();
        const { h, c } = forgetting.layers[l]!;
        model.engine.fill(h, 0);
        if (c) model.engine.fill(c, 0);
        losses[l]![i]!.set(await readRows(model, rest, forgetting, work), first);
      }
    });
  }
  return losses.map((byContext, layer) => ({
    layer,
    forgotten: contexts.map((context, i) => lossAt(context, byContext[i]!, whole)),
  }));
}

/** Where the loss above the full one has fallen to half of that with one token, between contexts by their logarithms. */
function halfLifeOf(truncated: readonly ContextLoss[]): number | null {
  const half = truncated[0]!.mean / 2;
  const i = truncated.findIndex(({ mean }) => mean <= half);
  if (half <= 0 || i < 1) return null;
  const [a, b] = [truncated[i - 1]!, truncated[i]!];
  const part = (a.mean - half) / (a.mean - b.mean);
  return Math.exp(Math.log(a.context) + part * (Math.log(b.context) - Math.log(a.context)));
}

const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

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
import { drawPlaces } from "./places.js";
import { lastLosses, readOn, readRows, ROWS, type Work } from "./row-losses.js";

/** Places of the first measure, and of the others, which cost more of each. */
const PLACES = 128;
const FEWER = 48;
/** Tokens before a place at most where what lies further back is changed, or one layer forgets; and of the gradient. */
const FAR = 300;
const SEED = 1;

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
  /** Nats more than that, with k tokens only. */
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
    far * fewer.length * (1 + 2 * near.length) +
    fewer.length * (far + sum(near) * model.config.layers);
  let done = 0;
  const work: Work = { signal, onTokens: (tokens) => onProgress?.(Math.min((done += tokens), all), all) };
  const before = (place: number, context: number): Int32Array =>
    text.ids.subarray(place - context, place + 1);

  const byContext: Float64Array[] = [];
  for (const context of contexts)
    byContext.push(
      await lastLosses(
        model,
        places.map((place) => before(place, context)),
        work,
      ),
    );
  const full = byContext.at(-1)!;
  const truncated = contexts.map((context, i) => ({
    context,
    ...meanAndError(difference(byContext[i]!, full)),
  }));

  const rows = fewer.map((place) => before(place, far));
  const whole = await lastLosses(model, rows, work);
  const changed = async (
    change: (row: Int32Array, context: number) => Int32Array,
  ): Promise<ContextLoss[]> => {
    const found: ContextLoss[] = [];
    for (const context of near) {
      const losses = await lastLosses(
        model,
        rows.map((row) => change(row, context)),
        work,
      );
      found.push({ context, ...meanAndError(difference(losses, whole)) });
    }
    return found;
  };
  const random = new Random(seed + 1);
  return {
    places: places.length,
    full: { context: contexts.at(-1)!, ...meanAndError(full) },
    truncated,
    far,
    shuffled: await changed((row, context) => shuffledBefore(row, context, random)),
    replaced: await changed((row, context) => replacedBefore(row, context, text.ids, random)),
    halfLife: halfLifeOf(truncated),
    layers: await layersForgotten(model, rows, near, whole, work),
    gradients: model.config.weights === undefined ? inputGradients(model, rows) : null,
  };
}

/** Of a row's tokens those further back than the last `context` before its target, in a drawn order. */
function shuffledBefore(row: Int32Array, context: number, random: Random): Int32Array {
  const changed = row.slice();
  for (let i = row.length - 2 - context; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [changed[i], changed[j]] = [changed[j]!, changed[i]!];
  }
  return changed;
}

/** The same tokens in place of which stand as many from a drawn place of the text. */
function replacedBefore(row: Int32Array, context: number, ids: Int32Array, random: Random): Int32Array {
  const changed = row.slice();
  const count = row.length - 1 - context;
  const from = Math.floor(random.next() * (ids.length - count + 1));
  changed.set(ids.subarray(from, from + count));
  return changed;
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
    const state = model.zeroState(part.length);
    let at = 0;
    for (const [i, context] of [...contexts.entries()].toReversed()) {
      const to = part[0]!.length - 1 - context;
      await readOn(
        model,
        part.map((row) => row.subarray(at, to)),
        state,
        work,
      );
      at = to;
      for (let l = 0; l < L; l++) {
        const forgetting = state.copy();
        const { h, c } = forgetting.layers[l]!;
        model.engine.fill(h, 0);
        if (c) model.engine.fill(c, 0);
        const rest = part.map((row) => row.subarray(to));
        losses[l]![i]!.set(await readRows(model, rest, forgetting, work), first);
      }
    }
  }
  return losses.map((byContext, layer) => ({
    layer,
    forgotten: contexts.map((context, i) => ({
      context,
      ...meanAndError(difference(byContext[i]!, whole)),
    })),
  }));
}

/** Where the loss above the full one has fallen to half of that with one token, between contexts by their logarithms. */
function halfLifeOf(truncated: readonly ContextLoss[]): number | null {
  const half = truncated[0]!.mean / 2;
  if (half <= 0) return null;
  const i = truncated.findIndex(({ mean }) => mean <= half);
  const [a, b] = [truncated[i - 1]!, truncated[i]!];
  const part = (a.mean - half) / (a.mean - b.mean);
  return Math.exp(Math.log(a.context) + part * (Math.log(b.context) - Math.log(a.context)));
}

const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

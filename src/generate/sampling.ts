/**
 * From logits to a token, in this order:
 *
 *   1. tokens that may not be drawn are taken out
 *   2. repetition penalty θ (Keskar et al., 2019): the logit x of a token already seen becomes x / θ, or x · θ if x < 0
 *   3. temperature τ: p ∝ exp(x / τ); 0 is the most probable token, the lowest id of equals, and ends here
 *   4. top-k (Fan et al., 2018): the k most probable stay, of equals the lower ids
 *   5. top-p (Holtzman et al., 2020): of those the fewest most probable whose part of their sum is p or more
 *   6. min-p (Nguyen et al., 2024): of those the ones at least min-p times as probable as the most probable
 *   7. one draw from what is left, its probabilities made to sum to 1
 */
import type { Floats } from "../engine/engine.js";
import type { Random } from "../engine/random.js";
import { notFinite } from "../model/not-finite.js";
import type { Predictor } from "../model/predictor.js";
import { type ChangedLogits, EngineSoftmax } from "./engine-softmax.js";
import { expOfNegative } from "./exp-table.js";
import { RankedTokens } from "./ranked-tokens.js";
import type { SamplingSettings } from "./sampling-settings.js";
import { logSumExp } from "./softmax.js";

/** From this vocabulary on an engine's exponentials are worth the passage through its memory. */
const WORTH_AN_ENGINE = 1024;

/** A token that was drawn. */
export interface DrawnToken {
  readonly id: number;
  /** ln p of the token, as the model has it: before penalty, temperature and cuts. In nats. */
  readonly logProbability: number;
}

/** Draws tokens for a vocabulary of V; holds the memory for it, so that a draw allocates nothing of that size. */
export class Sampler {
  readonly #model: Pick<Predictor, "hazard">;
  readonly #settings: SamplingSettings;
  readonly #excluded: readonly number[];
  /** The excluded ones, each at −∞. */
  readonly #taken: ChangedLogits;
  readonly #weights: Float64Array;
  readonly #ranked: RankedTokens;
  readonly #engineSoftmax: EngineSoftmax | undefined;

  /**
   * @param size V
   * @param excluded ids that are never drawn
   * @param model what gives the logits; its engine computes the exponentials where the vocabulary is large
   */
  constructor(
    size: number,
    settings: SamplingSettings,
    excluded: readonly number[] = [],
    model: Pick<Predictor, "engine" | "hazard"> = {},
  ) {
    const { engine } = model;
    this.#model = model;
    this.#engineSoftmax = engine && size >= WORTH_AN_ENGINE ? new EngineSoftmax(engine, size) : undefined;
    this.#settings = settings;
    this.#excluded = excluded;
    this.#taken = new Map(excluded.map((id) => [id, -Infinity]));
    this.#weights = new Float64Array(size);
    this.#ranked = new RankedTokens(size);
  }

  /**
   * Draws one token; takes one number from `random`, or none at temperature 0.
   * @param logits (V), only read
   * @param seen ids that the repetition penalty is for, each once
   * @throws UserError when the logits hold NaN or nothing is possible
   */
  draw(logits: Floats, random: Random, seen: Iterable<number> = []): DrawnToken {
    const { temperature, topK, topP, minP } = this.#settings;
    const weights = this.#weights;
    const { normalizer, best } = this.#soften(logits, seen);
    let id = best;
    if (temperature > 0) {
      const cut = (topK !== undefined && topK < weights.length) || topP < 1;
      id = cut
        ? this.#drawRanked(random.next(), topK ?? weights.length, topP, minP)
        : drawAbove(weights, sumAbove(weights, minP), random.next(), minP);
    }
    return { id, logProbability: logProbability(logits[id]!, normalizer) };
  }

  /**
   * Steps 1 to 3: the weights become exp((x − max) / τ), at most 1.
   * @returns ln Σ e^x of the logits as they came, and the most probable token after steps 1 and 2
   */
  #soften(logits: Floats, seen: Iterable<number>): { normalizer: number; best: number } {
    const { temperature } = this.#settings;
    const weights = this.#weights;
    const changed = this.#changed(logits, seen);
    const softened = this.#engineSoftmax?.soften(logits, temperature, changed, weights);
    if (softened) {
      for (const id of this.#excluded) weights[id] = 0;
      return softened;
    }
    weights.set(logits);
    const normalizer = logSumExp(weights);
    if (Number.isNaN(normalizer) || normalizer === -Infinity) throw notFinite(this.#model);
    for (const [id, logit] of changed) weights[id] = logit;
    const best = argmax(weights);
    if (weights[best] === -Infinity) throw notFinite(this.#model);
    if (temperature > 0) toWeights(weights, weights[best]!, temperature);
    return { normalizer, best };
  }

  /** Steps 1 and 2: the logits that they change. */
  #changed(logits: Floats, seen: Iterable<number>): ChangedLogits {
    const { repetitionPenalty } = this.#settings;
    if (repetitionPenalty === 1) return this.#taken;
    const changed = new Map<number, number>();
    for (const id of seen) {
      const logit = logits[id]!;
      changed.set(id, logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty);
    }
    for (const id of this.#excluded) changed.set(id, -Infinity);
    return changed;
  }

  /** Steps 4 to 7 where ranks are needed. `u` is uniform in [0, 1). */
  #drawRanked(u: number, topK: number, topP: number, minP: number): number {
    const weights = this.#weights;
    const ranked = this.#ranked;
    ranked.begin(weights);
    // Without top-k the sum of all is known before anything is ranked, so that ranking ends with the nucleus.
    let sum = 0;
    if (topK < weights.length) {
      ranked.rank(topK);
      for (let r = 0; r < ranked.count; r++) sum += weights[ranked.id(r)]!;
    } else for (const weight of weights) sum += weight;

    let kept = 0;
    let mass = 0;
    while (mass < topP * sum || kept === 0) {
      ranked.rank(kept + 1);
      if (kept === ranked.count) break;
      const weight = weights[ranked.id(kept)]!;
      if (kept > 0 && weight < minP) break;
      mass += weight;
      kept++;
    }
    let rest = u * mass;
    for (let r = 0; r < kept - 1; r++) {
      rest -= weights[ranked.id(r)]!;
      if (rest < 0) return ranked.id(r);
    }
    return ranked.id(kept - 1);
  }
}

/** ln p; a logit of +∞ takes everything. */
function logProbability(logit: number, normalizer: number): number {
  return logit === normalizer ? 0 : logit - normalizer;
}

function argmax(x: Float64Array): number {
  let best = 0;
  for (let i = 1; i < x.length; i++) if (x[i]! > x[best]!) best = i;
  return best;
}

/** x becomes exp((x − max) / τ), at most 1. Equal to the greatest is 1 even where that is ∞. */
function toWeights(x: Float64Array, max: number, temperature: number): void {
  for (let i = 0; i < x.length; i++) {
    x[i] = x[i] === max ? 1 : expOfNegative((x[i]! - max) / temperature);
  }
}

function sumAbove(weights: Float64Array, least: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i]! >= least) sum += weights[i]!;
  return sum;
}

/** The first id at which the running sum of the weights that are `least` or more passes u · sum. */
function drawAbove(weights: Float64Array, sum: number, u: number, least: number): number {
  let rest = u * sum;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (weight < least || weight === 0) continue;
    rest -= weight;
    last = i;
    if (rest < 0) break;
  }
  return last;
}

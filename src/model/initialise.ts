/**
 * Initial weights. Cells: uniform in ±1/√H, as PyTorch does, but for the biases that a cell's description sets.
 * Projections, those of an adaptive softmax and of a mixture too: uniform in ±1/√(columns); so are those of a Mogrifier
 * LSTM's rounds, whose biases are zero. Embedding and decoder: uniform in ±0.1. The decoder's biases are zero, or those of the tokens such that they alone give the unigram distribution:
 *
 *   b_v = ln p(v),   p(v) = (n_v + 1) / Σ_w (n_w + 1)
 *
 * In an adaptive softmax's head a cluster counts as one token, as often as all of its own.
 */
import { CELL_TABLE } from "../cells.js";
import type { Engine, Tensor } from "../engine/engine.js";
import { Random } from "../engine/random.js";
import { initialRoundRange } from "../layers/mogrifier-shapes.js";
import { checkTrainable, type ModelConfig } from "./config.js";
import { layerOf } from "./layer-of.js";
import type { LanguageModel } from "./language-model.js";
import type { Parameter } from "./parameter.js";
import { hiddenSize } from "./widths.js";

const EMBEDDING_RANGE = 0.1;
/** The biases of the tokens themselves. */
const OF_TOKENS = /^decoder\.(head\.)?bias$/;
const PROJECTION = /^(projection|decoder\.(tail\.\d+\.0|prior|latent))\.weight$/;

/** Weights drawn at a time. */
const CHUNK = 1 << 16;

/** What may be set of initial weights. */
export interface Initial {
  /** Of the forget gates, in place of the cell's own; without effect on a cell that has none. */
  readonly forgetBias?: number | undefined;
  /** (V): how often each token occurs, n_v. Without it the decoder's bias is zero. */
  readonly unigram?: ArrayLike<number> | undefined;
}

/**
 * Draws all weights of a model, in the order of its parameters, from one sequence of random numbers.
 * @throws UserError for weights that are not trained
 */
export function initialise(
  { engine, config, parameters }: LanguageModel,
  seed: number,
  { forgetBias, unigram }: Initial = {},
): void {
  checkTrainable(config);
  const { initialBias, forgetGate } = CELL_TABLE[config.cell];
  const biases = Object.entries({
    ...initialBias,
    ...(forgetBias !== undefined && forgetGate !== undefined && { [forgetGate]: forgetBias }),
  });
  const random = new Random(seed);
  for (const parameter of parameters) {
    const { name, value } = parameter;
    if (name.startsWith("decoder.") && name.endsWith("bias")) {
      if (unigram && OF_TOKENS.test(name)) engine.write(unigramBias(config, unigram), value);
      else engine.fill(value, 0);
      continue;
    }
    drawUniform(engine, random, value, rangeOf(parameter, config));
    const bias = name.startsWith("rnn.bias_ih") ? 1 : name.startsWith("rnn.bias_hh") ? 0 : undefined;
    if (bias === undefined) continue;
    const H = hiddenSize(config, layerOf(name)!);
    for (const [gate, sum] of biases) engine.fill(value.slice(Number(gate) * H, H), bias * sum);
  }
}

/** ln p of the tokens, or of the head's tokens and clusters. */
function unigramBias({ vocabulary: V, adaptive }: ModelConfig, counts: ArrayLike<number>): Float64Array {
  const [head = V, ...later] = adaptive?.cutoffs ?? [];
  const ends = adaptive ? [...later, V] : [];
  const p = new Float64Array(head + ends.length);
  let cluster = head;
  for (let v = 0; v < V; v++) {
    if (v >= head && v >= ends[cluster - head]!) cluster++;
    p[v < head ? v : cluster]! += counts[v]! + 1;
  }
  const total = p.reduce((a, b) => a + b, 0);
  return p.map((n) => Math.log(n / total));
}

function rangeOf({ name, shape }: Parameter, config: ModelConfig): number {
  const round = initialRoundRange(name, shape);
  if (round !== undefined) return round;
  const layer = layerOf(name);
  if (layer !== undefined) return 1 / Math.sqrt(hiddenSize(config, layer));
  return PROJECTION.test(name) ? 1 / Math.sqrt(shape[1]!) : EMBEDDING_RANGE;
}

/** Uniform in ±range. */
function drawUniform(engine: Engine, random: Random, x: Tensor, range: number): void {
  const drawn = new Float64Array(Math.min(CHUNK, x.length));
  for (let from = 0; from < x.length; from += CHUNK) {
    const length = Math.min(CHUNK, x.length - from);
    for (let i = 0; i < length; i++) drawn[i] = (2 * random.next() - 1) * range;
    engine.write(drawn.subarray(0, length), x.slice(from, length));
  }
}

/**
 * Initial weights. Cells: uniform in ±1/√H, as PyTorch does, but for the biases that a cell's description sets.
 * Embedding and decoder: uniform in ±0.1, but the projections of an adaptive softmax as a cell's weights; the decoder's
 * bias is zero.
 */
import { CELL_TABLE } from "../cells.js";
import type { Engine, Tensor } from "../engine/engine.js";
import { Random } from "../engine/random.js";
import { checkTrainable } from "./config.js";
import type { LanguageModel } from "./language-model.js";

const EMBEDDING_RANGE = 0.1;
const PROJECTION = /^decoder\.tail\.\d+\.0\.weight$/;

/** Weights drawn at a time. */
const CHUNK = 1 << 16;

/**
 * Draws all weights of a model, in the order of its parameters, from one sequence of random numbers.
 * @throws UserError for weights that are not trained
 */
export function initialise({ engine, config, parameters }: LanguageModel, seed: number): void {
  checkTrainable(config);
  const { hidden } = config;
  const { initialBias } = CELL_TABLE[config.cell];
  const random = new Random(seed);
  for (const { name, value } of parameters) {
    if (name.startsWith("decoder.") && name.endsWith("bias")) {
      engine.fill(value, 0);
      continue;
    }
    const cell = name.startsWith("rnn.") || PROJECTION.test(name);
    drawUniform(engine, random, value, cell ? 1 / Math.sqrt(hidden) : EMBEDDING_RANGE);
    const bias = name.startsWith("rnn.bias_ih") ? 1 : name.startsWith("rnn.bias_hh") ? 0 : undefined;
    if (bias === undefined) continue;
    for (const [gate, sum] of Object.entries(initialBias))
      engine.fill(value.slice(Number(gate) * hidden, hidden), bias * sum);
  }
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

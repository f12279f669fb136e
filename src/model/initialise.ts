/**
 * Initial weights. Cells: uniform in ±1/√H, as PyTorch does, but for the biases that a cell's description sets.
 * Projections, those of an adaptive softmax and of a mixture too: uniform in ±1/√(columns). Embedding and decoder: uniform in ±0.1; the
 * decoder's biases are zero.
 */
import { CELL_TABLE } from "../cells.js";
import type { Engine, Tensor } from "../engine/engine.js";
import { Random } from "../engine/random.js";
import { checkTrainable, type ModelConfig } from "./config.js";
import type { LanguageModel } from "./language-model.js";
import type { Parameter } from "./parameter.js";
import { hiddenSize } from "./widths.js";

const EMBEDDING_RANGE = 0.1;
/** The number of a layer in the names of its weights. */
const OF_LAYER = /^rnn\..*_l(\d+)$/;
const PROJECTION = /^(projection|decoder\.(tail\.\d+\.0|prior|latent))\.weight$/;

/** Weights drawn at a time. */
const CHUNK = 1 << 16;

/**
 * Draws all weights of a model, in the order of its parameters, from one sequence of random numbers.
 * @throws UserError for weights that are not trained
 */
export function initialise({ engine, config, parameters }: LanguageModel, seed: number): void {
  checkTrainable(config);
  const { initialBias } = CELL_TABLE[config.cell];
  const random = new Random(seed);
  for (const parameter of parameters) {
    const { name, value } = parameter;
    if (name.startsWith("decoder.") && name.endsWith("bias")) {
      engine.fill(value, 0);
      continue;
    }
    drawUniform(engine, random, value, rangeOf(parameter, config));
    const bias = name.startsWith("rnn.bias_ih") ? 1 : name.startsWith("rnn.bias_hh") ? 0 : undefined;
    if (bias === undefined) continue;
    const H = hiddenSize(config, layerOf(name)!);
    for (const [gate, sum] of Object.entries(initialBias))
      engine.fill(value.slice(Number(gate) * H, H), bias * sum);
  }
}

function rangeOf({ name, shape }: Parameter, config: ModelConfig): number {
  const layer = layerOf(name);
  if (layer !== undefined) return 1 / Math.sqrt(hiddenSize(config, layer));
  return PROJECTION.test(name) ? 1 / Math.sqrt(shape[1]!) : EMBEDDING_RANGE;
}

function layerOf(name: string): number | undefined {
  const [, number] = OF_LAYER.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
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

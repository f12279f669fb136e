/**
 * Names and shapes of a model's weights, known from its config before anything is built: a file's tensors and size are
 * compared with them. In PyTorch's order, names and gate order, as LanguageModel has them.
 */
import { CELL_TABLE } from "../cells.js";
import { clusterWidth } from "../layers/adaptive-cuts.js";
import { roundShapes } from "../layers/mogrifier-shapes.js";
import type { ModelConfig } from "./config.js";
import { decoderWidth, hiddenSize, inputSize, isProjected, lastHiddenSize, outputWidth } from "./widths.js";

export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Every weight of the architecture; tied ones once. */
export function* weightShapes(config: ModelConfig): Generator<WeightShape> {
  const { cell, layers, embedding: E, vocabulary: V, tie, adaptive, mixture, mogrify } = config;
  const { gates, readsState } = CELL_TABLE[cell];
  yield { name: "embedding.weight", shape: [V, E] };
  for (let l = 0; l < layers; l++) {
    const H = hiddenSize(config, l);
    yield { name: `rnn.weight_ih_l${l}`, shape: [gates * H, inputSize(config, l)] };
    if (readsState) yield { name: `rnn.weight_hh_l${l}`, shape: [gates * H, H] };
    yield { name: `rnn.bias_ih_l${l}`, shape: [gates * H] };
    if (readsState) yield { name: `rnn.bias_hh_l${l}`, shape: [gates * H] };
    if (!mogrify) continue;
    for (const { matrices, bias } of roundShapes(l, inputSize(config, l), H, mogrify)) {
      yield* matrices;
      yield bias;
    }
  }
  if (isProjected(config)) yield { name: "projection.weight", shape: [E, lastHiddenSize(config)] };
  const H = outputWidth(config);
  if (adaptive) {
    const { cutoffs, divisor } = adaptive;
    const head = cutoffs[0]! + cutoffs.length;
    yield { name: "decoder.head.weight", shape: [head, H] };
    yield { name: "decoder.head.bias", shape: [head] };
    for (const [i, from] of cutoffs.entries()) {
      const d = clusterWidth(H, divisor, i);
      yield { name: `decoder.tail.${i}.0.weight`, shape: [d, H] };
      yield { name: `decoder.tail.${i}.1.weight`, shape: [(cutoffs[i + 1] ?? V) - from, d] };
    }
  } else {
    const D = decoderWidth(config);
    if (mixture) {
      const K = mixture.components;
      yield { name: "decoder.prior.weight", shape: [K, H] };
      yield { name: "decoder.latent.weight", shape: [K * D, H] };
      yield { name: "decoder.latent.bias", shape: [K * D] };
    }
    if (!tie) yield { name: "decoder.weight", shape: [V, D] };
    yield { name: "decoder.bias", shape: [V] };
  }
}

/**
 * Layers with learning rates of their own, which begin to learn one after the other, for a model that has learned already
 * (Howard and Ruder, 2018, "Universal language model fine-tuning for text classification"): what lower layers know of a
 * language is more general than what upper ones do.
 *
 *   η_d = decay^d η,   d = 0 for the output layer, and one more for each layer below (see depthOf)
 *
 * Each depth is an optimizer of its own, whose count of updates, by which moments are corrected, begins when it does. Before,
 * its weights are frozen: neither the update, nor decay, nor the norm by which gradients are clipped knows of them.
 */
import type { Engine } from "../engine/engine.js";
import type { ModelConfig } from "../model/config.js";
import { depthOf } from "../model/layer-of.js";
import type { Parameter } from "../model/parameter.js";
import type { AveragedWeights } from "./average.js";
import { loadOptimizer } from "./make-optimizer.js";
import type { Optimizer, OptimizerSettings } from "./optimizer.js";

/** The weights of one depth. */
export interface LayerGroup {
  readonly parameters: readonly Parameter[];
  /** Over these. */
  readonly optimizer: Optimizer;
}

export interface LayerSettings {
  /** Above 0 and up to 1. */
  readonly layerDecay: number;
  /** Passes after which one more depth begins; undefined: all begin at once. */
  readonly unfreezeEvery?: number | undefined;
}

/** Optimizers of one kind, one for each depth of a model, with all moments zero. */
export async function loadLayered(
  engine: Engine,
  config: ModelConfig,
  parameters: readonly Parameter[],
  settings: OptimizerSettings & LayerSettings,
): Promise<LayeredOptimizer> {
  const groups: LayerGroup[] = [];
  const deepest = Math.max(...parameters.map(({ name }) => depthOf(name, config)));
  for (let depth = 0; depth <= deepest; depth++) {
    const own = parameters.filter(({ name }) => depthOf(name, config) === depth);
    groups.push({ parameters: own, optimizer: await loadOptimizer(engine, own, settings) });
  }
  return new LayeredOptimizer(groups, settings);
}

export class LayeredOptimizer implements Optimizer {
  readonly #groups: readonly LayerGroup[];
  readonly #settings: LayerSettings;
  #begun: readonly number[] = [];
  #updates = 0;

  /**
   * @param groups by depth, from 0
   */
  constructor(groups: readonly LayerGroup[], settings: LayerSettings) {
    this.#groups = groups;
    this.#settings = settings;
  }

  get updates(): number {
    return this.#updates;
  }

  set updates(updates: number) {
    this.#updates = updates;
    for (const [depth, { optimizer }] of this.#groups.entries())
      optimizer.updates = Math.max(0, updates - (this.#begun[depth] ?? updates));
  }

  get begun(): readonly number[] {
    return this.#begun;
  }

  /** To be followed by setting `updates`. */
  set begun(begun: readonly number[]) {
    this.#begun = begun;
  }

  begin(passes: number): void {
    const every = this.#settings.unfreezeEvery;
    const count = every === undefined ? Infinity : 1 + Math.floor(passes / every);
    const missing = Math.min(count, this.#groups.length) - this.#begun.length;
    if (missing > 0) this.#begun = [...this.#begun, ...Array<number>(missing).fill(this.#updates)];
  }

  /** Those of the depths that have begun. */
  get trained(): readonly Parameter[] {
    return this.#learning.flatMap(({ parameters }) => parameters);
  }

  get #learning(): readonly LayerGroup[] {
    return this.#groups.slice(0, this.#begun.length);
  }

  get moments() {
    return this.#groups.flatMap(({ optimizer }, depth) =>
      optimizer.moments.map((moment) => ({ ...moment, name: `depth${depth}.${moment.name}` })),
    );
  }

  get averaged(): AveragedWeights | undefined {
    const all = this.#groups.flatMap(({ optimizer }) => optimizer.averaged ?? []);
    return all.length === 0 ? undefined : together(all);
  }

  step(learningRate: number, gradientScale: number): void {
    for (const [depth, { optimizer }] of this.#learning.entries())
      optimizer.step(learningRate * this.#settings.layerDecay ** depth, gradientScale);
    this.#updates++;
  }
}

/** Several parts of the weights, each with an average of its own. */
function together(all: readonly AveragedWeights[]): AveragedWeights {
  return {
    get on() {
      return all.some(({ on }) => on);
    },
    validated: (loss) => all.forEach((one) => one.validated(loss)),
    inPlace: (model, work) =>
      all.filter(({ on }) => on).reduce((inner, one) => () => one.inPlace(model, inner), work)(),
  };
}

/**
 * Learning from a text as it is read, for good: by dynamic evaluation, with the figures of what that gains. Every token is
 * predicted, by the weights that are learned and by those that were trained, before it is learned from.
 */
import { option, sentence, UserError } from "../errors.js";
import type { LanguageModel } from "../model/language-model.js";
import { beginLine } from "../model/predictor.js";
import type { RecurrentState } from "../model/state.js";
import { DynamicEvaluation } from "./dynamic-evaluation.js";
import type { DynamicState } from "./dynamic-state.js";
import type { GradientStatistics } from "./gradient-statistics.js";
import type { DynamicSettings } from "./settings.js";

/** Tokens that are read at a time. */
const STEPS = 120;

/** Sums over the tokens that were predicted. */
export interface LearningFigures {
  readonly tokens: number;
  /** Σ −ln p, as they were predicted before they were learned from. */
  readonly nats: number;
  /** The same by the model as it was trained. */
  readonly plainNats: number;
}

export class OnlineLearner {
  readonly #trained: LanguageModel;
  readonly #settings: DynamicSettings;
  readonly #learner: DynamicEvaluation;
  readonly #state: DynamicState;
  readonly #plainState: RecurrentState;
  /** The token that the next one comes after; undefined at the beginning. */
  #previous: number | undefined;
  #figures: LearningFigures = { tokens: 0, nats: 0, plainNats: 0 };

  /**
   * @param trained what each step goes back to a little; stays as it is
   * @param start weights to begin from: a model of the same config, which stays as it is
   * @throws as `DynamicEvaluation`
   */
  constructor(
    trained: LanguageModel,
    start: LanguageModel,
    settings: DynamicSettings,
    statistics?: GradientStatistics,
  ) {
    this.#trained = trained;
    this.#settings = settings;
    this.#learner = new DynamicEvaluation(trained, settings, statistics);
    this.#learner.goOnFrom(start);
    this.#state = this.#learner.zeroState(1);
    this.#plainState = trained.zeroState(1);
  }

  get figures(): LearningFigures {
    return this.#figures;
  }

  /** The model that learns; valid until more is read. */
  get learned(): LanguageModel {
    return this.#learner.learned;
  }

  /** What is read from here on is another line, which what came before does not predict. Learns from the rest of a segment. */
  beginLine(): void {
    beginLine(this.#state);
    beginLine(this.#plainState);
    this.#previous = undefined;
  }

  /** @throws UserError where the weights have run away */
  read(ids: Int32Array): void {
    if (ids.length === 0) return;
    let known = ids;
    if (this.#previous !== undefined) {
      known = new Int32Array(ids.length + 1);
      known[0] = this.#previous;
      known.set(ids, 1);
    }
    for (let at = 0; at + 1 < known.length; at += STEPS) {
      const T = Math.min(STEPS, known.length - 1 - at);
      const [inputs, targets] = [known.subarray(at, at + T), known.subarray(at + 1, at + 1 + T)];
      const window = { T, B: 1, inputs, targets };
      const plain = this.#trained.evaluate(window, this.#plainState);
      const { nats, count } = this.#learner.evaluate(window, this.#state);
      const before = this.#figures;
      const after = {
        tokens: before.tokens + count,
        nats: before.nats + nats,
        plainNats: before.plainNats + plain.nats,
      };
      // Learning may not help; whoever is so much worse by it has lost what the model knew.
      if (!(after.nats <= 2 * after.plainNats + after.tokens)) throw ranAway(this.#settings);
      this.#figures = after;
    }
    this.#previous = known.at(-1);
  }
}

function ranAway({ rate, decay }: DynamicSettings): UserError {
  return new UserError({
    option: "rate",
    problem: sentence`With ${option("rate", rate)} and ${option("decay", decay)} the weights run away, and the model forgets what it knew`,
    advice: "give a lower rate; nothing of this text was kept",
  });
}

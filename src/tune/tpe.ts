/**
 * The tree-structured Parzen estimator (Bergstra et al., 2011): of what was seen the better part, γ, has the density l, the
 * rest g, option by option; of values drawn from l that with the greatest l / g is suggested, which is the one with the
 * greatest expected improvement. Tree-structured: an option that has no effect beside the others is neither drawn nor
 * counted.
 *
 * Trials that were stopped at different rungs stand in one order, the higher rung first (see `bestFirst`), and so all of
 * them are learned from.
 */
import type { Random } from "../engine/random.js";
import { type Density, numberDensity, wordDensity } from "./parzen.js";
import { bestFirst, type Observation, type Sampler } from "./sampler.js";
import {
  drawEvenly,
  isActive,
  isNumeric,
  placeOf,
  type Setting,
  type SettingValue,
  type Space,
  type SpaceParameter,
  valueAt,
} from "./space.js";

export interface TpeSettings {
  /** Trials before it learns: until then it draws evenly. */
  readonly startup: number;
  /** γ: the part of what was seen that counts as good. */
  readonly gamma: number;
  /** Values that are drawn from l, of each option. */
  readonly candidates: number;
}

/** As hyperopt and Optuna have them, but for γ: of few trials a tenth would be one. */
export const TPE_SETTINGS: TpeSettings = { startup: 10, gamma: 0.2, candidates: 24 };

export class TpeSampler implements Sampler {
  readonly #settings: TpeSettings;

  constructor(settings: TpeSettings = TPE_SETTINGS) {
    this.#settings = settings;
  }

  suggest(space: Space, seen: readonly Observation[], random: Random): Setting {
    const { startup, gamma } = this.#settings;
    if (seen.length < startup) return drawEvenly(space, random);
    const order = bestFirst(seen);
    const best = Math.max(1, Math.ceil(gamma * order.length));
    const [good, poor] = [order.slice(0, best), order.slice(best)];
    const setting: Record<string, SettingValue> = {};
    for (const parameter of space) {
      if (!isActive(parameter, setting)) continue;
      setting[parameter.name] = this.#value(parameter, good, poor, random);
    }
    return setting;
  }

  #value(
    parameter: SpaceParameter,
    good: readonly Observation[],
    poor: readonly Observation[],
    random: Random,
  ): SettingValue {
    const l = densityOf(parameter, good);
    const g = densityOf(parameter, poor);
    let chosen = 0;
    let greatest = -Infinity;
    for (let i = 0; i < this.#settings.candidates; i++) {
      const candidate = l.draw(random);
      const ratio = l.logDensity(candidate) - g.logDensity(candidate);
      if (ratio > greatest) [chosen, greatest] = [candidate, ratio];
    }
    if (isNumeric(parameter)) return valueAt(parameter, chosen);
    return parameter.kind === "choice" ? parameter.values[chosen]! : valueAt(parameter, chosen);
  }
}

/** The density of an option's values where it had an effect. */
function densityOf(parameter: SpaceParameter, seen: readonly Observation[]): Density {
  const values = seen.flatMap(({ setting }) => setting[parameter.name] ?? []);
  if (isNumeric(parameter)) return numberDensity(values.flatMap((value) => placeOf(parameter, value) ?? []));
  const { values: words } = parameter as Extract<SpaceParameter, { kind: "choice" }>;
  const indices = values.map((value) => words.indexOf(value)).filter((index) => index >= 0);
  return wordDensity(indices, words.length);
}

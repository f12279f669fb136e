/**
 * Learning-rate schedules: what the base rate is multiplied by, as a function of how far the run has come.
 *
 *   linear      up in the warm-up, then straight down to 0 at the end
 *   trapezoid   up in the warm-up, constant, and straight down to 0 in the cool-down ("warm-up, stable, decay"; Hägele
 *               et al., 2024). A warm-up and a cool-down that overlap meet where they cross.
 *   cosine      up in the warm-up, then down half a wave to a hundredth
 *   one-cycle   up, and down to nearly 0, by half waves (Smith, 2018)
 *   plateau     up in the warm-up, then a quarter each time validation no longer improves
 */
import { SCHEDULES } from "../options/words.js";

export { SCHEDULES };
/** The schedules there are. */
export type ScheduleName = (typeof SCHEDULES)[number];

export interface ScheduleSettings {
  readonly name: ScheduleName;
  /** Part of the run in which the rate rises from 0 to the base rate, 0 … 1; not for one-cycle, which has its own. */
  readonly warmup: number;
  /** Trapezoid only: the last part of the run, in which the rate falls, above 0 and up to 1. */
  readonly cooldown?: number;
}

/** Where the cosine ends. */
const COSINE_FLOOR = 0.01;
/** One-cycle (Smith, 2018): the rate starts at 1/25, is highest after 25 % of the run, and ends near zero. */
const ONE_CYCLE = { start: 1 / 25, peak: 0.25, end: 1e-3 };
/** Plateau (Zaremba et al., 2014; PyTorch's word language model): ÷ 4 where validation stops improving. */
const PLATEAU_FACTOR = 0.25;

const cosineBetween = (from: number, to: number, x: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * x))) / 2;

export class Schedule {
  readonly settings: ScheduleSettings;
  /** Plateau only: the product of the reductions so far; saved with a checkpoint. */
  plateauFactor = 1;

  constructor(settings: ScheduleSettings) {
    this.settings = settings;
  }

  /** The factor at `progress`, 0 at the beginning of the run, 1 at its end. */
  factor(progress: number): number {
    const { name, warmup } = this.settings;
    const p = Math.min(1, Math.max(0, progress));
    if (name === "one-cycle") {
      const { start, peak, end } = ONE_CYCLE;
      return p < peak ? cosineBetween(start, 1, p / peak) : cosineBetween(1, end, (p - peak) / (1 - peak));
    }
    if (name === "trapezoid") return Math.min(p < warmup ? p / warmup : 1, (1 - p) / this.settings.cooldown!);
    if (p < warmup) return (p / warmup) * this.plateauFactor;
    if (name === "linear") return (1 - p) / (1 - warmup);
    if (name === "cosine") return cosineBetween(1, COSINE_FLOOR, (p - warmup) / (1 - warmup));
    return this.plateauFactor;
  }

  /** To be called after each validation. */
  validated(improved: boolean): void {
    if (this.settings.name === "plateau" && !improved) this.plateauFactor *= PLATEAU_FACTOR;
  }
}

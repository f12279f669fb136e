/** Learning-rate schedules: what the base rate is multiplied by, as a function of how far the run has come. */
import { SCHEDULES } from "../options/words.js";

export { SCHEDULES };
/** The schedules there are. */
export type ScheduleName = (typeof SCHEDULES)[number];

export interface ScheduleSettings {
  readonly name: ScheduleName;
  /** Part of the run in which the rate rises from 0 to the base rate, 0 … 1; not for one-cycle, which has its own. */
  readonly warmup: number;
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
    if (p < warmup) return (p / warmup) * this.plateauFactor;
    if (name === "cosine") return cosineBetween(1, COSINE_FLOOR, (p - warmup) / (1 - warmup));
    return this.plateauFactor;
  }

  /** To be called after each validation. */
  validated(improved: boolean): void {
    if (this.settings.name === "plateau" && !improved) this.plateauFactor *= PLATEAU_FACTOR;
  }
}

/**
 * The state of a study, made of its lines, and what it does next. Pure: it reads no clock and no file; the same lines give
 * the same next job.
 */
import { Random, seedOf } from "../engine/random.js";
import { nextPromotion, type Promotion, rungFactor, type RungResult } from "./asha.js";
import { firstSettings } from "./default-space.js";
import { parseSpace } from "./parse-space.js";
import { type Observation, RANDOM_SAMPLER, type Sampler } from "./sampler.js";
import { isSameSetting, type Setting, type Space } from "./space.js";
import type { MeasuredLine, SamplerName, StudyHeader, StudyLine, TrialLine } from "./study-lines.js";
import { expectedSizes } from "./trial-sizes.js";
import { TpeSampler } from "./tpe.js";
import type { BegunTrial, Constraints, FinishCourse, TrialJob } from "./trial-runner.js";

/** Settings that are drawn for a trial, at most, until one is new and not too large. */
const MOST_DRAWS = 100;

/** A trial as far as it has come. */
export interface Trial {
  readonly trial: number;
  readonly setting: Setting;
  readonly from: TrialLine["from"];
  readonly begun?: BegunTrial;
  /** By rung; those that were ended before it are not among them. */
  readonly measured: readonly MeasuredLine[];
  /** Ended before its rung, and measured where it stood. */
  readonly partial?: MeasuredLine;
  readonly refused?: { readonly constraint: keyof Constraints; readonly value: number };
  readonly failed?: string;
}

/** What the study does next. */
export type NextJob = (
  | TrialLine
  | { readonly type: "promoted"; readonly trial: number; readonly rung: number }
) & {
  /** It was decided before and not done: its line is written already. */
  readonly again: boolean;
};

const SAMPLER_OF: Readonly<Record<SamplerName, Sampler>> = { tpe: new TpeSampler(), random: RANDOM_SAMPLER };

export class Study {
  readonly header: StudyHeader;
  readonly space: Space;
  readonly #trials: Trial[] = [];
  readonly #promoted: Promotion[] = [];
  readonly #first: readonly Setting[];
  /** Seconds that it has had. */
  spent = 0;
  /** The last lines about its end. */
  finishing: { readonly trial: number; readonly course?: FinishCourse } | undefined;
  finished: Extract<StudyLine, { type: "finished" }> | undefined;
  sessions: Extract<StudyLine, { type: "session" }>[] = [];

  /** @throws UserError where the space of the header is none */
  constructor(header: StudyHeader, where: string) {
    this.header = header;
    this.space = parseSpace(header.space, header.fixed as Readonly<Record<string, unknown>>, where);
    const text = { lines: header.fixed.lines ?? false, characters: header.characters };
    const { unit, amount } = header.length;
    const longest = { unit, amount: amount * rungFactor(header.rungs - 1, header.eta) };
    this.#first = firstSettings(this.space, text, longest, header.fixed.tokenizer);
  }

  get trials(): readonly Trial[] {
    return this.#trials;
  }

  /** The way to the highest rung. */
  get promotions(): readonly Promotion[] {
    return this.#promoted;
  }

  apply(line: StudyLine): void {
    this.spent = line.spent;
    switch (line.type) {
      case "session":
        this.sessions.push(line);
        return;
      case "trial": {
        const { trial, setting, from } = line;
        this.#trials[trial] = { trial, setting, from, measured: [] };
        return;
      }
      case "promoted":
        this.#promoted.push({ trial: line.trial, rung: line.rung });
        return;
      case "begun": {
        const { type: _type, spent: _spent, trial, ...begun } = line;
        return this.#change(trial, { begun });
      }
      case "measured": {
        // What was the best may not be it any more.
        this.finishing = undefined;
        this.finished = undefined;
        if (line.partial) return this.#change(line.trial, { partial: line });
        const { measured } = this.#trialOf(line.trial);
        return this.#change(line.trial, { measured: [...measured, line] });
      }
      case "refused": {
        const { constraint, value } = line;
        return this.#change(line.trial, { refused: { constraint, value } });
      }
      case "failed":
        return this.#change(line.trial, { failed: line.message });
      case "finishing":
        this.finishing = { trial: line.trial };
        this.finished = undefined;
        return;
      case "course":
        this.finishing = { trial: line.trial, course: { steps: line.steps, cooldown: line.cooldown } };
        return;
      case "finished":
        this.finished = line;
    }
  }

  #trialOf(trial: number): Trial {
    const found = this.#trials[trial];
    if (!found) throw new Error(`a line about trial ${trial}, which was not begun`);
    return found;
  }

  #change(trial: number, change: Partial<Trial>): void {
    this.#trials[trial] = { ...this.#trialOf(trial), ...change };
  }

  /**
   * What to do next: first what was decided and not done, then a promotion, then a new trial.
   * @param running trials that are being worked on
   * @param most new trials in all
   * @returns undefined where there is nothing, at least as long as others run
   */
  next(running: ReadonlySet<number>, most: number): NextJob | undefined {
    for (const { trial, setting, from, measured, refused, failed } of this.#trials) {
      if (running.has(trial) || refused || failed !== undefined) continue;
      const rung = this.#rungOf(trial);
      if (measured.some((line) => line.rung === rung)) continue;
      if (rung === 0) return { type: "trial", trial, setting, from, again: true };
      return { type: "promoted", trial, rung, again: true };
    }
    const promotion = nextPromotion(this.#results(), this.#promoted, this.header);
    if (promotion) return { type: "promoted", ...promotion, again: false };
    if (this.#trials.length >= most) return undefined;
    const setting = this.#suggest();
    return setting && { type: "trial", trial: this.#trials.length, ...setting, again: false };
  }

  /** The rung that a trial is to reach. */
  #rungOf(trial: number): number {
    return Math.max(0, ...this.#promoted.filter((each) => each.trial === trial).map(({ rung }) => rung));
  }

  /** For successive halving: what failed at a rung counts there; what was refused was never a trial of a rung. */
  #results(): RungResult[] {
    return this.#trials.flatMap(({ trial, measured, failed }) => [
      ...measured.map(({ rung, bitsPerChar: loss }) => ({ trial, rung, loss })),
      ...(failed === undefined ? [] : [{ trial, rung: this.#rungOf(trial), loss: Infinity }]),
    ]);
  }

  /** What the sampler learns from. */
  observations(): Observation[] {
    return this.#trials.flatMap(({ setting, measured, refused, failed }) => {
      const last = measured.at(-1);
      if (last) return [{ setting, rung: last.rung, loss: last.bitsPerChar }];
      return refused || failed !== undefined ? [{ setting, rung: -1, loss: Infinity }] : [];
    });
  }

  /** A setting that is new, and whose model is not known to be too large; undefined where none is found. */
  #suggest(): { readonly setting: Setting; readonly from: TrialLine["from"] } | undefined {
    const { sampler, seed } = this.header;
    const trial = this.#trials.length;
    const isNew = (setting: Setting): boolean =>
      !this.#trials.some((other) => isSameSetting(other.setting, setting)) && !this.#isTooLarge(setting);
    const first = this.#first.find(isNew);
    if (first) return { setting: first, from: "first" };
    const random = new Random(seedOf(seed, trial));
    const seen = this.observations();
    for (let i = 0; i < MOST_DRAWS; i++) {
      const setting = SAMPLER_OF[sampler].suggest(this.space, seen, random);
      if (isNew(setting)) return { setting, from: sampler };
    }
    return undefined;
  }

  /** Whether a model would have more weights or bytes than allowed: known once its vocabulary is. */
  #isTooLarge(setting: Setting): boolean {
    const { fixed, constraints, characters } = this.header;
    const { maxParameters = Infinity, maxFileSize = Infinity } = constraints;
    if (maxParameters === Infinity && maxFileSize === Infinity) return false;
    const same = this.#trials.find(({ begun, setting: other }) => begun && hasSameTokens(setting, other));
    if (!same?.begun) return false;
    const sizes = expectedSizes({ ...fixed, ...setting }, characters, same.begun);
    return sizes.parameters > maxParameters || sizes.bytes > 1e6 * maxFileSize;
  }

  /** The trial that measured best, and what; undefined where none has. */
  best(): { readonly trial: Trial; readonly line: MeasuredLine } | undefined {
    return this.ranking()[0];
  }

  /** Trials that measured something, by the best that each did. */
  ranking(): { readonly trial: Trial; readonly line: MeasuredLine }[] {
    return this.#trials
      .flatMap((trial) => {
        const lines = [...trial.measured, ...(trial.partial ? [trial.partial] : [])];
        const [line] = lines.toSorted((a, b) => a.bitsPerChar - b.bitsPerChar || a.step - b.step);
        return line ? [{ trial, line }] : [];
      })
      .toSorted((a, b) => a.line.bitsPerChar - b.line.bitsPerChar || a.trial.trial - b.trial.trial);
  }

  /** A job as a runner takes it. */
  job({ trial, rung }: { readonly trial: number; readonly rung: number }): TrialJob {
    const { fixed, length, eta, rungs, constraints } = this.header;
    const { setting, begun } = this.#trialOf(trial);
    return { trial, rung, options: { ...fixed, ...setting }, begun, length, eta, rungs, constraints };
  }
}

/** Options that decide the tokens. */
const OF_TOKENS = ["tokenizer", "vocabSize", "minCount", "wordMode"];
const hasSameTokens = (a: Setting, b: Setting): boolean => OF_TOKENS.every((name) => a[name] === b[name]);

/**
 * CTC prefix beam search (Graves et al., 2006; Hannun et al., 2014), frame by frame. Of each text, and each label that it
 * may end with, the probabilities of all paths are summed, those that end in a blank apart from the others:
 *
 *   blank_t(ℓ) = (blank_{t−1}(ℓ) + label_{t−1}(ℓ)) y_t(blank)
 *   label_t(ℓ) = label_{t−1}(ℓ) y_t(last of ℓ) + Σ over ℓ' that a label c makes ℓ:  y_t(c) · (blank_{t−1}(ℓ'), where c is
 *                the last of ℓ', else blank_{t−1}(ℓ') + label_{t−1}(ℓ'))
 *
 * All of it in logarithms. Beside the sums stands the most probable single path, and when its words were heard.
 */
import type { CtcText, CtcTexts } from "./texts.js";
import type { CtcLabels } from "./labels.js";

/** When a word was heard, and the words before it: frames from `start` to `end`, exclusive. */
export interface WordTimes {
  readonly start: number;
  readonly end: number;
  readonly before: WordTimes | undefined;
}

/** The most probable single path. */
export interface BestPath {
  readonly logProbability: number;
  readonly times: WordTimes | undefined;
}

const NO_PATH: BestPath = { logProbability: -Infinity, times: undefined };
/** Before the first label. */
const NONE = -1;

export interface Beam {
  readonly text: CtcText;
  /** The last label, to which the same one adds nothing unless a blank is between. */
  readonly last: number;
  /** ln of the sums over paths that end in a blank, and over those that end in the last label. */
  blank: number;
  label: number;
  bestBlank: BestPath;
  bestLabel: BestPath;
}

/** ln(e^a + e^b). */
export function logAdd(a: number, b: number): number {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

export const bestOf = (a: BestPath, b: BestPath): BestPath => (b.logProbability > a.logProbability ? b : a);

export interface BeamLimits {
  /** Beams kept after each frame. */
  readonly beamWidth: number;
  /** A beam this much below the best is dropped. */
  readonly beamMargin: number;
  /** Least ln p of a label that is tried; the most probable label always is. */
  readonly labelFloor: number;
}

export class Beams {
  readonly #texts: CtcTexts;
  readonly #labels: CtcLabels;
  readonly #limits: BeamLimits;
  #beams: Beam[];
  #frames = 0;

  constructor(texts: CtcTexts, labels: CtcLabels, limits: BeamLimits) {
    this.#texts = texts;
    this.#labels = labels;
    this.#limits = limits;
    const certain = { logProbability: 0, times: undefined };
    this.#beams = [
      { text: texts.begin(), last: NONE, blank: 0, label: -Infinity, bestBlank: certain, bestLabel: NO_PATH },
    ];
  }

  /** Best first. */
  get beams(): readonly Beam[] {
    return this.#beams;
  }

  /** Frames read so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Reads a frame. @param y (V) ln p of the labels */
  step(y: ArrayLike<number>): void {
    const tried = this.#tried(y);
    const next = new Map<CtcText, Map<number, Beam>>();
    for (const beam of this.#beams) {
      const total = logAdd(beam.blank, beam.label);
      const best = bestOf(beam.bestBlank, beam.bestLabel);
      for (const column of tried) {
        const p = y[column]!;
        if (column === this.#labels.blank) {
          const same = beamOf(next, beam.text, beam.last);
          same.blank = logAdd(same.blank, total + p);
          same.bestBlank = bestOf(same.bestBlank, longer(best, p, best.times));
        } else if (column === beam.last) {
          const same = beamOf(next, beam.text, beam.last);
          same.label = logAdd(same.label, beam.label + p);
          const held = beam.bestLabel;
          const times = beam.text.open ? this.#heldOn(held.times) : held.times;
          same.bestLabel = bestOf(same.bestLabel, longer(held, p, times));
          this.#extend(next, beam, column, beam.blank, beam.bestBlank, p);
        } else this.#extend(next, beam, column, total, best, p);
      }
    }
    this.#texts.score();
    this.#prune([...next.values()].flatMap((byLabel) => [...byLabel.values()]));
    this.#frames++;
  }

  #extend(
    next: Map<CtcText, Map<number, Beam>>,
    beam: Beam,
    column: number,
    from: number,
    path: BestPath,
    p: number,
  ): void {
    if (from === -Infinity) return;
    const { piece, ends } = this.#labels.roles[column]!;
    const within = beam.text.open && !ends;
    let text = ends ? this.#texts.close(beam.text) : beam.text;
    let { times } = path;
    if (piece !== "") {
      text = this.#texts.add(text, piece);
      times = within ? this.#heldOn(times) : { start: this.#frames, end: this.#frames + 1, before: times };
    }
    const extended = beamOf(next, text, column);
    extended.label = logAdd(extended.label, from + p);
    extended.bestLabel = bestOf(extended.bestLabel, longer(path, p, times));
  }

  /** The last word is heard in this frame, too. */
  #heldOn(times: WordTimes | undefined): WordTimes | undefined {
    return times && { ...times, end: this.#frames + 1 };
  }

  /** Columns of labels that are probable enough. */
  #tried(y: ArrayLike<number>): number[] {
    const { roles, blank } = this.#labels;
    const tried: number[] = [];
    let most = -1;
    for (let column = 0; column < roles.length; column++) {
      if (roles[column] === undefined && column !== blank) continue;
      if (most < 0 || y[column]! > y[most]!) most = column;
      if (y[column]! >= this.#limits.labelFloor && y[column]! > -Infinity) tried.push(column);
    }
    if (tried.length === 0 && most >= 0) tried.push(most);
    return tried;
  }

  #prune(beams: Beam[]): void {
    const { beamWidth, beamMargin } = this.#limits;
    const ranked = beams.map((beam) => ({ beam, rank: logAdd(beam.blank, beam.label) + beam.text.rank }));
    ranked.sort((a, b) => b.rank - a.rank);
    const least = (ranked[0]?.rank ?? 0) - beamMargin;
    this.#beams = ranked.slice(0, beamWidth).flatMap(({ beam, rank }) => (rank >= least ? [beam] : []));
    // Where nothing is possible every rank is −∞; the first beam stays, so that there is a text.
    if (this.#beams.length === 0 && ranked[0]) this.#beams = [ranked[0].beam];
    this.#texts.keep(this.#beams.map(({ text }) => text));
  }
}

function beamOf(beams: Map<CtcText, Map<number, Beam>>, text: CtcText, last: number): Beam {
  let byLabel = beams.get(text);
  if (!byLabel) beams.set(text, (byLabel = new Map()));
  let beam = byLabel.get(last);
  if (!beam) {
    beam = { text, last, blank: -Infinity, label: -Infinity, bestBlank: NO_PATH, bestLabel: NO_PATH };
    byLabel.set(last, beam);
  }
  return beam;
}

const longer = (path: BestPath, p: number, times: WordTimes | undefined): BestPath => ({
  logProbability: path.logProbability + p,
  times,
});

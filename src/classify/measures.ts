/** How good a classifier is on texts whose labels are known. */
import { Greatest } from "../greatest.js";

/** Of the texts that have a label, and of those that were told to have it. */
export interface LabelMeasures {
  readonly label: string;
  /** Texts that have it. */
  readonly texts: number;
  /** Of those told to have it, the part that has it; 0 where none was. */
  readonly precision: number;
  /** Of those that have it, the part that was told so; 0 where none has it. */
  readonly recall: number;
  /** 2 · precision · recall / (precision + recall) */
  readonly f1: number;
}

/** A text that was told wrong, and how surely. */
export interface WrongText {
  /** Its number, from 0. */
  readonly index: number;
  readonly label: string;
  readonly predicted: string;
  /** Of the wrong label, and of the right one. */
  readonly probability: number;
  readonly labelProbability: number;
}

export interface ClassifierMeasures {
  readonly texts: number;
  readonly accuracy: number;
  /** Mean of F1 over the labels that the texts have or were told to have. */
  readonly macroF1: number;
  /** Nats a text: −mean ln p of its label. */
  readonly loss: number;
  /** Σ over 15 bins of the probability told: part of the texts in it · |accuracy − mean probability| (Guo et al., 2017). */
  readonly expectedCalibrationError: number;
  readonly labels: readonly LabelMeasures[];
  /** How many texts of each label (rows, in the order of `labels`) were told to have each label (columns). */
  readonly confusion: readonly (readonly number[])[];
  /** The most surely wrong first. */
  readonly worst: readonly WrongText[];
}

const BINS = 15;

/** Takes one text after the other. */
export class Measuring {
  readonly #labels: readonly string[];
  readonly #confusion: number[][];
  readonly #bins = Array.from({ length: BINS }, () => ({ texts: 0, right: 0, probability: 0 }));
  /** Absent where none is to be told. */
  readonly #worst: Greatest<WrongText> | undefined;
  #texts = 0;
  #nats = 0;

  /** @param worst how many wrong texts are told at most */
  constructor(labels: readonly string[], worst: number) {
    this.#labels = labels;
    this.#confusion = labels.map(() => labels.map(() => 0));
    this.#worst = worst > 0 ? new Greatest(worst) : undefined;
  }

  /** @param label its number @param probabilities (C) */
  add(label: number, probabilities: Float64Array): void {
    const predicted = greatestAt(probabilities);
    const p = probabilities[predicted]!;
    const right = predicted === label;
    this.#confusion[label]![predicted]!++;
    const bin = this.#bins[Math.min(BINS - 1, Math.floor(p * BINS))]!;
    bin.texts++;
    bin.probability += p;
    if (right) bin.right++;
    else {
      const wrong = {
        index: this.#texts,
        label: this.#labels[label]!,
        predicted: this.#labels[predicted]!,
        probability: p,
        labelProbability: probabilities[label]!,
      };
      this.#worst?.add(wrong, p - probabilities[label]!);
    }
    this.#texts++;
    // A probability that rounds to 0 is told as the least there is.
    this.#nats -= Math.log(Math.max(probabilities[label]!, Number.MIN_VALUE));
  }

  /** Of those that were added, at least one. */
  measures(): ClassifierMeasures {
    const N = this.#texts;
    const confusion = this.#confusion;
    const labels = this.#labels.map((label, c): LabelMeasures => {
      const right = confusion[c]![c]!;
      const texts = confusion[c]!.reduce((sum, count) => sum + count, 0);
      const told = confusion.reduce((sum, row) => sum + row[c]!, 0);
      const precision = told === 0 ? 0 : right / told;
      const recall = texts === 0 ? 0 : right / texts;
      const f1 = right === 0 ? 0 : (2 * precision * recall) / (precision + recall);
      return { label, texts, precision, recall, f1 };
    });
    const there = labels.filter(({ texts }, c) => texts > 0 || confusion.some((row) => row[c]! > 0));
    const right = confusion.reduce((sum, row, c) => sum + row[c]!, 0);
    return {
      texts: N,
      accuracy: right / N,
      macroF1: there.reduce((sum, { f1 }) => sum + f1, 0) / there.length,
      loss: this.#nats / N,
      expectedCalibrationError: this.#bins.reduce(
        (sum, bin) => sum + Math.abs(bin.right - bin.probability) / N,
        0,
      ),
      labels,
      confusion,
      worst: this.#worst?.found.map(({ item }) => item) ?? [],
    };
  }
}

/** The first of the greatest. */
export function greatestAt(values: ArrayLike<number>): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[at]!) at = i;
  return at;
}

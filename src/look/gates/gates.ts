/**
 * What the gates of a model do over a text: how open they are, how often they are as good as shut or wide open, and how long a unit
 * keeps what it has. With k_t the part of its state that a unit keeps at step t (an LSTM's f_t), after n steps Π_t k_t is left, so
 *
 *   τ = −1 / mean_t ln k_t
 *
 * tokens is the time in which a state falls to 1/e, if nothing is added to it.
 */
import { option, sentence, UserError } from "../../errors.js";
import type { Floats } from "../../engine/engine.js";
import type { LanguageModel } from "../../model/language-model.js";
import { CELL_TABLE } from "../../cells.js";
import { firstTokens, type LookText } from "../look-text.js";
import { type ReadingOptions, type ReadRows, readText } from "../read-text.js";
import { CELL_GATES, type CellGates } from "./gate-names.js";

/** Bars of a histogram over values from 0 to 1. */
const BARS = 20;
/** A gate is as good as shut below, and as good as open above. */
export const SHUT = 0.1;
export const OPEN = 0.9;
/** Part of the tokens for which a gate that is always open is open. */
const ALWAYS = 0.99;
/** A unit whose h stays within so much is dead. */
const DEAD = 0.01;
/** Of ln k, so that a gate that is quite shut once does not say everything. */
const LEAST_KEPT = 1e-6;
const STREAMS = 32;
/** Tokens that are read at most: the figures are parts and means, which more would hardly change. */
const READ = 40_000;
/** A product of kept parts so small goes into the sum of logarithms: a logarithm of every value would take most of the time. */
const SMALL_PRODUCT = 1e-250;

/** One gate of one layer, over all units and tokens. */
export interface GateFigures {
  readonly name: string;
  readonly letter: string;
  readonly mean: number;
  /** Part of all values in each of 20 bars from 0 to 1. */
  readonly histogram: readonly number[];
  /** Part of all values below 0.1, and above 0.9. */
  readonly shut: number;
  readonly open: number;
  /** Units whose gate is above 0.9, or below 0.1, for 99 % of the tokens. */
  readonly alwaysOpen: readonly number[];
  readonly alwaysShut: readonly number[];
}

export interface LayerGates {
  readonly units: number;
  readonly gates: readonly GateFigures[];
  /** τ of each unit, in tokens. */
  readonly timeConstants: readonly number[];
  /** The middle one of them. */
  readonly medianTime: number;
  /** Units whose h moves by less than 0.01 over the whole text. */
  readonly dead: readonly number[];
}

export interface Gates {
  readonly tokens: number;
  readonly layers: readonly LayerGates[];
}

/** @throws UserError for a cell without gates; as `readText` */
export async function gates(
  model: LanguageModel,
  text: LookText,
  options: Pick<ReadingOptions, "onProgress" | "signal"> = {},
): Promise<Gates> {
  const { cell } = model.config;
  const own = CELL_GATES[cell];
  if (!own)
    throw new UserError({
      problem: sentence`A model of ${option("cell", cell)} has no gates to look at`,
      advice: `they are of ${Object.entries(CELL_GATES)
        .flatMap(([name, known]) => (known ? [CELL_TABLE[name as keyof typeof CELL_GATES].label] : []))
        .join(", ")}`,
    });
  const layers: LayerSums[] = [];
  const part = firstTokens(text, READ);
  let tokens = 0;
  const add = ({ count, read, recording }: ReadRows): void => {
    for (const [l, values] of recording!.gates.entries()) {
      layers[l] ??= new LayerSums(own, recording!.hidden[l]!.length / count);
      layers[l].add(values, recording!.hidden[l]!, read);
    }
    for (const place of read) if (place >= 0) tokens++;
  };
  await readText(
    model,
    part,
    { ...options, streams: STREAMS, recording: { hidden: true, gates: true } },
    add,
  );
  return { tokens, layers: layers.map((layer) => layer.figures(tokens)) };
}

class LayerSums {
  readonly #own: CellGates;
  readonly #H: number;
  readonly #sums: readonly { sum: number; bars: Float64Array; shut: Float64Array; open: Float64Array }[];
  /** By unit: Σ ln k is #logKept + ln #product. */
  readonly #logKept: Float64Array;
  readonly #product: Float64Array;
  readonly #least: Float64Array;
  readonly #greatest: Float64Array;

  constructor(own: CellGates, H: number) {
    this.#own = own;
    this.#H = H;
    this.#sums = own.gates.map(() => ({
      sum: 0,
      bars: new Float64Array(BARS),
      shut: new Float64Array(H),
      open: new Float64Array(H),
    }));
    this.#logKept = new Float64Array(H);
    this.#product = new Float64Array(H).fill(1);
    this.#least = new Float64Array(H).fill(Infinity);
    this.#greatest = new Float64Array(H).fill(-Infinity);
  }

  /** @param values (N, G·H) @param hidden (N, H) @param read by row: −1 for those that do not count */
  add(values: Floats, hidden: Floats, read: Int32Array): void {
    const H = this.#H;
    const width = values.length / read.length;
    for (const [n, place] of read.entries()) {
      if (place < 0) continue;
      for (const [g, { value }] of this.#own.gates.entries()) {
        const sums = this.#sums[g]!;
        const { bars, shut, open } = sums;
        let sum = 0;
        for (let u = 0; u < H; u++) {
          const x = value(values, n * width + u, H);
          sum += x;
          bars[Math.min(BARS - 1, Math.floor(x * BARS))]!++;
          if (x < SHUT) shut[u]!++;
          else if (x > OPEN) open[u]!++;
        }
        sums.sum += sum;
      }
      for (let u = 0; u < H; u++) {
        const product = this.#product[u]! * Math.max(LEAST_KEPT, this.#own.kept(values, n * width + u, H));
        const small = product < SMALL_PRODUCT;
        if (small) this.#logKept[u]! += Math.log(product);
        this.#product[u] = small ? 1 : product;
        const h = hidden[n * H + u]!;
        if (h < this.#least[u]!) this.#least[u] = h;
        if (h > this.#greatest[u]!) this.#greatest[u] = h;
      }
    }
  }

  figures(tokens: number): LayerGates {
    const H = this.#H;
    const all = tokens * H;
    const units = Array.from({ length: H }, (_, u) => u);
    const timeConstants = units.map(
      (u) => -tokens / Math.min(-1e-9, this.#logKept[u]! + Math.log(this.#product[u]!)),
    );
    return {
      units: H,
      gates: this.#own.gates.map(({ name, letter }, g) => {
        const { sum, bars, shut, open } = this.#sums[g]!;
        return {
          name,
          letter,
          mean: sum / all,
          histogram: Array.from(bars, (count) => count / all),
          shut: total(shut) / all,
          open: total(open) / all,
          alwaysOpen: units.filter((u) => open[u]! >= ALWAYS * tokens),
          alwaysShut: units.filter((u) => shut[u]! >= ALWAYS * tokens),
        };
      }),
      timeConstants,
      medianTime: timeConstants.toSorted((a, b) => a - b)[Math.floor(H / 2)]!,
      dead: units.filter((u) => this.#greatest[u]! - this.#least[u]! < DEAD),
    };
  }
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

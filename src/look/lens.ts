/**
 * Logit lens: what each layer alone would predict, its output read by the model's output layer in place of the last layer's
 * (nostalgebraist, 2020, "interpreting GPT: the logit lens", of transformers; in ecco of Alammar, 2021). With p_l the distribution that
 * layer l gives so and p that of the model,
 *
 *   KL_l = Σ_v p(v) ln (p(v) / p_l(v))
 *
 * is how far it still is from the end, in nats. Where a model has residual connections the sum up to a layer is read, and where it has
 * a projection before the output layer each layer goes through it.
 */
import type { Floats } from "../engine/engine.js";
import { UserError } from "../errors.js";
import type { LanguageModel } from "../model/language-model.js";
import { hiddenSizes, isProjected, outputWidth } from "../model/widths.js";
import { firstTokens, type LookText } from "./look-text.js";
import { type ReadingOptions, type ReadRows, readText } from "./read-text.js";

/** Tokens that are read, and those that are told one by one. */
const READ = 4000;
const TOLD = 300;

export interface LensGuess {
  /** The token that the layer finds most probable, and how probable. */
  readonly text: string;
  readonly probability: number;
  /** Of the token that came. */
  readonly own: number;
}

export interface LensToken {
  readonly text: string;
  /** By layer; the last is the model's own. Empty for a first token that nothing predicts. */
  readonly guesses: readonly LensGuess[];
  /** The lowest layer from which on the most probable token is the model's own, from 0. */
  readonly decided: number | null;
}

export interface LensLayer {
  /** Mean nats of the tokens that came, and mean KL_l. */
  readonly nats: number;
  readonly divergence: number;
  /** Part of the tokens for which its most probable token is the model's own; and is what came. */
  readonly agrees: number;
  readonly right: number;
  /** Part of the tokens that are decided here: from here on, and not before. */
  readonly decides: number;
}

export interface Lens {
  /** Tokens predicted, in all means. */
  readonly tokens: number;
  readonly layers: readonly LensLayer[];
  readonly map: readonly LensToken[];
  /** More of the text were not read. */
  readonly leftOut: number;
}

/** @throws UserError where layers are of widths that the output layer does not take; as `readText` */
export async function lens(
  model: LanguageModel,
  text: LookText,
  display: (id: number) => string,
  options: Pick<ReadingOptions, "onProgress" | "signal"> = {},
): Promise<Lens> {
  const sizes = hiddenSizes(model.config);
  if (sizes.some((size) => size !== sizes.at(-1)))
    throw new UserError(
      `What each layer alone would predict can be read only where all have the width of the last one; here they have ${sizes.join(", ")}.`,
    );
  if (isProjected(model.config) && model.config.weights !== undefined)
    throw new UserError(
      "What each layer alone would predict is not read through a projection of whole numbers; look into the model of floats that this one was made from.",
    );
  const part = firstTokens(text, READ);
  const gathering = new Gathering(model, part, display);
  await readText(model, part, { ...options, distributions: true, recording: { hidden: true } }, (rows) =>
    gathering.add(rows),
  );
  return { ...gathering.result(), leftOut: text.ids.length - part.ids.length };
}

class Gathering {
  readonly #model: LanguageModel;
  readonly #text: LookText;
  readonly #display: (id: number) => string;
  readonly #L: number;
  readonly #sums: { nats: number; divergence: number; agrees: number; right: number; decides: number }[];
  readonly #map: LensToken[];
  #tokens = 0;

  constructor(model: LanguageModel, text: LookText, display: (id: number) => string) {
    this.#model = model;
    this.#text = text;
    this.#display = display;
    this.#L = model.config.layers;
    this.#sums = Array.from({ length: this.#L }, () => ({
      nats: 0,
      divergence: 0,
      agrees: 0,
      right: 0,
      decides: 0,
    }));
    this.#map = text.pieces
      .slice(0, Math.min(TOLD, text.ids.length))
      .map((piece) => ({ text: piece, guesses: [], decided: null }));
  }

  add({ count, predicted, recording, logits }: ReadRows): void {
    const V = this.#model.vocabulary;
    // Copies: the output layer's logits are overwritten by the next.
    const last = Array.from({ length: count }, (_, n) =>
      predicted[n]! < 0 ? undefined : logProbabilities(logits(n)),
    );
    const byLayer = Array.from({ length: this.#L - 1 }, (_, l) => {
      const x = this.#logitsOf(recording!.hidden, l, count);
      return last.map((own, n) => own && logProbabilities(x.subarray(n * V, (n + 1) * V)));
    });
    for (let n = 0; n < count; n++) {
      const final = last[n];
      if (!final) continue;
      const place = predicted[n]!;
      const id = this.#text.ids[place]!;
      const all = [...byLayer.map((layer) => layer[n]!), final];
      const best = all.map(argmax);
      const own = best.at(-1)!;
      const decided = best.findLastIndex((one) => one !== own) + 1;
      this.#tokens++;
      for (const [l, log] of all.entries()) {
        const sums = this.#sums[l]!;
        sums.nats -= log[id]!;
        sums.divergence += divergence(final, log);
        if (best[l] === own) sums.agrees++;
        if (best[l] === id) sums.right++;
        if (l === decided) sums.decides++;
      }
      if (place < this.#map.length)
        this.#map[place] = {
          text: this.#text.pieces[place]!,
          guesses: all.map((log, l) => ({
            text: this.#display(best[l]!),
            probability: Math.exp(log[best[l]!]!),
            own: Math.exp(log[id]!),
          })),
          decided,
        };
    }
  }

  /** (N, V) logits of layer l's output. */
  #logitsOf(hidden: readonly Floats[], l: number, N: number): Floats {
    const { engine, config, output } = this.#model;
    const rows = hidden[l]!.slice();
    // y_l = h_l + y_{l−1}
    if (config.residual)
      for (let k = 0; k < l; k++) for (let i = 0; i < rows.length; i++) rows[i]! += hidden[k]![i]!;
    const read = isProjected(config) ? this.#projected(rows, N) : rows;
    const h = engine.tensor(read.length);
    engine.write(read, h);
    return Float64Array.from(output.logits(h, N, true));
  }

  /** W y of each row: see model/parts/projection.ts. */
  #projected(rows: Floats, N: number): Floats {
    const { engine, parameters, config } = this.#model;
    const W = engine.read(parameters.find(({ name }) => name === "projection.weight")!.value);
    const E = outputWidth(config);
    const H = rows.length / N;
    const out = new Float64Array(N * E);
    for (let n = 0; n < N; n++)
      for (let e = 0; e < E; e++) {
        let sum = 0;
        for (let i = 0; i < H; i++) sum += W[e * H + i]! * rows[n * H + i]!;
        out[n * E + e] = sum;
      }
    return engine.precision === "f64" ? out : Float32Array.from(out);
  }

  result(): Omit<Lens, "leftOut"> {
    const N = Math.max(1, this.#tokens);
    return {
      tokens: this.#tokens,
      layers: this.#sums.map(({ nats, divergence: apart, agrees, right, decides }) => ({
        nats: nats / N,
        divergence: Math.max(0, apart / N),
        agrees: agrees / N,
        right: right / N,
        decides: decides / N,
      })),
      map: this.#map,
    };
  }
}

/** ln p of all tokens, by logits: x − max − ln Σ e^{x − max}. */
function logProbabilities(x: Floats): Float64Array {
  const logs = Float64Array.from(x);
  const max = logs[argmax(logs)]!;
  const log = Math.log(logs.reduce((sum, one) => sum + Math.exp(one - max), 0));
  return logs.map((one) => one - max - log);
}

function argmax(values: Float64Array): number {
  let best = 0;
  for (let v = 1; v < values.length; v++) if (values[v]! > values[best]!) best = v;
  return best;
}

function divergence(p: Float64Array, q: Float64Array): number {
  let sum = 0;
  for (let v = 0; v < p.length; v++) sum += Math.exp(p[v]!) * (p[v]! - q[v]!);
  return sum;
}

/**
 * Finds settings of what follows a text, on a text: those of the least loss. The dynamic evaluation's rate, decay
 * and ε are looked for on the beginning of the text, each candidate beside the cache and the temperature that suit it best; what is
 * found then reads all of the part, and temperature and cache are fitted to that.
 *
 * A text is read once for each candidate. Temperatures and caches are compared on what is kept of a reading (record.ts),
 * and λ is solved for.
 */
import type { LanguageModel } from "../model/language-model.js";
import type { Batches } from "../text/windows/batches.js";
import { bestCache, cacheParts } from "./cache-grid.js";
import { DynamicEvaluation } from "./dynamic-evaluation.js";
import type { GradientStatistics } from "./gradient-statistics.js";
import { Ladder } from "./ladder.js";
import { meanLoss, recordText, type TextRecord } from "./record.js";
import { type AdaptOptions, type DynamicSettings, type FollowSettings, followSettings } from "./settings.js";

/** Candidates of the first look, and around the best of it. */
const TEMPERATURES = [0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.3];
const WINDOWS = [250, 500, 1000, 2000, 4000];
const THETAS = [0.03, 0.06, 0.12, 0.25, 0.5, 1, 2];
const AROUND = [0.7, 0.84, 1, 1.19, 1.41];
/** The part of the tokens on which dynamic settings are looked for. */
const FIRST_PART = 1 / 4;

/** What a tuning is doing. */
export interface TuneProgress {
  /** "reading without following", "rate 0.0002, decay 0.005": what is being tried. */
  readonly trying: string;
  /** Tokens of it that were read, and all. */
  readonly tokens: number;
  readonly total: number;
  /** The loss that it had, in nats a token, once it is known. */
  readonly loss?: number;
}

export interface TuneWork {
  readonly model: LanguageModel;
  /** One sequence, or lines one after the other. */
  readonly batches: Batches;
  /** Tokens to read at most. */
  readonly tokens: number;
  /** What is switched on, and what is fixed; checked. */
  readonly options: AdaptOptions;
  /** For a dynamic evaluation of method "rms". */
  readonly statistics: GradientStatistics | undefined;
  readonly onProgress?: ((progress: TuneProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was found. */
export interface Found {
  readonly settings: FollowSettings;
  /** Tokens that it was measured on. */
  readonly tokens: number;
  /** Mean of −ln p on them without and with these settings. */
  readonly plainLoss: number;
  readonly loss: number;
}

/** Loss and settings of a reading, with what suits it best. */
interface Fitted {
  readonly loss: number;
  readonly temperature: number;
  readonly cache: FollowSettings["cache"];
}

/** @throws UserError for weights that are not trained, with dynamic evaluation; the signal's reason where that ended it */
export async function findSettings(work: TuneWork): Promise<Found> {
  const { model, options, tokens } = work;
  const start = followSettings(options, undefined);
  const plain = await read(work, model, "reading without following", tokens);
  const plainLoss = meanLoss(plain.logs[plain.temperatures.indexOf(1)]!);
  const dynamic = start.dynamic && (await findDynamic(work, start.dynamic));
  const record = dynamic
    ? await read(work, new DynamicEvaluation(model, dynamic, work.statistics), named(dynamic), tokens)
    : plain;
  const { loss, temperature, cache } = await fit(work, record, "fine");
  return {
    settings: { temperature, ...(cache && { cache }), ...(dynamic && { dynamic }) },
    tokens: record.count,
    plainLoss,
    loss,
  };
}

/** The best rate, decay and ε, of those that are not given. */
async function findDynamic(work: TuneWork, start: DynamicSettings): Promise<DynamicSettings> {
  const { model, options, statistics } = work;
  const tokens = Math.ceil(work.tokens * FIRST_PART);
  const learner = new DynamicEvaluation(model, start, statistics);
  const { rate, decay, epsilon } = start;
  const ladder = new Ladder({ rate, decay, epsilon }, async (point) => {
    learner.begin(point);
    const record = await read(work, learner, named({ ...start, ...point }), tokens);
    const { loss } = await fit(work, record, "coarse");
    work.onProgress?.({
      trying: named({ ...start, ...point }),
      tokens: record.count,
      total: record.count,
      loss,
    });
    return loss;
  });
  const free = { rate: options.dynamicRate === undefined, decay: options.dynamicDecay === undefined };
  if (free.rate) await ladder.climb({ rate: 2 }, 6);
  // A larger ε makes steps smaller, the more so those of weights with small gradients.
  if (start.method === "rms" && options.dynamicEpsilon === undefined)
    await ladder.climb({ epsilon: 2, ...(free.rate && { rate: 1.5 }) }, 3);
  if (free.decay) await ladder.climb({ decay: 4 }, 4);
  if (free.rate) await ladder.climb({ rate: Math.SQRT2 }, 2);
  return { ...start, ...ladder.best };
}

function named({ method, rate, decay, epsilon }: DynamicSettings): string {
  const figure = (value: number): number => Number(value.toPrecision(3));
  const last = method === "rms" ? `, epsilon ${figure(epsilon)}` : "";
  return `rate ${figure(rate)}, decay ${figure(decay)}${last}`;
}

async function read(
  { batches, options, onProgress, signal }: TuneWork,
  predictor: LanguageModel | DynamicEvaluation,
  trying: string,
  most: number,
): Promise<TextRecord> {
  const fixed = options.temperature;
  return recordText(predictor, batches, {
    most,
    temperatures: fixed === undefined ? TEMPERATURES : [...new Set([1, fixed])],
    withHidden: options.cache === true,
    onProgress: (tokens, total) => onProgress?.({ trying, tokens, total }),
    signal,
  });
}

/** Temperature and cache that suit a reading best. */
async function fit(
  { options, signal }: TuneWork,
  record: TextRecord,
  how: "coarse" | "fine",
): Promise<Fitted> {
  const { temperature: fixed, cacheWindow, cacheTheta, cacheLambda } = options;
  const tempered = record.temperatures
    .map((temperature, i) => ({ temperature, logs: record.logs[i]! }))
    .filter(({ temperature }) => fixed === undefined || temperature === fixed);
  if (!options.cache) {
    const losses = tempered.map(({ temperature, logs }) => ({ temperature, loss: meanLoss(logs) }));
    return { ...losses.reduce((a, b) => (b.loss < a.loss ? b : a)), cache: undefined };
  }
  const search = async (thetas: readonly number[], windows: readonly number[]): Promise<Fitted> => {
    const parts = await cacheParts(record, thetas, windows, signal);
    const fits = tempered.map(({ temperature, logs }) => {
      const { settings, loss } = bestCache(logs, parts, cacheLambda);
      return { temperature, cache: settings, loss };
    });
    return fits.reduce((a, b) => (b.loss < a.loss ? b : a));
  };
  const windows = cacheWindow === undefined ? WINDOWS : [cacheWindow];
  const coarse = await search(cacheTheta === undefined ? THETAS : [cacheTheta], windows);
  if (how === "coarse") return coarse;
  const { theta, window } = coarse.cache!;
  const finer = await search(
    cacheTheta === undefined ? AROUND.map((factor) => theta * factor) : [theta],
    cacheWindow === undefined ? [0.7, 1, 1.4].map((factor) => Math.round(window * factor)) : [window],
  );
  return finer.loss < coarse.loss ? finer : coarse;
}

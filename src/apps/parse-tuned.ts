/** The content of evaluation.json: what was tuned for a model. Touches no files itself. */
import { type AdaptOptions, COMBINATIONS, type FollowSettings } from "../adapt/settings.js";
import { UserError } from "../errors.js";
import { ADAPT_OPTIONS } from "../options/adapt-options.js";
import { INTERPOLATE_OPTIONS } from "../options/ngram-options.js";
import { isValue, rangeText } from "../options/check.js";
import type { ValueRule } from "../options/description.js";
import { shown } from "../shown.js";
import { isObject, type JsonObject, own } from "../text/tokenizers/same-json.js";
import { BESIDES, type Tuned, type TunedInterpolation, type TunedSettings } from "./tuned.js";

const FORMAT = "recurra evaluation";
const VERSION = 1;

const CACHE: Readonly<Record<string, ValueRule>> = {
  window: ADAPT_OPTIONS.cacheWindow.value,
  theta: ADAPT_OPTIONS.cacheTheta.value,
  lambda: ADAPT_OPTIONS.cacheLambda.value,
};
const DYNAMIC: Readonly<Record<string, ValueRule>> = {
  method: ADAPT_OPTIONS.dynamicMethod.value,
  rate: ADAPT_OPTIONS.dynamicRate.value,
  decay: ADAPT_OPTIONS.dynamicDecay.value,
  segment: ADAPT_OPTIONS.dynamicSegment.value,
  epsilon: ADAPT_OPTIONS.dynamicEpsilon.value,
};
const FIGURES: Readonly<Record<string, ValueRule>> = {
  tokens: { kind: "number", whole: true, min: 1 },
  plain_perplexity: { kind: "number", min: 0 },
  perplexity: { kind: "number", min: 0 },
};
const MEASURED: Readonly<Record<string, ValueRule>> = {
  temperature: ADAPT_OPTIONS.temperature.value,
  ...FIGURES,
};
const INTERPOLATION: Readonly<Record<string, ValueRule>> = {
  beside: { kind: "word", words: BESIDES },
  weight: INTERPOLATE_OPTIONS.interpolateWeight.value,
  ...FIGURES,
};
/** Of ngram-key.ts. */
const NGRAM_KEY = /^[0-9a-f]{32}$/;

/** What evaluation.json holds. */
export interface TunedContent {
  /** The checksum of the weights that it was tuned for. */
  readonly weights: string;
  readonly tuned: Tuned;
  readonly interpolations: readonly TunedInterpolation[];
}

export function tunedJson({ weights, tuned, interpolations }: TunedContent): unknown {
  const entries = Object.entries(tuned).map(
    ([name, { settings, tokens, fixed, plainPerplexity, perplexity }]) => [
      name,
      { ...settings, tokens, ...(fixed && { fixed }), plain_perplexity: plainPerplexity, perplexity },
    ],
  );
  const beside = interpolations.map(({ plainPerplexity, ...rest }) => ({
    ...rest,
    plain_perplexity: plainPerplexity,
  }));
  return {
    format: FORMAT,
    version: VERSION,
    weights,
    tuned: Object.fromEntries(entries),
    ...(beside.length > 0 && { interpolations: beside }),
  };
}

/** @param where names the file in messages @throws UserError that says what is wrong, and where */
export function parseTuned(value: unknown, where: string): TunedContent {
  if (!isObject(value) || own(value, "format") !== FORMAT)
    throw new UserError(
      `${where} is not a file that recurra wrote; move it away, so that what was tuned can be kept there.`,
    );
  const version = own(value, "version");
  if (version !== VERSION)
    throw new UserError(
      `${where} is of version ${shown(version)}, and this recurra reads ${VERSION}; use the recurra that wrote it, or delete the file and tune again.`,
    );
  const weights = own(value, "weights");
  if (typeof weights !== "string") throw damaged(where, "weights", weights, "a text");
  const entries = objectAt(value, "tuned", where);
  const tuned: Record<string, TunedSettings> = {};
  for (const name of Object.keys(entries)) {
    if (!COMBINATIONS.some((known) => known === name))
      throw damaged(where, "tuned", name, `one of ${COMBINATIONS.join(", ")}`);
    tuned[name] = settingsAt(entries, name, where);
  }
  return { weights, tuned, interpolations: interpolationsOf(value, where) };
}

/** None where there is no such key, as in files of earlier versions. */
function interpolationsOf(value: JsonObject, where: string): TunedInterpolation[] {
  const entries = own(value, "interpolations");
  if (entries === undefined) return [];
  if (!Array.isArray(entries)) throw damaged(where, "interpolations", entries, "a list");
  return entries.map((entry: unknown, i) => {
    const at = `interpolations.${i}`;
    if (!isObject(entry)) throw damaged(where, at, entry, "an object");
    const ngram = own(entry, "ngram");
    if (typeof ngram !== "string" || !NGRAM_KEY.test(ngram))
      throw damaged(where, `${at}.ngram`, ngram, "the key of an n-gram model");
    const { plain_perplexity, ...rest } = numbers(entry, INTERPOLATION, at, where);
    return { ngram, ...rest, plainPerplexity: plain_perplexity } as unknown as TunedInterpolation;
  });
}

function settingsAt(entries: JsonObject, name: string, where: string): TunedSettings {
  const entry = objectAt(entries, name, where);
  const at = `tuned.${name}`;
  const { temperature, tokens, plain_perplexity, perplexity } = numbers(entry, MEASURED, at, where);
  const settings = {
    temperature,
    ...(name.includes("cache") && {
      cache: numbers(objectAt(entry, "cache", where), CACHE, `${at}.cache`, where),
    }),
    ...(name.includes("dynamic") && {
      dynamic: numbers(objectAt(entry, "dynamic", where), DYNAMIC, `${at}.dynamic`, where),
    }),
  } as unknown as FollowSettings;
  return {
    settings,
    tokens: tokens as number,
    ...fixedAt(entry, at, where),
    plainPerplexity: plain_perplexity as number,
    perplexity: perplexity as number,
  };
}

function fixedAt(entry: JsonObject, at: string, where: string): Pick<TunedSettings, "fixed"> {
  const fixed = own(entry, "fixed");
  if (fixed === undefined) return {};
  if (
    Array.isArray(fixed) &&
    fixed.every((name) => typeof name === "string" && Object.hasOwn(ADAPT_OPTIONS, name))
  )
    return { fixed: fixed as (keyof AdaptOptions)[] };
  throw damaged(where, `${at}.fixed`, fixed, "a list of options");
}

/** The values of an object by their rules. @throws UserError for the first that is missing or not valid */
function numbers(
  object: JsonObject,
  rules: Readonly<Record<string, ValueRule>>,
  at: string,
  where: string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(rules).map(([key, rule]) => {
      const value = own(object, key);
      if (isValue(value, rule)) return [key, value];
      const wanted =
        rule.kind === "number"
          ? rangeText(rule)
          : rule.kind === "word"
            ? `one of ${rule.words.join(", ")}`
            : rule.kind;
      throw damaged(where, `${at}.${key}`, value, wanted);
    }),
  );
}

function objectAt(object: JsonObject, key: string, where: string): JsonObject {
  const value = own(object, key);
  if (!isObject(value)) throw damaged(where, key, value, "an object");
  return value;
}

function damaged(where: string, key: string, value: unknown, wanted: string): UserError {
  const found = value === undefined ? "is missing" : `is ${shown(value)}`;
  return new UserError(
    `${where}, key "${key}": it ${found}, but has to be ${wanted}; delete the file and tune again.`,
  );
}

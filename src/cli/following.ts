/** How the commands let a model follow what it reads: their flags, and how settings are told. */
import type { AdaptOptions, FollowSettings } from "../adapt/settings.js";
import type { LoadedModel } from "../apps/loaded-model.js";
import type { TextModel } from "../apps/text-model.js";
import { option, sentence, UserError } from "../errors.js";
import { ADAPT_OPTIONS } from "../options/adapt-options.js";
import { checkBelonging } from "../options/check.js";
import { fourFigures, grouped } from "./numbers.js";

/**
 * The options of a command that are those of `adapt`, and the others.
 * @throws UserError where one is given without what it belongs to
 */
export function splitAdapt<Options extends AdaptOptions>(
  options: Options,
): { readonly adapt: AdaptOptions; readonly rest: Omit<Options, keyof AdaptOptions> } {
  const entries = Object.entries(options);
  const isAdapt = ([name]: readonly [string, unknown]): boolean => Object.hasOwn(ADAPT_OPTIONS, name);
  const adapt = Object.fromEntries(entries.filter(isAdapt)) as AdaptOptions;
  checkBelonging(adapt, ADAPT_OPTIONS);
  return {
    adapt,
    rest: Object.fromEntries(entries.filter((entry) => !isAdapt(entry))) as Omit<Options, keyof AdaptOptions>,
  };
}

/**
 * Checks, before anything is read or written, that a model which is to follow one text is not asked for what reads many.
 * @param other the option that does so, where it is given
 * @throws UserError that names both
 */
export function checkFollowsOne({ cache, dynamic }: AdaptOptions, other: string, isGiven: boolean): void {
  if (!isGiven || !(cache || dynamic)) return;
  const follower = cache ? "cache" : "dynamic";
  throw new UserError({
    option: follower,
    problem: sentence`With ${option(follower)} a model follows one text, and ${option(other)} reads several side by side`,
    advice: "leave one of them out",
  });
}

/** The model as the flags want it: itself where there are none. @throws UserError as `LoadedModel.adapt` */
export async function following(
  loaded: LoadedModel,
  options: AdaptOptions,
): Promise<{ readonly model: TextModel; readonly settings: FollowSettings | undefined }> {
  if (Object.keys(options).length === 0) return { model: loaded, settings: undefined };
  const model = await loaded.adapt(options);
  return { model, settings: model.settings };
}

/** One line a part. */
export function settingsRows({
  temperature,
  cache,
  dynamic,
}: FollowSettings): [name: string, text: string][] {
  const rows: [string, string][] = [];
  if (dynamic) {
    const { method, rate, decay, segment, epsilon } = dynamic;
    const numbers = [
      `rate ${figure(rate)}`,
      `decay ${figure(decay)}`,
      `${grouped(segment)} tokens a segment`,
    ];
    if (method === "rms") numbers.push(`epsilon ${figure(epsilon)}`);
    rows.push(["dynamic evaluation", `${method}, ${numbers.join(", ")}`]);
  }
  if (temperature !== 1) rows.push(["temperature", figure(temperature)]);
  if (cache) {
    const { window, theta, lambda } = cache;
    rows.push(["cache", `${grouped(window)} tokens, theta ${figure(theta)}, lambda ${figure(lambda)}`]);
  }
  return rows;
}

/** Three figures: settings need no more to be told. */
const figure = (value: number): string => String(Number(value.toPrecision(3)));

/** "perplexity 91.2, without 105.2" */
export const perplexities = (found: {
  readonly perplexity: number;
  readonly plainPerplexity: number;
}): string => `perplexity ${fourFigures(found.perplexity)}, without ${fourFigures(found.plainPerplexity)}`;

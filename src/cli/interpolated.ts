/** `--interpolate` of eval, score, complete and generate: a model beside an n-gram model. */
import type { AdaptedModel } from "../apps/adapt-model.js";
import type { FitInterpolationOptions } from "../apps/interpolate.js";
import type { LoadedModel } from "../apps/loaded-model.js";
import type { TextModel } from "../apps/text-model.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { option, sentence, UserError } from "../errors.js";
import { INTERPOLATE_OPTIONS } from "../options/ngram-options.js";
import type { Io } from "./io.js";
import { fourFigures } from "./numbers.js";
import { escapeControls } from "../visible-text.js";

/** The flags of an n-gram model beside the model. */
export interface InterpolateFlags {
  readonly interpolate?: string | undefined;
  readonly interpolateWeight?: number | undefined;
}

interface Joining {
  readonly weight?: number | undefined;
  /** Texts to fit the weight on, where none is given. */
  readonly tune?: readonly string[] | undefined;
  readonly reading?: { readonly encoding?: TextEncoding; readonly field?: string };
  readonly tuning?: Pick<FitInterpolationOptions, "tuneTokens" | "overwrite">;
  readonly quiet?: boolean;
  readonly signal: AbortSignal;
}

/** @throws UserError for a weight without an n-gram model */
export function checkInterpolation({ interpolate, interpolateWeight }: InterpolateFlags): void {
  if (interpolate !== undefined || interpolateWeight === undefined) return;
  throw new UserError({
    option: "interpolateWeight",
    problem: sentence`${option("interpolateWeight")} is given without ${option("interpolate")}`,
    advice: sentence`give ${option("interpolate")}, too, or leave ${option("interpolateWeight")} out`,
  });
}

/** The model with the flags of a command that fits nothing: itself where no n-gram model is named. */
export async function besideNgram(
  io: Io,
  model: TextModel,
  { interpolate: path, interpolateWeight: weight }: InterpolateFlags,
  signal: AbortSignal,
): Promise<TextModel> {
  if (path === undefined) return model;
  return (await interpolated(io, model as LoadedModel | AdaptedModel, path, { weight, signal })).model;
}

/** Tells where the n-gram model knew little of what was read. */
export async function tellUnknown(io: Io, { model }: TextModel): Promise<void> {
  const [{ NgramMixture }, { unknownNotice }] = await Promise.all([
    import("../adapt/ngram-mixture.js"),
    import("../ngram/unknown-words.js"),
  ]);
  if (!(model instanceof NgramMixture)) return;
  const { tokens, unknown } = model.readSoFar;
  const notice = unknownNotice(unknown, tokens, "tokens");
  if (notice !== undefined) io.stderr.write(`${notice}\n`);
}

/** The mixture, and its weight: as given, else fitted where there is a text for that, else as it was fitted before, else the default. */
export async function interpolated(
  io: Io,
  model: LoadedModel | AdaptedModel,
  path: string,
  { weight, tune, reading = {}, tuning, quiet = true, signal }: Joining,
): Promise<{ readonly model: TextModel; readonly weight: number }> {
  const [{ loadNgram }, { interpolate, fitInterpolation, keptInterpolation }] = await Promise.all([
    import("../ngram/load-ngram.js"),
    import("../apps/interpolate.js"),
  ]);
  const ngram = await loadNgram(path);
  let used = weight;
  if (tune && used === undefined) {
    used = await fitInterpolation(model, ngram, tune, {
      ...reading,
      ...tuning,
      stdin: io.stdin as AsyncIterable<Uint8Array>,
      onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
      signal,
    });
    if (!quiet) io.stderr.write(`Weight of the n-gram model that fits best: ${fourFigures(used)}.\n`);
  }
  used ??= (await keptInterpolation(model, ngram))?.weight;
  used ??= INTERPOLATE_OPTIONS.interpolateWeight.default;
  return { model: interpolate(model, ngram, used), weight: used };
}

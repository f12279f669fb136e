/** `recurra eval --tune`: finds how a model best follows a text, and tells what it tries and finds. */
import type { AdaptOptions } from "../adapt/settings.js";
import type { TuneProgress } from "../adapt/tune.js";
import type { LoadedModel } from "../apps/loaded-model.js";
import type { TuneOptions } from "../apps/tune.js";
import type { TunedSettings } from "../apps/tuned.js";
import { escapeControls } from "../visible-text.js";
import { perplexities, settingsRows } from "./following.js";
import type { Io } from "./io.js";
import { fourFigures, grouped, percent } from "./numbers.js";
import { progressLine } from "./progress-line.js";

interface TuningOf {
  readonly adapt: AdaptOptions;
  readonly reading: Pick<TuneOptions, "encoding" | "field">;
  readonly tuning: Pick<TuneOptions, "tuneTokens" | "overwrite">;
  /** Nothing but notices is written. */
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

/** Tunes, keeps what was found, and writes it to standard error. @throws UserError as `tune` */
export async function tuneModel(
  io: Io,
  model: LoadedModel,
  inputs: readonly string[],
  { adapt, reading, tuning, quiet, signal }: TuningOf,
): Promise<TunedSettings> {
  const { tune } = await import("../apps/tune.js");
  const show = progressLine(io, quiet);
  const tell = ({ trying, tokens, total, loss }: TuneProgress): void => {
    if (loss === undefined)
      return show(`tuning: ${trying}: ${percent(tokens / total)} of ${grouped(total)} tokens`);
    show(`tuning: ${trying}: perplexity ${fourFigures(Math.exp(loss))}\n`);
  };
  try {
    const found = await tune(model, inputs, {
      ...adapt,
      ...reading,
      ...tuning,
      stdin: io.stdin,
      signal,
      onProgress: tell,
      onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
    });
    show("");
    if (!quiet) io.stderr.write(`${foundLines(found).join("\n")}\n`);
    return found;
  } catch (error) {
    show("");
    throw error;
  }
}

function foundLines(found: TunedSettings): string[] {
  const rows = settingsRows(found.settings).map(([name, text]) => `${name} ${text}`);
  const settings = rows.length === 0 ? "nothing better than the model as it is" : rows.join("; ");
  return [`Tuned on ${grouped(found.tokens)} tokens: ${perplexities(found)}: ${settings}.`];
}

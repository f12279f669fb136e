/** `recurra eval`: measures a model, or the mean of several, on a text. */
import type { AdaptOptions, FollowSettings } from "../adapt/settings.js";
import type { LoadedModel } from "../apps/loaded-model.js";
import type { TextModel } from "../apps/text-model.js";
import type { EngineName } from "../engine/create.js";
import { option, sentence, UserError } from "../errors.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import type { Evaluation } from "../train/evaluate.js";
import { checkBelonging } from "../options/check.js";
import { EVAL_COMMAND } from "../options/command-options.js";
import { checkFollowsOne, following, settingsRows, splitAdapt } from "./following.js";
import { checkCompletion, evalCompletion } from "./eval-completion.js";
import { checkInterpolation, interpolated, tellUnknown } from "./interpolated.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { fourFigures, grouped, percent, share } from "./numbers.js";
import { checkEvalProfile, profileJson, profileRows, withProfile } from "./profiled.js";
import { progressLine } from "./progress-line.js";
import { checkModelFirst } from "./model-argument.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { tuneModel } from "./tune-following.js";
import { escapeControls } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions extends AdaptOptions {
  readonly batchSize?: number;
  readonly encoding?: TextEncoding;
  readonly field?: string;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly tune?: readonly string[];
  readonly tuneTokens?: number;
  readonly overwrite?: boolean;
  readonly interpolate?: string;
  readonly interpolateWeight?: number;
  readonly completion?: boolean;
  readonly completionWords?: number;
  readonly profile?: string;
  readonly heldOut?: readonly string[];
  readonly json?: boolean;
}

export function evalCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model, or of several: then their probabilities are averaged")
    .argument("<text...>", "files, folders, globs (.txt, .gz, .jsonl), or - for standard input");
  addFlags(command, EVAL_COMMAND)
    .addHelpText(
      "after",
      "\nFolders of models that follow the first are models too, up to the first text.\n\nExamples:\n  recurra eval book.model another.txt --json\n  recurra eval wiki.model test.txt --dynamic --cache --tune valid.txt",
    )
    .action((folder: string, inputs: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runEval(io, folder, inputs, options, signal)),
    );
}

async function runEval(
  io: Io,
  folder: string,
  rest: readonly string[],
  {
    threads,
    engine,
    tune,
    tuneTokens,
    overwrite,
    interpolate,
    interpolateWeight,
    completion = false,
    completionWords,
    profile,
    heldOut,
    json = false,
    ...options
  }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  checkBelonging({ tune, tuneTokens, overwrite, profile, heldOut }, EVAL_COMMAND);
  checkCompletion({ completion, completionWords, batchSize: options.batchSize });
  const [{ load }, { evaluateEach }, { ensemble }, { inspectModelFolder }] = await Promise.all([
    import("../apps/load.js"),
    import("../apps/evaluate-inputs.js"),
    import("../apps/ensemble.js"),
    import("../format/model-folder.js"),
  ]);
  await checkModelFirst({ folder, others: rest, command: "eval" });
  const folders = [folder];
  for (const argument of rest) {
    if (argument === "-" || !(await inspectModelFolder(argument).catch(() => undefined))?.model) break;
    folders.push(argument);
  }
  const inputs = rest.slice(folders.length - 1);
  if (inputs.length === 0)
    throw new UserError(
      "There are models and no text to measure them on; give it after them (recurra eval a.model b.model test.txt).",
    );
  checkEvalProfile({ profile, tune }, folders.length);
  if (tune && folders.length > 1) throw tunesOne();
  checkInterpolation({ interpolate, interpolateWeight });
  if (interpolate !== undefined && folders.length > 1) throw interpolatesOne();
  const { adapt, rest: measuring } = splitAdapt(options);
  checkFollowsOne(adapt, "batchSize", (measuring.batchSize ?? 1) > 1);
  checkFollowsOne(adapt, "completion", completion);
  const where = { ...(threads !== undefined && { threads }), ...(engine && { engine }) };
  const first = await withProfile(io, await load(folder, where), profile);
  const { encoding, field } = measuring;
  const tunesFollowing = interpolate === undefined || Object.keys(adapt).length > 0;
  const found =
    tune &&
    tunesFollowing &&
    (await tuneModel(io, first, tune, {
      adapt,
      reading: { ...(encoding && { encoding }), ...(field !== undefined && { field }) },
      tuning: { tuneTokens, overwrite },
      quiet: json,
      signal,
    }));
  const used =
    found && !adapt.cache && !adapt.dynamic ? { ...adapt, temperature: found.settings.temperature } : adapt;
  const followed = [await following(first, used)];
  for (const other of folders.slice(1)) {
    const member: LoadedModel = await load(other, { engine: first.model.engine });
    followed.push(await following(member, used));
  }
  const joined =
    interpolate === undefined
      ? undefined
      : await interpolated(io, followed[0]!.model as LoadedModel, interpolate, {
          weight: interpolateWeight,
          tune,
          reading: { ...(encoding && { encoding }), ...(field !== undefined && { field }) },
          tuning: { tuneTokens, overwrite },
          quiet: json,
          signal,
        });
  const model: TextModel = joined
    ? joined.model
    : followed.length === 1
      ? followed[0]!.model
      : ensemble(followed.map((each) => each.model) as LoadedModel[], folders);
  // What a profile gains is measured with the same flags.
  const untouched = async (): Promise<TextModel> => {
    const { model: plain } = await following(first.untouched, used);
    if (!joined) return plain;
    const beside = { weight: joined.weight, signal };
    return (await interpolated(io, plain as LoadedModel, interpolate!, beside)).model;
  };

  const show = progressLine(io, json);
  try {
    if (completion) {
      const { batchSize: _, ...reading } = measuring;
      const completing = { ...reading, ...(completionWords !== undefined && { completionWords }) };
      await evalCompletion(io, model, inputs, { ...completing, signal, show }, json);
      if (joined) await tellUnknown(io, model);
      return;
    }
    const heard = {
      ...measuring,
      stdin: io.stdin,
      signal,
      onProgress: (done: number, total: number) =>
        show(`measuring: ${percent(done / total)} of ${grouped(total)} tokens`),
      onNotice: (message: string) => void io.stderr.write(`${escapeControls(message)}\n`),
    };
    // The text is read with and without a profile in the same way.
    const plainModel = profile === undefined ? undefined : await untouched();
    const both = await evaluateEach(plainModel ? [model, plainModel] : [model], inputs, heard);
    const [measured, plain] = both as [Evaluation, Evaluation?];
    const { batchSize: _, ...readingHeldOut } = heard;
    const measuredProfile = plain && {
      plain,
      heldOut: await (
        await import("../apps/measure-profile.js")
      ).measureForgetting(first, folder, heldOut, readingHeldOut),
    };
    show("");
    if (joined) await tellUnknown(io, model);
    const settings = followed.map((each) => each.settings);
    io.stdout.write(
      json
        ? jsonLine({
            ...measured,
            ...usedJson(folders, settings),
            ...(joined && { interpolate: { ngram: interpolate, weight: joined.weight } }),
            ...(measuredProfile && { profile: profileJson(profile!, measuredProfile) }),
          })
        : `${[
            ...evaluationTable(measured),
            ...usedLines(folders, settings),
            ...(joined
              ? [row("n-gram model", `${escapeControls(interpolate!)}, weight ${fourFigures(joined.weight)}`)]
              : []),
            ...(measuredProfile
              ? profileRows(profile!, measured.bitsPerChar, measuredProfile).map(([name, text]) =>
                  row(name, text),
                )
              : []),
          ].join("\n")}\n`,
    );
  } catch (error) {
    show("");
    throw error;
  }
}

type Settings = readonly (FollowSettings | undefined)[];

/** What was used besides the model: nothing of a single one that does not follow. */
function usedJson(folders: readonly string[], settings: Settings): object {
  if (folders.length === 1) return settings[0] ? { settings: settings[0] } : {};
  return { models: folders.map((model, i) => ({ model, ...(settings[i] && { settings: settings[i] }) })) };
}

function usedLines(folders: readonly string[], settings: Settings): string[] {
  return folders.flatMap((folder, i) => [
    ...(folders.length === 1 ? [] : [row("a mean of", escapeControls(folder))]),
    ...(settings[i] ? settingsRows(settings[i]).map(([name, text]) => row(name, text)) : []),
  ]);
}

function tunesOne(): UserError {
  return new UserError({
    option: "tune",
    problem: sentence`${option("tune")} tunes one model, and there are several`,
    advice: "tune each by itself first: what was found is kept with it",
  });
}

function interpolatesOne(): UserError {
  return new UserError({
    option: "interpolate",
    problem: sentence`${option("interpolate")} joins one model with an n-gram model, and there are several`,
    advice: "give one of them",
  });
}

const row = (name: string, text: string): string => `${name.padEnd(20)}${text}`;

/** One measure a line. */
function evaluationTable(measured: Evaluation): string[] {
  const { tokens, unknown } = measured;
  return [
    row("tokens", grouped(tokens)),
    row("nats per token", fourFigures(measured.natsPerToken)),
    row("perplexity", fourFigures(measured.perplexity)),
    row("bits per character", fourFigures(measured.bitsPerChar)),
    row("bits per byte", fourFigures(measured.bitsPerByte)),
    row("accuracy", `${(measured.accuracy * 100).toFixed(2)} %`),
    row("unknown tokens", unknown === 0 ? "0" : `${grouped(unknown)} (${share(unknown, tokens, 2)})`),
    row("tokens per second", grouped(measured.tokensPerSecond)),
  ];
}

/** `recurra score`: how probable a model finds given lines, token by token. */
import type { AdaptOptions } from "../adapt/settings.js";
import type { LineScore } from "../apps/score.js";
import type { EngineName } from "../engine/create.js";
import { existsSync, statSync } from "node:fs";
import { option, sentence, UserError } from "../errors.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { SCORE_COMMAND } from "../options/command-options.js";
import { READING_OPTIONS } from "../options/text-options.js";
import { type Colors, colorsFor } from "./colors.js";
import { checkFollowsOne, following, splitAdapt } from "./following.js";
import { besideNgram, checkInterpolation, type InterpolateFlags, tellUnknown } from "./interpolated.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { linesOfInput, nothingPiped, readsInput } from "./lines-of-input.js";
import { counted, fourFigures, grouped } from "./numbers.js";
import { unescaped } from "./parse-values.js";
import { loadProfiled } from "./profiled.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { escapeControls } from "../visible-text.js";
import { jsonLine, shellPath } from "./visible-text.js";

interface TypedOptions extends AdaptOptions, InterpolateFlags {
  readonly encoding?: TextEncoding;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly profile?: string;
  readonly kaldi?: boolean;
  readonly json?: boolean;
}

export function scoreCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model")
    .argument(
      "[text...]",
      "lines, each by itself, with \\n, \\t and \\\\ as below; - or a pipe: the lines of standard input",
    );
  addFlags(command, SCORE_COMMAND)
    .addHelpText(
      "after",
      '\nSurprisal is −log₂ of a token\'s probability after all before it, in bits.\nIn texts that are typed, \\n is a newline, \\t a tab, \\\\ a backslash; put -- before one that begins like a flag.\n\nExamples:\n  recurra score book.model "Call me Ishmael."\n  recurra score names.model --json < names.txt',
    )
    .action((folder: string, texts: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runScore(io, folder, texts, options, signal)),
    );
}

async function runScore(
  io: Io,
  folder: string,
  texts: readonly string[],
  options: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const fromInput = readsInput(
    io,
    texts,
    'recurra score needs lines to score: give them after the model, or pipe them in and give "-".',
    "lines",
  );
  const { adapt, rest } = splitAdapt(options);
  const { threads, engine, profile, kaldi, json = false, encoding = READING_OPTIONS.encoding.default } = rest;
  checkInterpolation(rest);
  if (kaldi) checkKaldi(fromInput, json);
  checkFollowsOne(adapt, "kaldi", kaldi === true);
  const loaded = await loadProfiled(
    io,
    { folder, others: texts, command: "score" },
    { threads, engine, profile },
  );
  const model = await besideNgram(io, (await following(loaded, adapt)).model, rest, signal);
  const lines = fromInput ? linesOfInput(io, encoding) : texts.map(unescaped);
  if (!fromInput && texts.every(isFile)) io.stderr.write(`${fileNotice(folder, texts)}\n`);
  if (kaldi) {
    const { kaldiCosts } = await import("../apps/kaldi-costs.js");
    let some = false;
    for await (const costs of kaldiCosts(model, linesOfInput(io, encoding), signal)) {
      some = true;
      io.stdout.write(costs);
    }
    if (!some) throw nothingPiped("line to score");
    if (rest.interpolate !== undefined) await tellUnknown(io, model);
    return;
  }
  const colors = colorsFor(io.stdout, io.env);
  let count = 0;
  for await (const score of model.score(lines)) {
    if (signal.aborted) return;
    const gap = count++ > 0 && !json ? "\n" : "";
    io.stdout.write(gap + (json ? jsonLine(score) : `${scoreTable(score, colors).join("\n")}\n`));
  }
  if (count === 0) throw nothingPiped("line to score");
  if (rest.interpolate !== undefined) await tellUnknown(io, model);
}

function checkKaldi(fromInput: boolean, json: boolean): void {
  if (!fromInput)
    throw new UserError({
      option: "kaldi",
      problem: sentence`${option("kaldi")} takes lines with ids from standard input, and there are lines after the model`,
      advice: "leave them out, and pipe a file such as words_text in",
    });
  if (json)
    throw new UserError({
      option: "kaldi",
      problem: sentence`${option("kaldi")} and ${option("json")} are two forms of the same output`,
      advice: "choose one of them",
    });
}

function isFile(text: string): boolean {
  return existsSync(text) && statSync(text).isFile();
}

/** Notes that an argument which is also a file's name was scored as text. */
function fileNotice(folder: string, names: readonly string[]): string {
  const [name] = names;
  const scored = names.length === 1 ? `the words ${JSON.stringify(name)}` : "the names of files as words";
  const command = `recurra score ${shellPath(folder)} - < ${shellPath(name!)}`;
  return escapeControls(`Scored ${scored}; to score the lines of the file: ${command}`);
}

const BAR = 20;
/** Bits of one character of the bar. */
const BAR_BITS = 1;

/** One line a token: its surprisal in bits, a bar of it, the token; then the totals. */
function scoreTable(score: LineScore, colors: Colors): string[] {
  const { text, scores, tokens, bits, perplexity, bitsPerChar, unknown } = score;
  const rows = scores.map(({ token, surprisal }) => {
    const number = surprisal === null ? "–" : surprisal.toFixed(2);
    const bar = "▇".repeat(Math.min(BAR, Math.round((surprisal ?? 0) / BAR_BITS)));
    return `${number.padStart(8)}  ${colors.cyan(bar.padEnd(BAR))}  ${escapeControls(token)}`;
  });
  const totals = [
    counted(tokens, "token"),
    `${fourFigures(bits)} bits`,
    ...(perplexity === null ? [] : [`perplexity ${fourFigures(perplexity)}`]),
    ...(bitsPerChar === null ? [] : [`${fourFigures(bitsPerChar)} bits per character`]),
    ...(unknown === 0 ? [] : [`${grouped(unknown)} unknown`]),
  ];
  return [colors.bold(escapeControls(text)), ...rows, `   total  ${totals.join(", ")}`];
}

/** `recurra memorised`: what a model gives away of its training text. */
import type { PatternExposure } from "../apps/measure-exposure.js";
import type { MemorisedOptions, MemorisedPassage, TextMemorised } from "../apps/measure-memorised.js";
import type { EngineName } from "../engine/create.js";
import type { NgramShare, Overlap } from "../memorised/shares.js";
import { MEMORISED_COMMAND } from "../options/command-options.js";
import { escapeControls, escapedLine } from "../visible-text.js";
import { type Colors, colorsFor } from "./colors.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { loadFirst } from "./model-argument.js";
import { counted, fourFigures, grouped, percent } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import { unescaped } from "./parse-values.js";
import { progressLine } from "./progress-line.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { inOneLine, jsonLine } from "./visible-text.js";

interface TypedOptions extends Omit<MemorisedOptions, "onNotice" | "onProgress" | "signal" | "stdin"> {
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function memorisedCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<model>", "folder of a model");
  addFlags(command, MEMORISED_COMMAND)
    .addHelpText(
      "after",
      `
The model writes, and of what it wrote the part is told that stands in the training text: by length of n-gram, with the same of
a text that it was not trained on, which shares n-grams with the training text too; and the longest passages, with how often and
where they stand there. Canaries are lines of random content that recurra plant put into the text before.

Examples:
  recurra memorised diary.model --train diary.txt --held-out later.txt
  recurra memorised diary.model --train planted.txt --canaries planted.txt.canaries.json`,
    )
    .action((folder: string, options: TypedOptions) =>
      interruptible(io, (signal) => runMemorised(io, folder, options, signal)),
    );
}

async function runMemorised(
  io: Io,
  folder: string,
  { threads, engine, json = false, prompt, ...options }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const { memorised } = await import("../apps/measure-memorised.js");
  const model = await loadFirst({ folder, others: [], command: "memorised" }, { threads, engine });
  const show = progressLine(io, json);
  const found = await memorised(model, {
    ...options,
    ...(prompt !== undefined && { prompt: unescaped(prompt) }),
    stdin: io.stdin,
    signal,
    onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
    onProgress: ({ doing, done }) => show(`${doing}: ${percent(done)}`),
  }).finally(() => show(""));
  if (json) {
    io.stdout.write(jsonLine(found));
    return;
  }
  const colors = colorsFor(io.stdout, io.env);
  const parts = [
    ...(found.text ? [textLines(found.text, found.seed, found.temperature!, colors)] : []),
    ...(found.canaries ?? []).map((one) => canaryLines(one, colors)),
  ];
  io.stdout.write(`${parts.map((lines) => `${lines.join("\n")}\n`).join("\n")}`);
}

function textLines(
  { unit, trainUnits, generated, heldOut, passages }: TextMemorised,
  seed: number,
  temperature: number,
  { bold }: Colors,
): string[] {
  const figures = (title: string, of: (overlap: Overlap) => string): string =>
    `${title.padEnd(32)}${of(generated).padStart(COLUMN)}${heldOut ? of(heldOut).padStart(COLUMN) : ""}`;
  return [
    `${grouped(generated.units)} ${unit}s written, in ${counted(generated.pieces, "text")} (temperature ${fourFigures(temperature)}, seed ${seed}); training text: ${grouped(trainUnits)} ${unit}s`,
    "",
    `${bold("what stands in the training text".padEnd(32))}${"written".padStart(COLUMN)}${heldOut ? "held out".padStart(COLUMN) : ""}`,
    ...generated.shares.flatMap((share, i) => {
      const other = heldOut?.shares[i];
      return share.share === null
        ? []
        : [
            `${`n-grams of ${counted(share.order, unit)}`.padEnd(32)}${shareText(share).padStart(COLUMN)}${other ? shareText(other).padStart(COLUMN) : ""}`,
          ];
    }),
    ...(generated.wholeLines === null
      ? []
      : [figures("whole lines", ({ wholeLines }) => (wholeLines === null ? "" : percents(wholeLines)))]),
    figures(`longest passage, in ${unit}s`, ({ longest }) => grouped(longest)),
    figures("longest of a text, mean", ({ meanLongest }) => fourFigures(meanLongest)),
    ...passageLines(passages, unit, bold),
  ];
}

const COLUMN = 20;
const percents = (part: number): string => `${(100 * part).toFixed(2)} %`;

function shareText({ share, error }: NgramShare): string {
  if (share === null) return "";
  return error === null ? percents(share) : `${(100 * share).toFixed(2)} ± ${(100 * error).toFixed(2)} %`;
}

function passageLines(passages: readonly MemorisedPassage[], unit: string, bold: Colors["bold"]): string[] {
  if (passages.length === 0) return [];
  return [
    "",
    bold("the longest passages that were written and stand in the training text"),
    ...passages.map(
      ({ text, length, times, line, sample }) =>
        `${counted(length, unit)}, ${times === 1 ? "once" : `${grouped(times)} times`}, ${times === 1 ? "" : "first "}in line ${grouped(line)} (text ${grouped(sample + 1)})\n  ${inOneLine(text)}`,
    ),
  ];
}

const METHODS = {
  exact: "",
  drawn: "estimated by order",
  "skew-normal": "estimated, skew-normal",
} as const;

function canaryLines(
  { pattern, size, measured, greatest, canaries }: PatternExposure,
  { bold }: Colors,
): string[] {
  const all = size < 1e15 ? grouped(size) : size.toExponential(2);
  const which =
    measured === size ? "all of them measured" : `${grouped(measured)} of them drawn and measured`;
  const wide = Math.max(6, ...canaries.map(({ secret }) => secret.length));
  return [
    `${bold("canaries")} ${escapedLine(pattern)}  ${all} possible, ${which}; exposure is at most ${greatest.toFixed(2)} bits`,
    "",
    bold(
      `${"planted".padEnd(12)}${"secret".padEnd(wide)}${"rank".padStart(COLUMN)}${"exposure".padStart(12)}`,
    ),
    ...canaries.map(({ times, secret, rank, exposure, method, atLeast, distance }) => {
      const planted = times === 0 ? "never" : times === 1 ? "once" : `${grouped(times)} times`;
      const note = [
        METHODS[method],
        ...(distance === undefined ? [] : [`distance ${distance.toFixed(3)}`]),
        ...(atLeast === undefined ? [] : [`by order at least ${atLeast.toFixed(2)}`]),
      ].filter((text) => text !== "");
      const shownRank = method === "exact" ? grouped(rank) : fourFigures(rank);
      return `${planted.padEnd(12)}${escapedLine(secret).padEnd(wide)}${shownRank.padStart(COLUMN)}${exposure.toFixed(2).padStart(12)}${note.length === 0 ? "" : `  ${note.join("; ")}`}`;
    }),
  ];
}

/** `recurra look`: what a model does with a text, chapter by chapter. */
import type { LookOptions } from "../apps/look.js";
import type { EngineName } from "../engine/create.js";
import { option, sentence, UserError } from "../errors.js";
import { checkBelonging } from "../options/check.js";
import { LOOK_COMMAND } from "../options/command-options.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { escapeControls, escapedLine } from "../visible-text.js";
import { asset } from "./build-asset.js";
import { colorsFor } from "./colors.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { lookLines } from "./look-lines.js";
import { loadFirst } from "./model-argument.js";
import { percent } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import { checkPage } from "./page-argument.js";
import { unescaped } from "./parse-values.js";
import { progressLine } from "./progress-line.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions extends Pick<LookOptions, "only" | "phrase" | "target" | "against"> {
  readonly track?: readonly string[];
  readonly text?: string;
  readonly encoding?: TextEncoding;
  readonly field?: string;
  readonly html?: string;
  readonly overwrite?: boolean;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function lookCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model")
    .argument("[text...]", "files, folders or patterns; - for standard input");
  addFlags(command, LOOK_COMMAND)
    .addHelpText(
      "after",
      `
Of each chapter the terminal shows the most telling figures, the report all of them, with pictures, and JSON all as data.

Examples:
  recurra look book.model other.txt --html report.html
  recurra look book.model --text "Call me Ishmael. Some years ago"
  recurra look book.model --text "The captain looked out over the" --only why --target " sea" --against " land"
  recurra look book.model other.txt --only surprise --json
  recurra look book.model other.txt --only units --phrase "the white whale" --track verbs=verbs.txt`,
    )
    .action((folder: string, inputs: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runLook(io, folder, inputs, options, signal)),
    );
}

async function runLook(
  io: Io,
  folder: string,
  inputs: readonly string[],
  {
    text: typed,
    html,
    overwrite = false,
    encoding,
    field,
    threads,
    engine,
    json = false,
    track = [],
    phrase,
    target,
    against,
    ...asked
  }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  checkBelonging({ text: typed, html, overwrite }, LOOK_COMMAND);
  if (typed === undefined && inputs.length === 0)
    throw new UserError(
      "recurra look needs a text: name a file after the model, give - for standard input, or type it with --text.",
    );
  if (typed !== undefined && inputs.length > 0)
    throw new UserError({
      option: "text",
      problem: sentence`${option("text", typed)} is a text, and ${escapedLine(inputs[0]!)} names another`,
      advice: "give one of them",
    });
  if (html !== undefined) await checkPage("html", html, overwrite);
  const [{ look }, { readWhole }, model] = await Promise.all([
    import("../apps/look.js"),
    import("../apps/read-whole.js"),
    loadFirst({ folder, others: inputs, command: "look" }, { threads, engine }),
  ]);
  const text =
    typed === undefined
      ? await readWhole(inputs, {
          ...(encoding && { encoding }),
          ...(field !== undefined && { field }),
          stdin: io.stdin,
          onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
        })
      : unescaped(typed);
  const show = progressLine(io, json);
  const report = await look(model, text, {
    ...asked,
    ...Object.fromEntries(
      Object.entries({ phrase, target, against }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, unescaped(value)]],
      ),
    ),
    ...(track.length > 0 && { tracks: await readTracks(track) }),
    signal,
    onProgress: ({ chapter, done }) => show(`${chapter}: ${percent(done)}`),
  }).finally(() => show(""));
  if (html !== undefined) await writeReport(html, folder, report);
  if (json) io.stdout.write(jsonLine(report));
  else io.stdout.write(`${lookLines(report, colorsFor(io.stdout, io.env)).join("\n")}\n`);
  if (html !== undefined && !json) io.stdout.write(`\nThe report is in ${escapedLine(html)}\n`);
}

/** @throws UserError for what is not a name and a file, and files that cannot be read */
async function readTracks(typed: readonly string[]): Promise<Map<string, string>> {
  const { readWhole } = await import("../apps/read-whole.js");
  const tracks = new Map<string, string>();
  for (const one of typed) {
    const [, name, file] = /^([^=]+)=(.+)$/s.exec(one) ?? [];
    if (name === undefined || file === undefined || tracks.has(name))
      throw new UserError({
        option: "track",
        problem: sentence`${option("track", one)} ${name !== undefined && tracks.has(name) ? "is a name that was given before" : "is not a name and a file with = between"}`,
        advice: "give one such as verbs=verbs.txt",
      });
    tracks.set(name, await readWhole([file], {}));
  }
  return tracks;
}

/** Files of the build. */
const ASSETS = {
  script: "../browser-bundle/look-page.js",
  style: "../browser-bundle/look-page.css",
} as const;

async function writeReport(path: string, folder: string, report: object): Promise<void> {
  const [{ lookPage }, { writeFileAtomic }, { basename, resolve }] = await Promise.all([
    import("../export/look-page.js"),
    import("../format/atomic-file.js"),
    import("node:path"),
  ]);
  const text = async (name: string): Promise<string> => new TextDecoder().decode(await asset(name));
  const [script, style] = await Promise.all([text(ASSETS.script), text(ASSETS.style)]);
  await writeFileAtomic(path, lookPage(basename(resolve(folder)), report, { script, style }));
}

/** `recurra study`: what a study has found so far, also while it runs. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { UserError } from "../errors.js";
import { STUDY_COMMAND } from "../options/command-options.js";
import { checkBelonging } from "../options/check.js";
import type { Study } from "../tune/study.js";
import { escapedLine } from "../visible-text.js";
import { asset } from "./build-asset.js";
import type { Io } from "./io.js";
import { addFlags } from "./option-flags.js";
import { checkPage } from "./page-argument.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions {
  readonly html?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function studyCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<folder>", "of a study, which recurra tune wrote, or writes");
  addFlags(command, STUDY_COMMAND)
    .addHelpText(
      "after",
      `
Examples:
  recurra study book.study
  recurra study book.study --html report.html
  recurra study book.study --json`,
    )
    .action((folder: string, options: TypedOptions) => runStudyCommand(io, folder, options));
}

async function runStudyCommand(
  io: Io,
  folder: string,
  { html, overwrite = false, json = false }: TypedOptions,
): Promise<void> {
  checkBelonging({ html, overwrite }, STUDY_COMMAND);
  if (html !== undefined) await checkPage("html", html, overwrite);
  const [{ readStudy, studyPaths }, words, { learnedJson }] = await Promise.all([
    import("../tune/study-file.js"),
    import("./study-words.js"),
    import("../tune/learned-json.js"),
  ]);
  const study = readStudy(folder);
  if (!study)
    throw new UserError(
      `${folder} holds no study: it has no study.jsonl; give the folder that recurra tune wrote.`,
    );
  if (html !== undefined) await writeReport(html, folder, study);
  if (json) {
    const { header, finished, spent } = study;
    const trials = study.ranking().map(({ trial, line }) => {
      const { type: _type, ...measured } = line;
      return { ...trial, measured, partial: line.partial };
    });
    io.stdout.write(jsonLine({ header, spent, trials, finished, learned: learnedJson(study) }));
    return;
  }
  const { best } = studyPaths(folder);
  const lines = [
    ...words.headerLines(study.header),
    "",
    ...words.tableLines(study),
    "",
    ...spaced(words.learnedLines(study)),
    words.countLine(study),
    ...words.bestLines(study, existsSync(best) ? best : undefined),
    ...(html === undefined ? [] : ["", `The report is in ${escapedLine(html)}`]),
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
}

/** Files of the build. */
const ASSETS = {
  script: "../browser-bundle/study-page.js",
  style: "../browser-bundle/look-page.css",
} as const;

async function writeReport(path: string, folder: string, study: Study): Promise<void> {
  const [{ studyPage }, { studyReport }, { writeFileAtomic }] = await Promise.all([
    import("../export/study-page.js"),
    import("../tune/study-report.js"),
    import("../format/atomic-file.js"),
  ]);
  const text = async (name: string): Promise<string> => new TextDecoder().decode(await asset(name));
  const [script, style] = await Promise.all([text(ASSETS.script), text(ASSETS.style)]);
  await writeFileAtomic(path, studyPage(studyReport(study, basename(resolve(folder))), { script, style }));
}

/** With an empty line behind them, where there are any. */
const spaced = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : [...lines, ""]);

/** `recurra study`: what a study has found so far, also while it runs. */
import { UserError } from "../errors.js";
import { STUDY_COMMAND } from "../options/command-options.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

export function studyCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<folder>", "of a study, which recurra tune wrote, or writes");
  addFlags(command, STUDY_COMMAND)
    .addHelpText(
      "after",
      `
Examples:
  recurra study book.study
  recurra study book.study --json`,
    )
    .action(async (folder: string, { json = false }: { readonly json?: boolean }) => {
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
      if (json) {
        const { header, finished, spent } = study;
        const trials = study.ranking().map(({ trial, line }) => {
          const { type: _type, ...measured } = line;
          return { ...trial, measured, partial: line.partial };
        });
        io.stdout.write(jsonLine({ header, spent, trials, finished, learned: learnedJson(study) }));
        return;
      }
      const lines = [
        ...words.headerLines(study.header),
        "",
        ...words.tableLines(study),
        "",
        ...spaced(words.learnedLines(study)),
        words.countLine(study),
        ...words.bestLines(study, studyPaths(folder).best),
      ];
      io.stdout.write(`${lines.join("\n")}\n`);
    });
}

/** With an empty line behind them, where there are any. */
const spaced = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : [...lines, ""]);

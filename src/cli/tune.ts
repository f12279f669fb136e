/** `recurra tune`: looks for the best model of a text that a budget buys, shown as it goes. */
import { UserError } from "../errors.js";
import { TUNE_COMMAND } from "../options/command-options.js";
import type { StudyOptions } from "../tune/study-options.js";
import { colorsFor } from "./colors.js";
import { EXIT } from "./exit-codes.js";
import { Interrupted, Interruption } from "./interruption.js";
import type { Io } from "./io.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { defaultFolder } from "./train.js";

type TypedOptions = Omit<StudyOptions, "inputs" | "out" | "onEvent" | "signal"> & {
  readonly out?: string;
  readonly json?: boolean;
};

export function tuneCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("[text...]", "files, folders, globs (.txt, .gz, .jsonl); to go on with a study, none");
  addFlags(command, TUNE_COMMAND)
    .addHelpText(
      "after",
      `
Trials of many settings are trained a little, the better ones longer, by successive halving; the best one is trained to its
end and lies in <folder>/best.model. What is given as a flag is fixed, the rest is looked for. Ctrl-C, and being killed, lose
nothing: the same command with --resume goes on. recurra study <folder> shows what was found, also meanwhile.

Examples:
  recurra tune book.txt --minutes 60
  recurra tune names.txt --lines --minutes 20 --max-parameters 200000
  recurra tune book.txt --space mine.json --trials 50 --epochs 10
  recurra tune --out book.study --resume --minutes 120`,
    )
    .action(async (inputs: string[], options: TypedOptions) => {
      if (inputs.includes(""))
        throw new UserError("The name of a text is empty; give a file, a folder or a pattern.");
      await runTune(io, inputs, options);
    });
}

async function runTune(
  io: Io,
  inputs: readonly string[],
  { json = false, ...options }: TypedOptions,
): Promise<void> {
  const out = options.out ?? (inputs[0] === undefined ? undefined : folderOf(inputs[0]));
  if (out === undefined || (inputs.length === 0 && !options.resume))
    throw new UserError(
      "recurra tune needs a text; give files or folders, or --out <folder> --resume to go on with a study.",
    );
  const [{ runStudy }, { studyDisplay }, { bestLines, countLine, learnedLines, tableLines }] =
    await Promise.all([
      import("../tune/run-study.js"),
      import("./study-display.js"),
      import("./study-words.js"),
    ]);
  const display = studyDisplay(io, json, colorsFor(io.stdout, io.env));
  const interruption = new Interruption(io, {
    first: () => display.print("ending, what runs is saved… (Ctrl-C again ends at once; nothing is lost)"),
    second: () => display.close(),
  });
  try {
    const { study, best, stopped } = await runStudy({
      ...options,
      out,
      ...(inputs.length > 0 && { inputs }),
      signal: interruption.signal,
      onEvent: (news) => display.handle(news),
    });
    if (!json) {
      const lines = [
        "",
        ...tableLines(study),
        "",
        ...learnedLines(study),
        "",
        countLine(study),
        ...bestLines(study, best),
        ...(stopped ? [`Go on: recurra tune --out ${out} --resume`] : []),
      ];
      display.close();
      for (const line of lines) display.print(line);
    }
    if (stopped || interruption.interrupted) throw new Interrupted();
  } catch (error) {
    if (!interruption.interrupted || error instanceof Interrupted) throw error;
    throw new Interrupted(EXIT.interrupted, { cause: error });
  } finally {
    display.close();
    interruption.release();
  }
}

/** `books/Moby Dick.txt` → `Moby Dick.study`, in the current folder. */
const folderOf = (input: string): string => defaultFolder(input).replace(/\.model$/, ".study");

/** `recurra train`: from typed flags to a training run, shown as it goes. */
import { basename, resolve } from "node:path";
import { UserError } from "../errors.js";
import type { DoneEvent, TrainEvent } from "../train/events.js";
import { TRAIN_COMMAND } from "../options/command-options.js";
import type { TrainOptions } from "../train/options.js";
import { colorsFor } from "./colors.js";
import { EXIT } from "./exit-codes.js";
import { Interrupted, Interruption } from "./interruption.js";
import { type Io, isTerminal } from "./io.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import type { TrainDisplay } from "./train-display.js";
import { addFlags } from "./option-flags.js";

/** The options of `train` that are flags. */
type TypedOptions = Omit<TrainOptions, "inputs" | "text" | "onEvent" | "signal"> & {
  readonly json?: boolean;
};

export function trainCommand(command: RecurraCommand, { io, argv }: CommandContext): void {
  command.argument("<text...>", "files, folders, globs (.txt, .gz, .jsonl), or - for standard input");
  addFlags(command, TRAIN_COMMAND)
    .addHelpText(
      "after",
      `
Ctrl-C ends a run in order, as a terminal that is closed does: it is saved and can go on with --resume, bit for bit as
if it never stopped.

Examples:
  recurra train book.txt
  recurra train names.txt --lines --max-minutes 1 --out names.model`,
    )
    .action(async (inputs: string[], options: TypedOptions) => {
      if (inputs.includes("")) throw new UserError(EMPTY_NAME);
      await runTrain(io, inputs, options, argv.slice(argv.indexOf("train") + 1));
    });
}

const EMPTY_NAME = "The name of a text is empty; give a file, a folder or a pattern.";
const STOPPING_READING = "ending before the training has begun… (Ctrl-C again ends at once)";
const STOPPING_STEP = "finishing this step, saving… (Ctrl-C again ends at once, without saving)";
const STOPPING_MEASURE = "ending the measure; the trained model is saved… (Ctrl-C again ends at once)";

/**
 * Trains and shows it. The first Ctrl-C ends the run after the step it is in; the second ends the process at once.
 * @param argv what was typed after "train", to say how to go on
 * @throws Interrupted where the run, or the measurement of its model, was ended early
 */
export async function runTrain(
  io: Io,
  inputs: readonly string[],
  { json = false, ...options }: TypedOptions,
  argv: readonly string[],
): Promise<DoneEvent | undefined> {
  const [{ train }, { bf16Warning, doneLines }, display] = await Promise.all([
    import("../apps/train.js"),
    import("./train-words.js"),
    makeDisplay(io, json),
  ]);
  /** What an interruption does now. */
  let stopping = STOPPING_READING;
  const interruption = new Interruption(io, {
    first: () => display.print(stopping),
    second: () => display.close(),
  });
  let done: DoneEvent | undefined;
  let lines = false;
  try {
    const { model } = await train({
      ...options,
      inputs,
      out: options.out ?? defaultFolder(inputs[0]!),
      signal: interruption.signal,
      onEvent: (event: TrainEvent) => {
        if (event.type === "prepared") stopping = STOPPING_STEP;
        if (event.type === "reading" && /^(measuring|training from scratch)/.test(event.what))
          stopping = STOPPING_MEASURE;
        display.handle(event);
        const warning = event.type === "prepared" ? bf16Warning(event) : undefined;
        if (warning) io.stderr.write(`${warning}\n`);
        if (event.type === "done") done = event;
      },
    });
    // As the run has it: a resumed one may be of lines without --lines.
    lines = model.tokenizer.bosId !== undefined;
  } catch (error) {
    if (!interruption.interrupted) throw error;
    throw new Interrupted(EXIT.interrupted, { cause: error });
  } finally {
    display.close();
    interruption.release();
  }
  if (done && !json) {
    const heldOut = options.test?.[0] ?? options.valid?.[0];
    const next = { program: calledAs(io.env), argv, lines, heldOut };
    for (const line of doneLines(done, next)) display.print(line);
  }
  if (interruption.interrupted || done?.reason === "stopped") throw new Interrupted();
  return done;
}

async function makeDisplay(io: Io, json: boolean): Promise<TrainDisplay> {
  const { JsonTrainDisplay, LiveTrainDisplay, PlainTrainDisplay } = await import("./train-display.js");
  if (json) return new JsonTrainDisplay(io.stdout, io.stderr);
  return isTerminal(io.stdout, io.env)
    ? new LiveTrainDisplay(io.stdout, colorsFor(io.stdout, io.env))
    : new PlainTrainDisplay(io.stdout);
}

/** How a person calls this program: npx tells that it was npx. */
function calledAs(env: Io["env"]): string {
  return env["npm_command"] === "exec" ? "npx recurra" : "recurra";
}

/** `books/Moby Dick.txt.gz` → `Moby Dick.model`, in the current folder. */
export function defaultFolder(input: string): string {
  if (input === "-") return "stdin.model";
  const name = basename(resolve(input)).replace(/(?<=.)\.gz$/i, "");
  const stem = name.replace(/(?<=.)\.[^.]*$/, "").replaceAll(/[*?[\]{}()!]/g, "");
  return `${stem === "" ? "text" : stem}.model`;
}

/** `recurra explain`: which words of a text decided what the model expects next. */
import type { ExplainOptions } from "../apps/explain.js";
import type { EngineName } from "../engine/create.js";
import type { Explanation } from "../explain/explanation.js";
import { checkBelonging } from "../options/check.js";
import { EXPLAIN_COMMAND } from "../options/command-options.js";
import { READING_OPTIONS } from "../options/text-options.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { escapedLine } from "../visible-text.js";
import { explanationLines } from "./explanation-lines.js";
import { interruptible } from "./interruption.js";
import { type Io, wantsColor } from "./io.js";
import { linesOfInput, nothingPiped, readsInput } from "./lines-of-input.js";
import { loadProfiled } from "./profiled.js";
import { counted } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import { checkPage } from "./page-argument.js";
import { unescaped } from "./parse-values.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions extends Omit<ExplainOptions, "onProgress" | "signal"> {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly encoding?: TextEncoding;
  readonly profile?: string;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function explainCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model")
    .argument(
      "[text...]",
      "texts, each by itself, with \\n, \\t and \\\\ as below; - or a pipe: the lines of standard input",
    );
  addFlags(command, EXPLAIN_COMMAND)
    .addHelpText(
      "after",
      `
Each piece of a text is told with what it did, in nats: above 0 where it made what follows more probable, below 0 where less.
In texts that are typed, \\n is a newline, \\t a tab, \\\\ a backslash.

Examples:
  recurra explain book.model "The captain looked out over the"
  recurra explain book.model "The captain looked out over the" --target " sea" --out why.html
  recurra explain book.model "The captain looked out over the" --target " sea" --against " land" --method integrated
  recurra explain spam.model "You have won a prize" --target spam`,
    )
    .action((folder: string, texts: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runExplain(io, folder, texts, options, signal)),
    );
}

async function runExplain(
  io: Io,
  folder: string,
  typed: readonly string[],
  options: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  checkBelonging(options, EXPLAIN_COMMAND);
  const {
    out,
    overwrite = false,
    encoding = READING_OPTIONS.encoding.default,
    json = false,
    ...others
  } = options;
  const { threads, engine, profile, target, against, ...given } = others;
  const fromInput = readsInput(
    io,
    typed,
    'recurra explain needs a text: give it after the model, or pipe lines in and give "-".',
  );
  if (out !== undefined) await checkPage("out", out, overwrite);
  const [{ explain }, { Classifier }, model] = await Promise.all([
    import("../apps/explain.js"),
    import("../apps/classifier.js"),
    loadProfiled(io, { folder, others: typed, command: "explain" }, { threads, engine, profile }),
  ]);
  const asked: ExplainOptions = {
    ...given,
    ...(target !== undefined && { target: unescaped(target) }),
    ...(against !== undefined && { against: unescaped(against) }),
    signal,
  };
  const explained = model.config.classifier ? new Classifier(model) : model;
  const colored = wantsColor(io.stdout, io.env);
  const all: Explanation[] = [];
  let count = 0;
  for await (const text of fromInput ? linesOfInput(io, encoding) : typed.map(unescaped)) {
    if (fromInput && text.trim() === "") continue;
    const explanation = await explain(explained, text, asked);
    if (out !== undefined) all.push(explanation);
    if (json) io.stdout.write(jsonLine(explanation));
    else if (out === undefined)
      io.stdout.write(`${count > 0 ? "\n" : ""}${explanationLines(explanation, colored).join("\n")}\n`);
    count++;
  }
  if (count === 0) throw nothingPiped("text to explain");
  if (out === undefined) return;
  const [{ explanationPage }, { writeFileAtomic }] = await Promise.all([
    import("../export/explanation-page.js"),
    import("../format/atomic-file.js"),
  ]);
  await writeFileAtomic(out, explanationPage("Which words decided", all));
  if (!json) io.stdout.write(`${counted(all.length, "text")} in ${escapedLine(out)}\n`);
}

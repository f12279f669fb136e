/** `recurra generate`: writes with a model, as it goes. */
import { randomInt } from "node:crypto";
import type { EngineName } from "../engine/create.js";
import type { DoneReason } from "../generate/generate.js";
import type { GenerateOptions } from "../generate/options.js";
import { ENGINE_WORDS } from "./choices.js";
import { colorsFor } from "./colors.js";
import { interruptible } from "./interruption.js";
import { type Io, isTerminal } from "./io.js";
import { choiceValue, collected, numberValue, unescaped } from "./parse-values.js";
import { type RecurraCommand, addEngineOptions } from "./recurra-command.js";
import { SampleWriter } from "./sample-writer.js";
import { escapeControls, jsonLine } from "./visible-text.js";

interface TypedOptions extends GenerateOptions {
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function generateCommand(program: RecurraCommand, io: Io): void {
  const command = program
    .command("generate")
    .description("write with a model")
    .argument("<model>", "folder of a model")
    .optionsGroup("What to write:")
    .option("--prompt <text>", "text to go on from; \\n is a newline, \\t a tab, \\\\ a backslash")
    .option("--length <n>", "most tokens of a sample (default: 200)", whole("--length"))
    .option("--stop <text>", "end before this text, written as --prompt; repeatable", collected)
    .option("-n, --samples <n>", "samples, made side by side (default: 1)", whole("--samples"))
    .option("--seed <n>", "same seed, same text (default: another each time)", whole("--seed"))
    .optionsGroup("How tokens are drawn:")
    .option(
      "--temperature <x>",
      "0 takes the most probable token (default: 0.8)",
      numberValue("--temperature"),
    )
    .option("--top-k <n>", "only the n most probable (default: all)", whole("--top-k"))
    .option("--top-p <p>", "only the most probable that together have p (default: 1)", numberValue("--top-p"))
    .option(
      "--min-p <p>",
      "only those at least p times as probable as the most probable (default: 0)",
      numberValue("--min-p"),
    )
    .option(
      "--repetition-penalty <x>",
      "above 1: what was written becomes less probable (default: 1)",
      numberValue("--repetition-penalty"),
    )
    .optionsGroup("How:");
  addEngineOptions(command, choiceValue("--engine", ENGINE_WORDS))
    .option("--json", "a line of JSON for each sample, with seed and log-probability")
    .addHelpText(
      "after",
      '\nExamples:\n  recurra generate book.model --prompt "The sea" --length 500\n  recurra generate names.model -n 20 --temperature 1',
    )
    .action((folder: string, options: TypedOptions) => runGenerate(io, folder, options));
}

const whole = (flag: string) => numberValue(flag, { whole: true });

/** Writes samples. @throws Interrupted when Ctrl-C ended it */
export function runGenerate(io: Io, folder: string, options: TypedOptions): Promise<void> {
  return interruptible(io, (signal) => generateTo(io, folder, options, signal));
}

async function generateTo(
  io: Io,
  folder: string,
  { threads, engine, json = false, ...requested }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const seed = requested.seed ?? randomInt(2 ** 32);
  const options: GenerateOptions = {
    ...requested,
    seed,
    ...(requested.prompt !== undefined && { prompt: unescaped(requested.prompt) }),
    ...(requested.stop && { stop: requested.stop.map(unescaped) }),
  };
  const [{ generateSettings }, { load }] = await Promise.all([
    import("../generate/options.js"),
    import("../apps/load.js"),
  ]);
  const { prompt, samples } = generateSettings(options);
  const model = await load(folder, { ...(threads !== undefined && { threads }), ...(engine && { engine }) });
  const unknown = model.tokenizer.unknowns(prompt);
  if (unknown.length > 0) io.stderr.write(`${unknownSentence(unknown)}\n`);

  if (json) {
    const texts = Array.from({ length: samples }, () => ({ text: "", tokens: 0, logProbability: 0 }));
    for await (const piece of model.generate(options)) {
      const sample = texts[piece.sample]!;
      sample.text += piece.text;
      sample.tokens++;
      sample.logProbability += piece.logProbability;
      if (piece.done)
        io.stdout.write(sampleLine(piece.sample, piece.done, sample, { prompt, seed, unknown }));
      if (signal.aborted) return;
    }
    return;
  }
  // What goes into a file or a pipe is the text as it is; a terminal would obey it.
  const terminal = io.stdout.isTTY === true;
  const writer = new SampleWriter(io.stdout, {
    prompt,
    samples,
    lines: model.tokenizer.bosId !== undefined,
    safe: terminal ? escapeControls : (text) => text,
    dim: isTerminal(io.stdout, io.env) ? colorsFor(io.stdout, io.env).dim : (text) => String(text),
  });
  writer.begin();
  for await (const piece of model.generate(options)) {
    writer.push(piece.sample, piece.text, piece.done !== undefined);
    if (signal.aborted) break;
  }
  writer.end();
}

function sampleLine(
  sample: number,
  done: DoneReason,
  { text, tokens, logProbability }: { text: string; tokens: number; logProbability: number },
  { prompt, seed, unknown }: { prompt: string; seed: number; unknown: readonly string[] },
): string {
  const log_probability = logProbability;
  // A sample is the one that its own seed would give alone.
  return jsonLine({
    sample,
    seed: seed + sample,
    prompt,
    text,
    tokens,
    log_probability,
    done,
    unknown,
  });
}

const MOST_UNKNOWNS = 10;

function unknownSentence(unknown: readonly string[]): string {
  const listed = unknown.slice(0, MOST_UNKNOWNS).map((piece) => escapeControls(JSON.stringify(piece)));
  const more = unknown.length > listed.length ? ` and ${unknown.length - listed.length} more` : "";
  return `The model does not know ${listed.join(", ")}${more} of the prompt and reads <unk> instead.`;
}

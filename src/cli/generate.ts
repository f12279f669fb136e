/** `recurra generate`: writes with a model, as it goes. */
import { randomInt } from "node:crypto";
import type { AdaptOptions } from "../adapt/settings.js";
import type { EngineName } from "../engine/create.js";
import type { DoneReason } from "../generate/generate.js";
import type { GenerateOptions } from "../generate/options.js";
import { GENERATE_COMMAND } from "../options/command-options.js";
import { colorsFor } from "./colors.js";
import { following, splitAdapt } from "./following.js";
import { interruptible } from "./interruption.js";
import { type Io, isTerminal } from "./io.js";
import { unescaped } from "./parse-values.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { SampleWriter } from "./sample-writer.js";
import { escapeControls } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions extends GenerateOptions, Omit<AdaptOptions, "temperature"> {
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function generateCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<model>", "folder of a model");
  addFlags(command, GENERATE_COMMAND)
    .addHelpText(
      "after",
      '\nExamples:\n  recurra generate book.model --prompt "The sea" --length 500\n  recurra generate names.model -n 20 --temperature 1',
    )
    .action((folder: string, options: TypedOptions) => runGenerate(io, folder, options));
}

/** Writes samples. @throws Interrupted when Ctrl-C ended it */
export function runGenerate(io: Io, folder: string, options: TypedOptions): Promise<void> {
  return interruptible(io, (signal) => generateTo(io, folder, options, signal));
}

async function generateTo(
  io: Io,
  folder: string,
  { threads, engine, json = false, temperature, ...typed }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  // The temperature is that of drawing.
  const { adapt, rest } = splitAdapt(typed);
  const requested: GenerateOptions = { ...rest, ...(temperature !== undefined && { temperature }) };
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
  const loaded = await load(folder, { ...(threads !== undefined && { threads }), ...(engine && { engine }) });
  const { model } = await following(loaded, adapt);
  const unknown = model.unknowns(prompt);
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
  // A file or a pipe gets the text unchanged; on a terminal, controls in it would take effect.
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
  // A sample is the one that its own seed would give alone.
  return jsonLine({
    sample,
    seed: seed + sample,
    prompt,
    text,
    tokens,
    logProbability,
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

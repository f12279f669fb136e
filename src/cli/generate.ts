/** `recurra generate`: writes with a model, as it goes. */
import { randomInt } from "node:crypto";
import type { AdaptOptions } from "../adapt/settings.js";
import type { EngineName } from "../engine/create.js";
import type { DoneReason } from "../generate/generate.js";
import type { GenerateOptions } from "../generate/options.js";
import { option, sentence, UserError } from "../errors.js";
import { checkBelonging } from "../options/check.js";
import { GENERATE_COMMAND } from "../options/command-options.js";
import { SAMPLING_OPTIONS } from "../options/sampling-options.js";
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
  readonly beams?: number;
  readonly lengthPenalty?: number;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function generateCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<model>", "folder of a model");
  addFlags(command, GENERATE_COMMAND)
    .addHelpText(
      "after",
      '\nExamples:\n  recurra generate book.model --prompt "The sea" --length 500\n  recurra generate book.model --prompt "It was" --length 20 --beams 10 -n 3',
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
  { threads, engine, json = false, temperature, beams, lengthPenalty, ...typed }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  checkBelonging({ beams, lengthPenalty }, GENERATE_COMMAND);
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
  if (beams !== undefined)
    checkSearch(beams, samples, { ...rest, ...(temperature !== undefined && { temperature }) });
  const loaded = await load(folder, { ...(threads !== undefined && { threads }), ...(engine && { engine }) });
  const { model } = await following(loaded, adapt);
  const unknown = model.unknowns(prompt);
  if (unknown.length > 0) io.stderr.write(`${unknownSentence(unknown)}\n`);

  // A file or a pipe gets the text unchanged; on a terminal, controls in it would take effect.
  const terminal = io.stdout.isTTY === true;
  const writer = new SampleWriter(io.stdout, {
    prompt,
    samples,
    lines: model.tokenizer.bosId !== undefined,
    safe: terminal ? escapeControls : (text) => text,
    dim: isTerminal(io.stdout, io.env) ? colorsFor(io.stdout, io.env).dim : (text) => String(text),
  });
  if (beams !== undefined) {
    const { length, stop } = options;
    const found = await model.beamSearch({ prompt, length, stop, beams, lengthPenalty, signal });
    const texts = found.slice(0, samples);
    if (!json) writer.begin();
    for (const [sample, { text, ids, logProbability, score, done }] of texts.entries()) {
      if (json)
        io.stdout.write(
          jsonLine({ sample, prompt, text, tokens: ids.length, logProbability, score, done, unknown }),
        );
      else writer.push(sample, text, true);
    }
    if (!json) writer.end();
    return;
  }
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
  writer.begin();
  for await (const piece of model.generate(options)) {
    writer.push(piece.sample, piece.text, piece.done !== undefined);
    if (signal.aborted) break;
  }
  writer.end();
}

/** Options of drawing, which a search has no use for. */
const OF_DRAWING = [...Object.keys(SAMPLING_OPTIONS), "seed"];

function checkSearch(beams: number, samples: number, given: object): void {
  const other = OF_DRAWING.find((name) => (given as Readonly<Record<string, unknown>>)[name] !== undefined);
  if (other !== undefined)
    throw new UserError({
      option: other,
      problem: sentence`${option(other)} is of drawing, and with ${option("beams")} nothing is drawn`,
      advice: "leave one of them out",
    });
  if (samples > beams)
    throw new UserError({
      option: "samples",
      problem: sentence`${option("samples")} asks for ${String(samples)} texts, and ${String(beams)} beams find at most as many as they are`,
      advice: "ask for fewer, or search with more beams",
    });
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

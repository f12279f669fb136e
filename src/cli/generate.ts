/** `recurra generate`: writes with a model, as it goes. */
import { randomInt } from "node:crypto";
import type { AdaptOptions } from "../adapt/settings.js";
import type { EngineName } from "../engine/create.js";
import type { GenerateOptions } from "../generate/options.js";
import { option, sentence, UserError } from "../errors.js";
import { checkBelonging } from "../options/check.js";
import { GENERATE_COMMAND } from "../options/command-options.js";
import { SAMPLING_OPTIONS } from "../options/sampling-options.js";
import { colorsFor } from "./colors.js";
import { checkFollowsOne, following, splitAdapt } from "./following.js";
import { besideNgram, checkInterpolation, type InterpolateFlags } from "./interpolated.js";
import { interruptible } from "./interruption.js";
import { type Io, isTerminal, type Output } from "./io.js";
import { unescaped } from "./parse-values.js";
import { loadProfiled } from "./profiled.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { bestTexts, drawTexts, searchTexts, type TextRequest, type TextSink } from "./generated-texts.js";
import { SampleWriter } from "./sample-writer.js";
import { escapeControls } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions
  extends Omit<GenerateOptions, "prompts">, Omit<AdaptOptions, "temperature">, InterpolateFlags {
  readonly prompts?: string;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly beams?: number;
  readonly bestOf?: number;
  readonly lengthPenalty?: number;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly profile?: string;
  readonly json?: boolean;
}

export function generateCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<model>", "folder of a model");
  addFlags(command, GENERATE_COMMAND)
    .addHelpText(
      "after",
      '\nExamples:\n  recurra generate book.model --prompt "The sea" --length 500\n  recurra generate book.model --prompts begun.txt --best-of 20 -n 3 --out written.txt',
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
  {
    threads,
    engine,
    json = false,
    temperature,
    beams,
    bestOf,
    lengthPenalty,
    prompts: file,
    out,
    overwrite = false,
    interpolate,
    interpolateWeight,
    profile,
    ...typed
  }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  checkBelonging({ beams, bestOf, lengthPenalty, out, overwrite }, GENERATE_COMMAND);
  const beside = { interpolate, interpolateWeight };
  checkInterpolation(beside);
  // The temperature is that of drawing.
  const { adapt, rest } = splitAdapt(typed);
  checkFollowsOne(adapt, "beams", beams !== undefined);
  const { prompt: one, ...requested } = { ...rest, ...(temperature !== undefined && { temperature }) };
  const seed = requested.seed ?? randomInt(2 ** 32);
  const stop = requested.stop?.map(unescaped);
  const options: GenerateOptions & { readonly seed: number } = { ...requested, seed, ...(stop && { stop }) };
  const [{ generateSettings }, { checkNotThere }] = await Promise.all([
    import("../generate/options.js"),
    import("../format/existing-file.js"),
  ]);
  const { samples } = generateSettings(options);
  if (beams !== undefined) checkSearch(beams, samples, { bestOf, ...requested });
  if (bestOf !== undefined && samples > bestOf) throw tooMany(samples, `${bestOf} are drawn`, "draw more");
  if (file !== undefined && one !== undefined) throw bothPrompts();
  if (out !== undefined) checkNotThere(out, overwrite);
  const loaded = await loadProfiled(
    io,
    { folder, others: [], command: "generate" },
    { threads, engine, profile },
  );
  const model = await besideNgram(io, (await following(loaded, adapt)).model, beside, signal);
  const prompts = file === undefined ? [unescaped(one ?? "")] : await promptsOf(io, file);
  const unknowns = prompts.map((prompt) => model.unknowns(prompt));
  const unknown = [...new Set(unknowns.flat())];
  if (unknown.length > 0) io.stderr.write(`${unknownSentence(unknown)}\n`);

  const written: string[] = [];
  const output: Output = out === undefined ? io.stdout : { write: (text) => void written.push(text) };
  // A file or a pipe gets the text unchanged; on a terminal, controls in it would take effect.
  const terminal = output.isTTY === true;
  const writer = new SampleWriter(output, {
    promptOf: (sample) => prompts[Math.floor(sample / samples)]!,
    samples: prompts.length * samples,
    lines: model.tokenizer.bosId !== undefined,
    safe: terminal ? escapeControls : (text) => text,
    dim: isTerminal(output, io.env) ? colorsFor(output, io.env).dim : (text) => String(text),
  });
  const request: TextRequest = { model, prompts, options, samples, signal };
  const sink: TextSink = {
    json,
    piece: (number, text, done) => writer.push(number, text, done),
    tell: (number, told) => {
      const p = Math.floor(number / samples);
      output.write(jsonLine({ sample: number, ...told, prompt: prompts[p], unknown: unknowns[p] }));
    },
    fewer: (p, found) => {
      for (let i = found; i < samples; i++) writer.leaveOut(p * samples + i);
      const of = prompts.length > 1 ? ` after prompt ${p + 1}` : "";
      io.stderr.write(
        `There ${found === 1 ? "is only 1 text" : `are only ${found} different texts`}${of}, and ${samples} were asked for.\n`,
      );
    },
  };
  try {
    if (beams !== undefined) await searchTexts(request, { beams, lengthPenalty }, sink);
    else if (bestOf !== undefined) await bestTexts(request, { bestOf, lengthPenalty }, sink);
    else await drawTexts(request, sink);
  } finally {
    // Also before the sentence of an error.
    if (!json) writer.end();
  }
  if (out !== undefined && !signal.aborted) {
    const { writeFileAtomic } = await import("../format/atomic-file.js");
    await writeFileAtomic(out, written.join(""));
  }
}

async function promptsOf(io: Io, file: string): Promise<string[]> {
  const { readPrompts } = await import("./read-prompts.js");
  return readPrompts(io, file);
}

function bothPrompts(): UserError {
  return new UserError({
    option: "prompts",
    problem: sentence`${option("prompts")} and ${option("prompt")} are both given`,
    advice: "give one of them",
  });
}

/** Options of drawing, which a search has no use for. */
const OF_DRAWING = [...Object.keys(SAMPLING_OPTIONS), "seed", "bestOf"];

function checkSearch(beams: number, samples: number, given: object): void {
  const other = OF_DRAWING.find((name) => (given as Readonly<Record<string, unknown>>)[name] !== undefined);
  if (other !== undefined)
    throw new UserError({
      option: other,
      problem: sentence`${option(other)} is of drawing, and with ${option("beams")} nothing is drawn`,
      advice: "leave one of them out",
    });
  if (samples > beams)
    throw tooMany(samples, `${beams} beams find at most as many as they are`, "search with more beams");
}

function tooMany(samples: number, found: string, more: string): UserError {
  return new UserError({
    option: "samples",
    problem: sentence`${option("samples")} asks for ${String(samples)} texts, and ${found}`,
    advice: `ask for fewer, or ${more}`,
  });
}

const MOST_UNKNOWNS = 10;

function unknownSentence(unknown: readonly string[]): string {
  const listed = unknown.slice(0, MOST_UNKNOWNS).map((piece) => escapeControls(JSON.stringify(piece)));
  const more = unknown.length > listed.length ? ` and ${unknown.length - listed.length} more` : "";
  return `The model does not know ${listed.join(", ")}${more} of the prompt and reads <unk> instead.`;
}

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
import { following, splitAdapt } from "./following.js";
import { interruptible } from "./interruption.js";
import { type Io, isTerminal, type Output } from "./io.js";
import { unescaped } from "./parse-values.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { SampleWriter } from "./sample-writer.js";
import { escapeControls } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions extends Omit<GenerateOptions, "prompts">, Omit<AdaptOptions, "temperature"> {
  readonly prompts?: string;
  readonly out?: string;
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

/** Samples that are made side by side; of more prompts some at a time. */
const SIDE_BY_SIDE = 64;

async function generateTo(
  io: Io,
  folder: string,
  {
    threads,
    engine,
    json = false,
    temperature,
    beams,
    lengthPenalty,
    prompts: file,
    out,
    ...typed
  }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  checkBelonging({ beams, lengthPenalty }, GENERATE_COMMAND);
  // The temperature is that of drawing.
  const { adapt, rest } = splitAdapt(typed);
  const { prompt: one, ...requested } = { ...rest, ...(temperature !== undefined && { temperature }) };
  const seed = requested.seed ?? randomInt(2 ** 32);
  const stop = requested.stop?.map(unescaped);
  const options: GenerateOptions = { ...requested, seed, ...(stop && { stop }) };
  const [{ generateSettings }, { load }] = await Promise.all([
    import("../generate/options.js"),
    import("../apps/load.js"),
  ]);
  const { samples } = generateSettings(options);
  if (beams !== undefined) checkSearch(beams, samples, requested);
  if (file !== undefined && one !== undefined) throw bothPrompts();
  const loaded = await load(folder, { ...(threads !== undefined && { threads }), ...(engine && { engine }) });
  const { model } = await following(loaded, adapt);
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
  const tell = (sample: number, told: object): void => {
    const p = Math.floor(sample / samples);
    output.write(jsonLine({ sample, ...told, prompt: prompts[p], unknown: unknowns[p] }));
  };
  if (!json) writer.begin();
  if (beams !== undefined) {
    for (const [p, prompt] of prompts.entries()) {
      const search = { prompt, length: options.length, stop, beams, lengthPenalty, signal };
      for (const [i, found] of (await model.beamSearch(search)).slice(0, samples).entries()) {
        const { text, ids, ...others } = found;
        if (json) tell(p * samples + i, { text, tokens: ids.length, ...others });
        else writer.push(p * samples + i, text, true);
      }
    }
  } else {
    // A model that follows a text learns from its prompt: one after the other.
    const together = model.model.follows ? 1 : Math.max(1, Math.floor(SIDE_BY_SIDE / samples));
    for (let p = 0; p < prompts.length && !signal.aborted; p += together) {
      const from = p * samples;
      const own = file === undefined ? { prompt: prompts[0] } : { prompts: prompts.slice(p, p + together) };
      const some = { ...options, ...own, seed: seed + from };
      const texts = new Map<number, { text: string; tokens: number; logProbability: number }>();
      for await (const { sample, text, logProbability, done } of model.generate(some)) {
        const number = from + sample;
        if (json) {
          const known = texts.get(sample) ?? { text: "", tokens: 0, logProbability: 0 };
          known.text += text;
          known.tokens++;
          known.logProbability += logProbability;
          texts.set(sample, known);
          // A sample is the one that its own seed would give alone.
          if (done) tell(number, { seed: seed + number, ...known, done });
        } else writer.push(number, text, done !== undefined);
        if (signal.aborted) break;
      }
    }
  }
  if (!json) writer.end();
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

const MOST_UNKNOWNS = 10;

function unknownSentence(unknown: readonly string[]): string {
  const listed = unknown.slice(0, MOST_UNKNOWNS).map((piece) => escapeControls(JSON.stringify(piece)));
  const more = unknown.length > listed.length ? ` and ${unknown.length - listed.length} more` : "";
  return `The model does not know ${listed.join(", ")}${more} of the prompt and reads <unk> instead.`;
}

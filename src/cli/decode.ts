/** `recurra decode`: texts from the matrices of a CTC acoustic model. */
import type { EngineName } from "../engine/create.js";
import { UserError } from "../errors.js";
import type { CtcDecoder, CtcHypothesis, CtcOptions } from "../generate/ctc/ctc-decoder.js";
import type { FusedModels } from "../generate/ctc/fused-models.js";
import type { Matrix } from "../generate/ctc/frames.js";
import { DECODE_COMMAND } from "../options/command-options.js";
import { shown } from "../shown.js";
import { escapeControls } from "../visible-text.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { isInput, nothingPiped } from "./lines-of-input.js";
import { type NamedModel, NO_MODEL } from "./model-argument.js";
import { loadProfiledUnlessNone } from "./profiled.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions extends CtcOptions {
  readonly labels: string;
  readonly ngram?: string;
  readonly frameMs?: number;
  readonly partial?: boolean;
  readonly profile?: string;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function decodeCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", `folder of a model, or ${NO_MODEL}`)
    .argument("<matrices...>", ".npy and .safetensors files of (frames, labels); - reads standard input");
  addFlags(command, DECODE_COMMAND)
    .addHelpText(
      "after",
      `
Of each matrix the text is written whose weighted sum is the greatest: ln p of its paths, ln p by the language models, and
bonuses for words. Several matrices give lines of id, tab and text. Standard input has a line of JSON for each frame, a list
of numbers, or for some frames, a list of such lists; an empty line ends an utterance.

Examples:
  recurra decode book.model hearing.npy --labels labels.txt --case lower
  recurra decode book.model all.safetensors --labels vocab.json --ngram words.arpa --json -n 10
  recogniser | recurra decode book.model - --labels labels.txt --partial`,
    )
    .action((folder: string, matrices: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runDecode(io, folder, matrices, options, signal)),
    );
}

async function runDecode(
  io: Io,
  folder: string,
  paths: readonly string[],
  {
    labels: labelFile,
    ngram: ngramFile,
    frameMs,
    partial = false,
    threads,
    engine,
    profile,
    json = false,
    ...options
  }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const fromInput = isInput(paths, "files");
  if (partial && !fromInput)
    throw new UserError(
      "--partial tells of standard input as it comes; give - in place of files, or leave it out.",
    );
  const [{ CtcDecoder: Decoder }, { readLabels }, { Turns }] = await Promise.all([
    import("../generate/ctc/ctc-decoder.js"),
    import("../apps/read-labels.js"),
    import("../breathe.js"),
  ]);
  const labels = await readLabels(labelFile);
  const models = await loadModels(io, { folder, others: paths, command: "decode" }, ngramFile, {
    threads,
    engine,
    profile,
  });
  const decoder = new Decoder(labels, models, options);
  const { marks } = decoder.labels;
  if (marks.length > 0)
    io.stderr.write(
      escapeControls(`Labels that no text has, so that they are not written: ${marks.join(", ")}\n`),
    );
  const tell = (id: string, frames: number, found: readonly CtcHypothesis[], several: boolean): void =>
    void io.stdout.write(json ? resultJson(id, frames, found, frameMs) : resultLines(id, found, several));
  if (fromInput) {
    await decodeInput(
      io,
      decoder,
      signal,
      (id, frames, found) => tell(id, frames, found, false),
      (id, frames, text) => {
        if (partial)
          io.stderr.write(json ? jsonLine({ id, frames, partial: text }) : `… ${escapeControls(text)}\n`);
      },
    );
    return;
  }
  const { readMatrices } = await import("../apps/read-matrices.js");
  const turns = new Turns();
  const several = paths.length > 1 || paths[0]!.endsWith(".safetensors");
  for await (const { id, where, ...matrix } of readMatrices(paths)) {
    const stream = decoder.stream(where);
    const { labels: V } = matrix;
    for (let from = 0; from < matrix.frames; from += FRAMES_AT_A_TIME) {
      const frames = Math.min(FRAMES_AT_A_TIME, matrix.frames - from);
      stream.push({ frames, labels: V, data: matrix.data.subarray(from * V, (from + frames) * V) });
      if (turns.due) await turns.give();
      if (signal.aborted) return;
    }
    // Also a matrix without frames has to fit.
    stream.push({ frames: 0, labels: V, data: matrix.data.subarray(0, 0) });
    tell(id, matrix.frames, stream.finish(), several);
  }
}

/** Frames between which others have their turn. */
const FRAMES_AT_A_TIME = 16;

async function loadModels(
  io: Io,
  named: NamedModel,
  ngramFile: string | undefined,
  how: Parameters<typeof loadProfiledUnlessNone>[2],
): Promise<FusedModels> {
  const { loadNgram } = await import("../ngram/load-ngram.js");
  return {
    model: await loadProfiledUnlessNone(io, named, how),
    ...(ngramFile !== undefined && { ngram: await loadNgram(ngramFile) }),
  };
}

/** Decodes lines of frames as they come. */
async function decodeInput(
  io: Io,
  decoder: CtcDecoder,
  signal: AbortSignal,
  onText: (id: string, frames: number, found: readonly CtcHypothesis[]) => void,
  onPartial: (id: string, frames: number, text: string) => void,
): Promise<void> {
  const [{ CONVERT, decodeText }, { linesOf }] = await Promise.all([
    import("../text/corpus/decode-text.js"),
    import("../text/corpus/lines.js"),
  ]);
  const name = "standard input";
  let number = 0;
  let utterance = 1;
  let stream: ReturnType<CtcDecoder["stream"]> | undefined;
  const end = (): void => {
    if (!stream) return;
    onText(String(utterance++), stream.frames, stream.finish());
    stream = undefined;
  };
  const text = decodeText(io.stdin as AsyncIterable<Uint8Array>, "utf-8", name, CONVERT);
  for await (const lines of linesOf(text, { name })) {
    for (const line of lines) {
      if (signal.aborted) return;
      number++;
      if (line.trim() === "") {
        end();
        continue;
      }
      const matrix = framesOf(line, `Standard input, line ${number}`);
      stream ??= decoder.stream(`Standard input, utterance ${utterance}`);
      onPartial(String(utterance), stream.frames + matrix.frames, stream.push(matrix));
    }
  }
  end();
  if (utterance === 1) throw nothingPiped("frame to decode");
}

/** A frame, or some, of a line of JSON. −∞ has no form in JSON: null stands for it. */
function framesOf(line: string, where: string): Matrix {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UserError(`${where}: this is not JSON; give a list of numbers for each frame.`);
  }
  const rows: unknown[] = Array.isArray(value) && value.every((row) => Array.isArray(row)) ? value : [value];
  const labels = Array.isArray(rows[0]) ? rows[0].length : 0;
  const data = new Float64Array(rows.length * labels);
  for (const [t, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== labels || labels === 0)
      throw new UserError(
        `${where}: frame ${t + 1} is ${shown(row)}; give a list of as many numbers as there are labels.`,
      );
    for (const [label, number] of row.entries()) {
      if (number !== null && typeof number !== "number")
        throw new UserError(
          `${where}: label ${label + 1} of frame ${t + 1} is ${shown(number)}; give a number.`,
        );
      data[t * labels + label] = number ?? -Infinity;
    }
  }
  return { frames: rows.length, labels, data };
}

function resultLines(id: string, found: readonly CtcHypothesis[], several: boolean): string {
  return found.map(({ text }) => `${escapeControls(several ? `${id}\t${text}` : text)}\n`).join("");
}

function resultJson(
  id: string,
  frames: number,
  found: readonly CtcHypothesis[],
  frameMs: number | undefined,
): string {
  const [best] = found;
  const seconds = (frame: number): number => Number(((frame * frameMs!) / 1000).toFixed(6));
  const words = best!.words.map((word) => ({
    ...word,
    ...(frameMs !== undefined && { start: seconds(word.startFrame), end: seconds(word.endFrame) }),
  }));
  // As `rescore` reads them: the parts of a score by their names.
  const hyps = found.map(({ text, acoustic, model, ngram }) => ({
    text,
    scores: { acoustic, ...(model !== undefined && { lm: model }), ...(ngram !== undefined && { ngram }) },
  }));
  return jsonLine({ id, frames, text: best!.text, score: best!.score, words, hyps });
}

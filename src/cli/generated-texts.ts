/** The ways in which `recurra generate` comes to texts: samples as they are drawn, the best of them, a search. */
import type { TextModel } from "../apps/text-model.js";
import type { DrawnText } from "../generate/best-of.js";
import type { GenerateOptions } from "../generate/options.js";
import { BEAM_OPTIONS } from "../options/generate-options.js";

export interface TextRequest {
  readonly model: TextModel;
  readonly prompts: readonly string[];
  readonly options: GenerateOptions & { readonly seed: number };
  /** Texts that are written of each prompt. Number p · samples + i is the i-th of prompt p. */
  readonly samples: number;
  readonly signal: AbortSignal;
}

/** Where texts go. */
export interface TextSink {
  /** Whole texts are told; otherwise pieces are written as they come. */
  readonly json: boolean;
  readonly piece: (number: number, text: string, done: boolean) => void;
  readonly tell: (number: number, told: object) => void;
  /** Of a prompt, from 0, fewer texts were found than were asked for; said before any of them is written. */
  readonly fewer: (prompt: number, found: number) => void;
}

/** Samples that are made side by side; of more prompts some at a time. */
const SIDE_BY_SIDE = 64;

/** Draws samples, and writes them as they go. */
export async function drawTexts(request: TextRequest, sink: TextSink): Promise<void> {
  const { drawnTexts } = await import("../generate/best-of.js");
  const { samples, signal, options } = request;
  for (const { from, pieces } of groups(request, samples)) {
    if (sink.json) for await (const text of drawnTexts(pieces())) tellDrawn(text, from + text.sample, from);
    else
      for await (const { sample, text, done } of pieces()) {
        sink.piece(from + sample, text, done !== undefined);
        if (signal.aborted) break;
      }
  }

  function tellDrawn({ sample, ids, ...drawn }: DrawnText, number: number, from: number): void {
    // A sample is the one that its own seed would give alone.
    sink.tell(number, { seed: options.seed + from + sample, ...toldOf(drawn, ids) });
  }
}

/** Draws `bestOf` samples of each prompt, and writes the most probable of them. */
export async function bestTexts(
  request: TextRequest,
  {
    bestOf,
    lengthPenalty = BEAM_OPTIONS.lengthPenalty.default,
  }: { readonly bestOf: number; readonly lengthPenalty: number | undefined },
  sink: TextSink,
): Promise<void> {
  const { drawnTexts, ranked } = await import("../generate/best-of.js");
  const { samples, signal, options } = request;
  for (const { from, pieces, count } of groups(request, bestOf)) {
    const ofPrompts: DrawnText[][] = Array.from({ length: count }, () => []);
    for await (const text of drawnTexts(pieces())) ofPrompts[Math.floor(text.sample / bestOf)]!.push(text);
    if (signal.aborted) return;
    for (const [i, texts] of ofPrompts.entries()) {
      const best = ranked(texts, lengthPenalty).slice(0, samples);
      const told = best.map(({ sample, text, ids, ...others }) => ({
        text,
        told: { seed: options.seed + from + sample, ...toldOf({ text, ...others }, ids) },
      }));
      writeWhole(request, sink, from / bestOf + i, told);
    }
  }
}

/** Searches after one prompt after the other, and writes the best texts. */
export async function searchTexts(
  { model, prompts, options, samples, signal }: TextRequest,
  { beams, lengthPenalty }: { readonly beams: number; readonly lengthPenalty: number | undefined },
  sink: TextSink,
): Promise<void> {
  for (const [p, prompt] of prompts.entries()) {
    const search = { prompt, length: options.length, stop: options.stop, beams, lengthPenalty, signal };
    const found = (await model.beamSearch(search)).slice(0, samples);
    const told = found.map(({ text, ids, ...others }) => ({ text, told: toldOf({ text, ...others }, ids) }));
    writeWhole({ samples }, sink, p, told);
  }
}

/** What JSON has of a text: its tokens are counted. */
function toldOf<Text extends { readonly text: string }>({ text, ...others }: Text, ids: readonly number[]) {
  return { text, tokens: ids.length, ...others };
}

function writeWhole(
  { samples }: Pick<TextRequest, "samples">,
  sink: TextSink,
  prompt: number,
  found: readonly { readonly text: string; readonly told: object }[],
): void {
  if (found.length < samples) sink.fewer(prompt, found.length);
  for (const [i, { text, told }] of found.entries()) {
    if (sink.json) sink.tell(prompt * samples + i, told);
    else sink.piece(prompt * samples + i, text, true);
  }
}

/** Prompts some at a time, `each` samples of each: the number of the first sample, and what is drawn. */
function* groups({ model, prompts, options, signal }: TextRequest, each: number) {
  // A model that follows a text learns from its prompt: one after the other.
  const together = model.model.follows ? 1 : Math.max(1, Math.floor(SIDE_BY_SIDE / each));
  for (let p = 0; p < prompts.length && !signal.aborted; p += together) {
    const some = prompts.slice(p, p + together);
    const from = p * each;
    const drawing = { ...options, prompts: some, samples: each, seed: options.seed + from, signal };
    yield { from, count: some.length, pieces: () => model.generate(drawing) };
  }
}

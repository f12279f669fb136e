/**
 * Generation: token by token from the recurrent state, in constant time a token, however long the text has become.
 * All samples go through the model as one batch; what they share, the prompt, is read once.
 */
import { Turns } from "../breathe.js";
import { Random } from "../engine/random.js";
import type { Floats } from "../engine/engine.js";
import type { Predictor, PredictorState } from "../model/predictor.js";
import { formsOf, inKnownForm } from "../text/tokenizers/normal-form.js";
import type { DecodeStream, Tokenizer } from "../text/tokenizers/tokenizer.js";
import { beginningOf, unwrittenTokens } from "./beginning.js";
import { decoderAfter } from "./decoder-after.js";
import { type GenerateOptions, type GenerateSettings, generateSettings } from "./options.js";
import { readPrompt } from "./prompt.js";
import { Sampler } from "./sampling.js";
import { StopFinder } from "./stop-strings.js";

/** Why a sample is done: its length is reached, a stop string was written, or its line is at its end. */
export type DoneReason = "length" | "stop" | "eos";

/** One token of one sample. */
export interface GeneratedPiece {
  /** Number of the sample, from 0; with several prompts, ⌊sample / samples⌋ is that of its prompt. */
  readonly sample: number;
  /** Text that is settled now; may be empty, and may be that of earlier tokens. Joined, they are the sample's text. */
  readonly text: string;
  readonly id: number;
  /** ln p of the token as the model has it, before temperature and cuts; in nats. */
  readonly logProbability: number;
  /** Only with the last piece of a sample. */
  readonly done?: DoneReason;
}

/** A sample in the making. */
interface Sample {
  readonly number: number;
  readonly random: Random;
  /** Ids of prompt and sample, for the repetition penalty. */
  readonly seen: Set<number>;
  readonly decoder: DecodeStream;
  readonly stops: StopFinder;
  /** The token drawn last, to be read next. */
  id: number;
  count: number;
}

/**
 * Writes texts. A text begins after `<bos>` (models of lines) or a newline (running text; `<eos>` among words), with
 * the prompt, if any, read after it. Where the vocabulary has no newline it begins with the prompt, or, without one,
 * after a token drawn uniformly for each sample, which is not given out. `<eos>` ends the sample of a model of lines
 * and adds nothing to its text. The prompt is taken in the normal form of Unicode that the vocabulary has; pieces that
 * it still lacks are read as `<unk>`: `LoadedModel.unknowns` lists them. Stop strings end a text in any form.
 *
 * In each step every sample that is not done gives one piece, in the order of their numbers.
 * Leaving the loop, or the signal, ends it.
 * @throws UserError at once, for options that make no sense
 */
export function generate(
  model: Predictor,
  tokenizer: Tokenizer,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedPiece, void, undefined> {
  return write(model, tokenizer, generateSettings(options));
}

/** The same, by options that are checked already. */
export async function* write(
  model: Predictor,
  tokenizer: Tokenizer,
  settings: GenerateSettings,
): AsyncGenerator<GeneratedPiece, void, undefined> {
  const { signal } = settings;
  if (signal?.aborted) return;
  const V = model.vocabulary;
  const unwritten = settings.allowUnknown ? [] : unwrittenTokens(tokenizer);
  const sampler = new Sampler(V, settings.sampling, unwritten, model);
  const prompts = settings.prompts.map((text) => ({
    text,
    ids: tokenizer.encode(inKnownForm(tokenizer, text)),
  }));
  const stop = settings.stop.flatMap(formsOf);
  let live = Array.from({ length: prompts.length * settings.samples }, (_, number): Sample => {
    const { text, ids: prompt } = prompts[Math.floor(number / settings.samples)]!;
    return {
      number,
      random: new Random(settings.seed + number),
      seen: new Set(prompt),
      decoder: decoderAfter(tokenizer, text, prompt),
      stops: new StopFinder(stop),
      id: -1,
      count: 0,
    };
  });
  let { state, logits } = beginAll(
    model,
    beginningOf(tokenizer),
    prompts.map(({ ids }) => ids),
    live,
    unwritten,
  );
  const turns = new Turns();
  while (live.length > 0) {
    // All are drawn before any is given out: the logits are the model's own memory.
    const rows = logits.length / V;
    const pieces = live.map((sample, row) => {
      const from = rows === 1 ? 0 : row * V;
      return draw(sample, logits.subarray(from, from + V), sampler, tokenizer, settings);
    });
    const kept = [...pieces.keys()].filter((row) => pieces[row]!.done === undefined);
    if (kept.length < live.length) {
      live = kept.map((row) => live[row]!);
      state = rowsOf(model, state, kept);
    }
    for (const piece of pieces) {
      yield piece;
      if (signal?.aborted) return;
    }
    if (live.length === 0) return;
    if (turns.due) await turns.give();
    if (signal?.aborted) return;
    logits = model.logits(
      Int32Array.from(live, (sample) => sample.id),
      state,
    );
  }
}

/** As `begin`, of samples of one prompt after the other; the same number of each. */
function beginAll(
  model: Predictor,
  beginning: number | undefined,
  prompts: readonly Int32Array[],
  samples: readonly Sample[],
  unwritten: readonly number[],
): { state: PredictorState; logits: Floats } {
  if (prompts.length === 1) return begin(model, beginning, prompts[0]!, samples, unwritten);
  const V = model.vocabulary;
  const each = samples.length / prompts.length;
  const state = model.zeroState(samples.length);
  let logits: Floats | undefined;
  for (const [p, prompt] of prompts.entries()) {
    const own = begin(model, beginning, prompt, samples.slice(p * each, (p + 1) * each), unwritten);
    logits ??= new (own.logits.constructor as Float32ArrayConstructor)(samples.length * V);
    for (let i = 0; i < each; i++) {
      const row = own.logits.length === V ? 0 : i * V;
      state.copyRow(own.state, i, p * each + i);
      logits.set(own.logits.subarray(row, row + V), (p * each + i) * V);
    }
  }
  return { state, logits: logits! };
}

/** The state of every sample after prompt and beginning, and the logits: (V), the same for all, or (n, V). */
function begin(
  model: Predictor,
  beginning: number | undefined,
  prompt: Int32Array,
  samples: readonly Sample[],
  unwritten: readonly number[],
): { state: PredictorState; logits: Floats } {
  const n = samples.length;
  if (beginning === undefined && prompt.length === 0) {
    const possible = Array.from({ length: model.vocabulary }, (_, id) => id).filter(
      (id) => !unwritten.includes(id),
    );
    const first = Int32Array.from(samples, ({ random }) => possible[random.below(possible.length)]!);
    const state = model.zeroState(n);
    return { state, logits: model.logits(first, state) };
  }
  const state = model.zeroState(1);
  const logits = readPrompt(model, beginning === undefined ? prompt : joined(beginning, prompt), state);
  return { state: rowsOf(model, state, new Array<number>(n).fill(0)), logits };
}

function joined(first: number, rest: Int32Array): Int32Array {
  const ids = new Int32Array(rest.length + 1);
  ids[0] = first;
  ids.set(rest, 1);
  return ids;
}

/** A state whose rows are copies of these rows. */
function rowsOf(model: Predictor, source: PredictorState, rows: readonly number[]): PredictorState {
  const state = model.zeroState(rows.length);
  for (const [to, from] of rows.entries()) state.copyRow(source, from, to);
  return state;
}

/** The next piece of one sample. */
function draw(
  sample: Sample,
  logits: Floats,
  sampler: Sampler,
  tokenizer: Tokenizer,
  settings: GenerateSettings,
): GeneratedPiece {
  const { id, logProbability } = sampler.draw(logits, sample.random, sample.seen);
  sample.id = id;
  sample.count++;
  sample.seen.add(id);
  const piece = { sample: sample.number, id, logProbability };
  const { stops, decoder } = sample;
  const ended = id === tokenizer.eosId;
  let text = ended ? "" : stops.push(decoder.push(id));
  if (stops.found) return { ...piece, text, done: "stop" };
  if (!ended && sample.count < settings.length) return { ...piece, text };
  text += stops.push(decoder.end());
  if (stops.found) return { ...piece, text, done: "stop" };
  return { ...piece, text: text + stops.end(), done: ended ? "eos" : "length" };
}

/** What a model writes, to be compared with its training text. */
import { drawnTexts } from "../generate/best-of.js";
import type { MatchedPiece } from "../memorised/shares.js";
import type { Units } from "../memorised/text-units.js";
import { MEMORISED_OPTIONS } from "../options/memorised-options.js";
import type { LoadedModel } from "./loaded-model.js";

const SAMPLES = { text: 200, lines: 2000 } as const;

/** What is written; ranges and defaults are those of options/memorised-options.ts. */
export interface WritingOptions {
  readonly prompt?: string;
  /** Most tokens of a text. */
  readonly length?: number;
  readonly samples?: number;
  readonly seed?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Nothing of it is matched yet. A line stands between newlines.
 * @param onDone called with the part that is written, from 0 to 1
 * @throws the signal's reason where that ended it
 */
export async function writtenPieces(
  model: LoadedModel,
  units: Units,
  options: WritingOptions,
  onDone: (part: number) => void,
): Promise<MatchedPiece[]> {
  const { prompt, topK, topP, minP, signal } = options;
  const { seed = MEMORISED_OPTIONS.seed.default, temperature = MEMORISED_OPTIONS.temperature.default } =
    options;
  const { bosId, eosId } = model.tokenizer;
  const isOfLines = bosId !== undefined;
  const samples = options.samples ?? (isOfLines ? SAMPLES.lines : SAMPLES.text);
  const drawing = model.generate({
    length: options.length ?? MEMORISED_OPTIONS.length.default,
    samples,
    seed,
    temperature,
    ...(prompt !== undefined && { prompt }),
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
    ...(minP !== undefined && { minP }),
    ...(signal && { signal }),
  });
  const texts: MatchedPiece[] = [];
  let done = 0;
  for await (const { sample, text, ids, done: reason } of drawnTexts(drawing)) {
    const own = units.ofWritten(text, isOfLines ? ids.filter((id) => id !== eosId) : ids);
    // After a prompt it is the rest of a line.
    const before = isOfLines && (prompt ?? "") === "" ? [units.newline] : [];
    const after = isOfLines && reason === "eos" ? [units.newline] : [];
    const piece = Int32Array.from([...before, ...own, ...after]);
    const isLine = before.length + after.length === 2;
    texts[sample] = { units: piece, lengths: new Int32Array(piece.length), isLine };
    onDone(++done / samples);
  }
  signal?.throwIfAborted();
  return texts;
}

/** Encodes a text that comes in chunks, as running text or line by line, and counts what it reads. */
import { countBytes, countCharacters } from "../characters.js";
import { linesOf } from "../corpus/lines.js";
import { MemoryTokens, type TokenSource } from "./token-source.js";
import type { Tokenizer } from "../tokenizers/tokenizer.js";

/** Counts of the text that was read. */
export interface TokenStats {
  readonly tokens: number;
  /** Unicode code points, and their UTF-8 bytes. */
  readonly characters: number;
  readonly bytes: number;
  /** Lines that are sequences of their own; 0 for running text. */
  readonly lines: number;
  /** Tokens that are `<unk>`. */
  readonly unknown: number;
  /**
   * The part of the text that is predicted: running text without its first token; lines with the newline that ends
   * each of them.
   */
  readonly extent: { readonly characters: number; readonly bytes: number };
}

/** UTF-16 units that surely hold the first token. */
const BEGINNING = 1024;

/** Where encoded ids go. */
export interface TokenSink {
  ids(ids: Int32Array): void;
  /** A line begins at this id; called once more, at the end, with the number of all ids. Only for lines. */
  line(offset: number): void;
}

/** The events of a sink and the counts, for a text in chunks. Chunks must not cut a surrogate pair. */
export async function encodeChunks(
  chunks: AsyncIterable<string> | Iterable<string>,
  tokenizer: Tokenizer,
  lines: boolean,
  sink: TokenSink,
): Promise<TokenStats> {
  let tokens = 0;
  let characters = 0;
  let bytes = 0;
  let lineCount = 0;
  let unknown = 0;
  let first: number | undefined;
  const take = (ids: Int32Array): void => {
    if (ids.length === 0) return;
    first ??= ids[0]!;
    if (tokenizer.unknownId !== undefined) for (const id of ids) if (id === tokenizer.unknownId) unknown++;
    sink.ids(ids);
    tokens += ids.length;
  };
  if (lines) {
    const bos = Int32Array.of(tokenizer.bosId!);
    const eos = Int32Array.of(tokenizer.eosId!);
    for await (const group of linesOf(chunks)) {
      for (const line of group) {
        if (line.trim() === "") continue;
        sink.line(tokens);
        take(bos);
        take(tokenizer.encode(line));
        take(eos);
        characters += countCharacters(line) + 1;
        bytes += countBytes(line) + 1;
        lineCount++;
      }
    }
    sink.line(tokens);
    return { tokens, characters, bytes, lines: lineCount, unknown, extent: { characters, bytes } };
  }
  const stream = tokenizer.encodeStream();
  let beginning = "";
  for await (const chunk of chunks) {
    if (beginning.length < BEGINNING) beginning += chunk.slice(0, BEGINNING);
    characters += countCharacters(chunk);
    bytes += countBytes(chunk);
    take(stream.push(chunk));
  }
  take(stream.end());
  const start = first === undefined ? "" : firstPiece(tokenizer, first, beginning);
  const extent = { characters: characters - countCharacters(start), bytes: bytes - countBytes(start) };
  return { tokens, characters, bytes, lines: 0, unknown, extent };
}

/** The text of the first token, also where that is not its decoded form: unknown or not a whole character. */
function firstPiece(tokenizer: Tokenizer, id: number, beginning: string): string {
  const decoded = id === tokenizer.unknownId ? undefined : tokenizer.decode([id]);
  if (decoded !== undefined && beginning.startsWith(decoded)) return decoded;
  if (tokenizer.kind === "char") return String.fromCodePoint(beginning.codePointAt(0)!);
  // The rest of a character cut by bytes is predicted: it counts whole.
  return tokenizer.kind === "word" ? /^\s*\S*/.exec(beginning)![0] : "";
}

/** Encoded text, ready to be cut into windows. */
export interface EncodedText {
  readonly tokens: TokenSource;
  /** Where each line begins, and the end: only for lines. */
  readonly offsets: Float64Array | undefined;
  readonly stats: TokenStats;
}

/** Encodes into memory. */
export async function encodeToMemory(
  chunks: AsyncIterable<string> | Iterable<string>,
  tokenizer: Tokenizer,
  lines: boolean,
): Promise<EncodedText> {
  let ids = new Int32Array(1024);
  let length = 0;
  const offsets: number[] = [];
  const stats = await encodeChunks(chunks, tokenizer, lines, {
    ids(more) {
      if (length + more.length > ids.length) {
        const larger = new Int32Array(Math.max(2 * ids.length, length + more.length));
        larger.set(ids);
        ids = larger;
      }
      ids.set(more, length);
      length += more.length;
    },
    line: (offset) => offsets.push(offset),
  });
  return {
    tokens: new MemoryTokens(ids.subarray(0, length)),
    offsets: lines ? Float64Array.from(offsets) : undefined,
    stats,
  };
}

/**
 * What n-grams are made of: words where the tokenizer has words, else characters (code points), also of byte pairs, which
 * spell one text in many ways. A text is a row of whole numbers with a newline before it, so that each line stands between
 * two of them; a model of lines writes such lines.
 */
import { linesOf } from "../text/corpus/lines.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";

/** Stands for a word that the model has not, which is nowhere. */
export const NOWHERE = -1;

export interface Units {
  readonly noun: "character" | "word";
  readonly newline: number;
  /** Units of what a model wrote: its text and ids, without those of an end. */
  ofWritten(text: string, ids: readonly number[]): Int32Array;
  /** A whole text, in pieces as its chunks come; a newline comes first. @param chunks never cut a character */
  ofText(chunks: AsyncIterable<string>): AsyncGenerator<Int32Array, void, undefined>;
  textOf(units: Int32Array): string;
}

export function unitsOf(tokenizer: Tokenizer): Units {
  return tokenizer.kind === "word" ? wordUnits(tokenizer) : CHARACTERS;
}

const CHARACTERS: Units = {
  noun: "character",
  newline: 10,
  ofWritten: codePoints,
  async *ofText(chunks) {
    yield Int32Array.of(10);
    for await (const chunk of chunks) yield codePoints(chunk);
  },
  textOf(units) {
    let text = "";
    for (const unit of units) text += String.fromCodePoint(unit);
    return text;
  },
};

function codePoints(text: string): Int32Array {
  const units = new Int32Array(text.length);
  let count = 0;
  for (const character of text) units[count++] = character.codePointAt(0)!;
  return units.subarray(0, count);
}

/** The ids of words; the end of a line is `<eos>`. */
function wordUnits(tokenizer: Tokenizer): Units {
  const newline = tokenizer.eosId ?? tokenizer.encode("\n")[0]!;
  const known = (ids: Int32Array): Int32Array => ids.map((id) => (id === tokenizer.unknownId ? NOWHERE : id));
  return {
    noun: "word",
    newline,
    ofWritten: (_, ids) => Int32Array.from(ids),
    async *ofText(chunks) {
      yield Int32Array.of(newline);
      if (tokenizer.bosId === undefined) {
        const stream = tokenizer.encodeStream();
        for await (const chunk of chunks) yield known(stream.push(chunk));
        yield known(stream.end());
        return;
      }
      for await (const group of linesOf(chunks))
        for (const line of group) {
          yield known(tokenizer.encode(line));
          yield Int32Array.of(newline);
        }
    },
    textOf: (units) => tokenizer.decode(units.map((id) => (id === NOWHERE ? tokenizer.unknownId! : id))),
  };
}

/** A part of a text. */
export interface TextBlock {
  /** Its own units, and the beginning of the next part's. */
  readonly units: Int32Array;
  /** How many are its own. */
  readonly own: number;
  /** Units of the text before it. */
  readonly before: number;
}

/**
 * A text in blocks that overlap: every row of up to `overlap` + 1 units that begins among a block's own is whole in it.
 * @param size units that are a block's own; the last block may have fewer, and the only one of an empty text none
 */
export async function* blocksOf(
  units: AsyncIterable<Int32Array>,
  size: number,
  overlap: number,
): AsyncGenerator<TextBlock, void, undefined> {
  const most = size + overlap;
  let block = new Int32Array(Math.min(most, 1 << 16));
  let filled = 0;
  let before = 0;
  for await (const piece of units) {
    for (let from = 0; from < piece.length;) {
      // There is more: the block is not the last one.
      if (filled === most) {
        yield { units: block, own: size, before };
        const next = new Int32Array(most);
        next.set(block.subarray(size));
        block = next;
        filled = overlap;
        before += size;
      }
      if (filled === block.length) {
        const larger = new Int32Array(Math.min(most, 2 * block.length));
        larger.set(block);
        block = larger;
      }
      const taken = Math.min(piece.length - from, block.length - filled);
      block.set(piece.subarray(from, from + taken), filled);
      filled += taken;
      from += taken;
    }
  }
  yield { units: block.subarray(0, filled), own: filled, before };
}

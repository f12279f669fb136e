/** A text as sentences of words: a line is a sentence, an empty one too. */
import { UserError } from "../errors.js";
import { type LinesOptions, linesOf } from "../text/corpus/lines.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { forEachWord } from "../text/tokenizers/word-splitter.js";
import { characterWords, type Cutting } from "./cutting.js";
import { SENTENCE_BEGIN, SENTENCE_END, UNKNOWN_WORD } from "./ngram-model.js";
import { tokenWords } from "./ngram-tokens.js";

type Chunks = AsyncIterable<string> | Iterable<string>;

/** Words of a sentence, which it ends or does not end with. */
interface SentencePiece {
  readonly words: string[];
  readonly ends: boolean;
}

/**
 * The words of each sentence, without begin and end. With a tokenizer that does not know ends of lines, the text is one
 * sentence.
 * @throws UserError where `<s>` or `</s>` stands in it as a word
 */
export async function* sentencesOf(
  chunks: Chunks,
  cutting: Cutting,
  reading: LinesOptions = {},
): AsyncGenerator<string[]> {
  let sentence: string[] = [];
  for await (const { words, ends } of piecesOf(chunks, cutting, reading)) {
    if (sentence.length === 0) sentence = words;
    else for (const word of words) sentence.push(word);
    if (!ends) continue;
    yield sentence;
    sentence = [];
  }
}

/** As `sentencesOf`, in pieces, so that a long sentence need not be held. The last of them ends a sentence. */
async function* piecesOf(
  chunks: Chunks,
  cutting: Cutting,
  reading: LinesOptions,
): AsyncGenerator<SentencePiece> {
  if (cutting.tokens === "model") return yield* tokenPieces(chunks, cutting.tokenizer, reading);
  if (cutting.tokens === "char") {
    for await (const lines of linesOf(chunks, reading))
      for (const line of lines) yield { words: characterWords(line), ends: true };
    return;
  }
  let number = 0;
  for await (const lines of linesOf(chunks, reading)) {
    for (const line of lines) {
      number++;
      const words: string[] = [];
      forEachWord(line, cutting.wordMode, (word) => words.push(word));
      const special = words.find((word) => word === SENTENCE_BEGIN || word === SENTENCE_END);
      if (special !== undefined)
        throw new UserError(
          `${reading.name ?? "The text"}, line ${number}: ${special} stands in it as a word; take it out, as begin and end of every line are known.`,
        );
      yield { words, ends: true };
    }
  }
}

async function* tokenPieces(
  chunks: Chunks,
  tokenizer: Tokenizer,
  reading: LinesOptions,
): AsyncGenerator<SentencePiece> {
  const { words, endId } = tokenWords(tokenizer);
  const named = (ids: Int32Array): string[] => Array.from(ids, (id) => words[id]!);
  if (tokenizer.bosId !== undefined) {
    for await (const lines of linesOf(chunks, reading))
      for (const line of lines) yield { words: named(tokenizer.encode(line)), ends: true };
    return;
  }
  let open = false;
  function* cut(ids: Int32Array): Generator<SentencePiece> {
    for (let from = 0; from < ids.length;) {
      const end = endId === undefined ? -1 : ids.indexOf(endId, from);
      const until = end < 0 ? ids.length : end;
      yield { words: named(ids.subarray(from, until)), ends: end >= 0 };
      open = end < 0;
      from = until + 1;
    }
  }
  const stream = tokenizer.encodeStream();
  for await (const chunk of chunks) yield* cut(stream.push(chunk));
  yield* cut(stream.end());
  if (open) yield { words: [], ends: true };
}

/** Ids of `<s>` and `</s>`; that of `<unk>` is 0. */
export const [BEGIN_ID, END_ID] = [1, 2];

/**
 * A text in ids, of which each goes to `push`, begins and ends of sentences too.
 * @returns the words by id: `<unk>`, `<s>`, `</s>`, then those of the tokenizer, or as they first come
 */
export async function readSentences(
  chunks: Chunks,
  cutting: Cutting,
  push: (id: number) => void,
  reading: LinesOptions = {},
): Promise<{ readonly words: readonly string[]; readonly sentences: number }> {
  const words = [UNKNOWN_WORD, SENTENCE_BEGIN, SENTENCE_END];
  const ids = new Map(words.map((word, id) => [word, id]));
  const idOf = (word: string): number => {
    const known = ids.get(word);
    if (known !== undefined) return known;
    ids.set(word, words.length);
    return words.push(word) - 1;
  };
  if (cutting.tokens === "model") for (const word of tokenWords(cutting.tokenizer).words) idOf(word);
  let sentences = 0;
  let begun = false;
  for await (const piece of piecesOf(chunks, cutting, reading)) {
    if (!begun) push(BEGIN_ID);
    for (const word of piece.words) push(idOf(word));
    begun = !piece.ends;
    if (begun) continue;
    push(END_ID);
    sentences++;
  }
  return { words, sentences };
}

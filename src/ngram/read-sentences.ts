/** A text as sentences of words: a line is a sentence, an empty one too. */
import { UserError } from "../errors.js";
import { type LinesOptions, linesOf } from "../text/corpus/lines.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { forEachWord, type WordMode } from "../text/tokenizers/word-splitter.js";
import type { Sentences } from "./count-ngrams.js";
import { GrowingInts } from "./growing-arrays.js";
import { SENTENCE_BEGIN, SENTENCE_END, UNKNOWN_WORD } from "./ngram-model.js";
import { tokenWords } from "./ngram-tokens.js";

type Chunks = AsyncIterable<string> | Iterable<string>;

/** How a text is cut: into words, or into the tokens of a model. */
export interface Cutting {
  /** Where no tokenizer is given. */
  readonly wordMode: WordMode;
  readonly tokenizer?: Tokenizer | undefined;
}

/**
 * The words of each sentence, without begin and end. With a tokenizer that does not know ends of lines, the text is one
 * sentence.
 * @throws UserError where `<s>` or `</s>` stands in it as a word
 */
export async function* sentencesOf(
  chunks: Chunks,
  { wordMode, tokenizer }: Cutting,
  reading: LinesOptions = {},
): AsyncGenerator<string[]> {
  if (tokenizer) return yield* tokenSentences(chunks, tokenizer, reading);
  let number = 0;
  for await (const lines of linesOf(chunks, reading)) {
    for (const line of lines) {
      number++;
      const words: string[] = [];
      forEachWord(line, wordMode, (word) => words.push(word));
      const special = words.find((word) => word === SENTENCE_BEGIN || word === SENTENCE_END);
      if (special !== undefined)
        throw new UserError(
          `${reading.name ?? "The text"}, line ${number}: ${special} stands in it as a word; take it out, as begin and end of every line are known.`,
        );
      yield words;
    }
  }
}

async function* tokenSentences(
  chunks: Chunks,
  tokenizer: Tokenizer,
  reading: LinesOptions,
): AsyncGenerator<string[]> {
  const { words, endId } = tokenWords(tokenizer);
  const named = (ids: Int32Array): string[] => Array.from(ids, (id) => words[id]!);
  if (tokenizer.bosId !== undefined) {
    for await (const lines of linesOf(chunks, reading))
      for (const line of lines) yield named(tokenizer.encode(line));
    return;
  }
  let sentence: string[] = [];
  function* ended(ids: Int32Array): Generator<string[]> {
    for (const id of ids) {
      if (id !== endId) sentence.push(words[id]!);
      else {
        yield sentence;
        sentence = [];
      }
    }
  }
  const stream = tokenizer.encodeStream();
  for await (const chunk of chunks) yield* ended(stream.push(chunk));
  yield* ended(stream.end());
  if (sentence.length > 0) yield sentence;
}

/** A text in ids, and the words by id: `<unk>`, `<s>`, `</s>`, then those of the tokenizer, or as they first come. */
export async function readSentences(
  chunks: Chunks,
  cutting: Cutting,
  reading: LinesOptions = {},
): Promise<Sentences & { readonly words: readonly string[]; readonly sentences: number }> {
  const words = [UNKNOWN_WORD, SENTENCE_BEGIN, SENTENCE_END];
  const ids = new Map(words.map((word, id) => [word, id]));
  const idOf = (word: string): number => {
    const known = ids.get(word);
    if (known !== undefined) return known;
    ids.set(word, words.length);
    return words.push(word) - 1;
  };
  if (cutting.tokenizer) for (const word of tokenWords(cutting.tokenizer).words) idOf(word);
  const text = new GrowingInts();
  const [beginId, endId] = [1, 2];
  let sentences = 0;
  for await (const sentence of sentencesOf(chunks, cutting, reading)) {
    sentences++;
    text.push(beginId);
    for (const word of sentence) text.push(idOf(word));
    text.push(endId);
  }
  return { ids: text.view(), vocabulary: words.length, beginId, endId, words, sentences };
}

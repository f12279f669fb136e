/** How `recurra ngram` cuts a text: as flags say, and as the n-gram model says itself. */
import { option, sentence, UserError } from "../errors.js";
import { type Cutting, cuttingOf, kindOf } from "../ngram/cutting.js";
import type { CuttingKind } from "../ngram/ngram-model.js";
import type { NgramTrie } from "../ngram/ngram-trie.js";
import { isOverWords } from "../ngram/word-vocabulary.js";
import { NGRAM_EVAL_COMMAND } from "../options/ngram-options.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { WordMode } from "../text/tokenizers/word-splitter.js";

/** What flags say. */
export interface TypedCutting {
  readonly tokenizer?: "word" | "char";
  readonly wordMode?: WordMode;
  /** The folder of a model whose tokens are taken. */
  readonly model?: string;
}

const NAMES: Readonly<Record<CuttingKind, string>> = {
  whitespace: "words, found by white space",
  unicode: "words, punctuation apart",
  char: "characters",
  model: "the tokens of a model",
};

/**
 * The tokenizer of the model; undefined where none is named.
 * @throws UserError where something else is said besides, or the folder holds no model
 */
export async function modelTokenizer({
  model: folder,
  tokenizer,
  wordMode,
}: TypedCutting): Promise<Tokenizer | undefined> {
  if (folder === undefined) return undefined;
  const other = tokenizer !== undefined ? "tokenizer" : wordMode !== undefined ? "wordMode" : undefined;
  if (other !== undefined)
    throw new UserError({
      option: other,
      problem: sentence`${option(other)} says how the text is cut, and ${option("model")} that the tokens of a model are taken`,
      advice: "leave one of them out",
    });
  const { load } = await import("../apps/load.js");
  return (await load(folder)).tokenizer;
}

/**
 * How a text is cut that an n-gram model measures.
 * @param path of the n-gram model, for messages
 * @throws UserError where flags say something else than the n-gram model, and where neither says what has to be known
 */
export async function measuredCutting(ngram: NgramTrie, path: string, typed: TypedCutting): Promise<Cutting> {
  const { wordMode: usualMode, tokenizer: usualTokenizer } = NGRAM_EVAL_COMMAND;
  const { tokenizer, wordMode } = typed;
  const own = ngram.cutting;
  const says = tokenizer !== undefined || wordMode !== undefined || typed.model !== undefined;
  if (!says && own === "model")
    throw new UserError({
      problem: sentence`${path} is over the tokens of a model, and ${option("model")} is not given`,
      advice: sentence`name the folder of that model with ${option("model")}`,
    });
  if (!says && own === undefined && !isOverWords(ngram))
    throw new UserError({
      problem: `${path} is over characters or byte pairs, and a file of its form does not say how a text is cut into them`,
      advice: sentence`give ${option("tokenizer", "char")} where every line is a sentence of characters, or with ${option("model")} the folder of the model whose tokens they are`,
    });
  const named = await modelTokenizer(typed);
  const ownMode = own === "whitespace" || own === "unicode" ? own : undefined;
  const usual = own === "char" ? "char" : usualTokenizer.default;
  const cutting = cuttingOf(named ?? tokenizer ?? usual, wordMode ?? ownMode ?? usualMode.default);
  const kind = kindOf(cutting);
  if (own !== undefined && own !== kind)
    throw new UserError({
      problem: sentence`${path} is over ${NAMES[own]}, and what is given is for one over ${NAMES[kind]}`,
      advice:
        own === "model"
          ? sentence`give ${option("model")} alone, with the folder of that model`
          : "leave it out: the file says itself how a text is cut",
    });
  if (wordMode !== undefined && cutting.tokens !== "word")
    throw new UserError({
      option: "wordMode",
      problem: sentence`${option("wordMode")} is given, and ${path} is over ${NAMES[kind]}`,
      advice: "leave it out",
    });
  return cutting;
}

/** The tokens whose vectors in the embedding are nearest to a token's, by the cosine. */
import { checkText, refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { checkOptions } from "../options/check.js";
import { SIMILAR_TOKEN_OPTIONS } from "../options/vector-options.js";
import { shown } from "../shown.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { type CommonOptions, commonPart, remainingLengths } from "../vectors/common-part.js";
import { tokensOf } from "../vectors/embedder.js";
import { SimilaritySearch } from "../vectors/most-similar.js";
import { vectorBlocks } from "../vectors/vector-blocks.js";
import { finishVector } from "./embed-texts.js";
import { LoadedModel } from "./loaded-model.js";

/** What is taken out is that of all tokens' vectors. */
export interface SimilarTokenOptions extends CommonOptions {
  /** How many at most; default 10. */
  readonly neighbours?: number;
}

export interface SimilarToken {
  readonly id: number;
  /** As a person should see it. */
  readonly token: string;
  /** The cosine, from −1 to 1. */
  readonly score: number;
}

/**
 * The tokens whose vectors in the embedding are nearest to that of a word, or of another token, the nearest first.
 * @param loaded of float or int8 weights
 * @throws UserError for options that make no sense, and what is not one token of the vocabulary
 */
export async function similarTokens(
  loaded: LoadedModel,
  word: string,
  options: SimilarTokenOptions = {},
): Promise<SimilarToken[]> {
  if (!(loaded instanceof LoadedModel)) refuseArgument("The model", loaded, "give one that load returned");
  const { model, tokenizer } = loaded;
  checkText("The word", word);
  checkOptions("similarTokens", options, SIMILAR_TOKEN_OPTIONS);
  const { neighbours = SIMILAR_TOKEN_OPTIONS.neighbours.default } = options;
  const own = tokenOf(tokenizer, word);
  const { engine } = model;
  const E = model.config.embedding;
  const rows = Float32Array.from(engine.read(model.embedding));
  const vectors = vectorBlocks([rows], E);
  const common = commonPart(engine, vectors, options, "token");
  const query = rows.slice(own * E, (own + 1) * E);
  finishVector(query, common, true);
  const hidden = [tokenizer.unknownId, tokenizer.bosId, tokenizer.eosId, own];
  const [found] = await new SimilaritySearch(engine).mostSimilar(
    vectors,
    remainingLengths(vectors, common),
    query,
    { most: neighbours + hidden.length, mean: common?.mean },
  );
  return found!
    .filter(({ index }) => !hidden.includes(index))
    .slice(0, neighbours)
    .map(({ index, score }) => ({ id: index, token: tokenizer.display(index), score }));
}

/** The token that is spelled so; among byte pairs also the one with the space before it. @throws UserError */
function tokenOf(tokenizer: Tokenizer, word: string): number {
  const ids = tokensOf(tokenizer, word);
  const known = (tokens: Int32Array): boolean => tokens.length === 1 && tokens[0] !== tokenizer.unknownId;
  if (known(ids)) return ids[0]!;
  const spaced = tokenizer.kind === "bpe" ? tokensOf(tokenizer, ` ${word}`) : ids;
  if (known(spaced)) return spaced[0]!;
  if (word === "") throw new UserError("The word is empty; give one of the model's vocabulary.");
  throw new UserError(
    ids.includes(tokenizer.unknownId ?? -1)
      ? `The model does not know ${shown(word)}; give a word of its vocabulary.`
      : `${shown(word)} is ${ids.length} tokens to this model (${Array.from(ids.subarray(0, 6), (id) => tokenizer.display(id)).join(" | ")}${ids.length > 6 ? " …" : ""}); give one that is a single token.`,
  );
}

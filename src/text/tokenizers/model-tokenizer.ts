/**
 * The tokenizer of a model, which has as many tokens as the model's config says. The class of one of words or of bytes is
 * loaded with the first of them.
 */
import { UserError } from "../../errors.js";
import { loadPart } from "../../load-part.js";
import { kindOfTokenizer, parseTokenizerWith, type TokenizerParts } from "./parse-tokenizer.js";
import type { Tokenizer } from "./tokenizer.js";

/**
 * @param json the parsed tokenizer.json
 * @param config the model's, of which the number of tokens is compared
 * @param where how messages name the two files
 * @throws UserError where it cannot be read, or belongs to another model
 */
export async function parseModelTokenizer(
  json: unknown,
  { vocabulary }: { readonly vocabulary: number },
  where: { readonly config: string; readonly tokenizer: string },
): Promise<Tokenizer> {
  const tokenizer = parseTokenizerWith(await partsFor(json), json, where.tokenizer);
  if (tokenizer.size === vocabulary) return tokenizer;
  throw new UserError(
    `${where.tokenizer} has ${tokenizer.size} tokens, but ${where.config} says ${vocabulary}; the folder is torn, restore it from a copy or train again.`,
  );
}

async function partsFor(json: unknown): Promise<Partial<TokenizerParts>> {
  const kind = kindOfTokenizer(json);
  if (kind === "word") return loadPart(import("./word-tokenizer.js"));
  return kind === "bpe" ? loadPart(import("./bpe-tokenizer.js")) : {};
}

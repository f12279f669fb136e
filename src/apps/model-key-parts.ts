/** What a model's key (model-key.ts) is the hash of. */
import { configJson } from "../model/config.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";

/** Hexadecimal digits of a key: the beginning of a SHA-256. */
export const KEY_DIGITS = 32;

/** @param checksum of the weights' file; "": they stand for themselves */
export function* modelKeyParts(
  { model, tokenizer }: { readonly model: LanguageModel; readonly tokenizer: Tokenizer },
  checksum: string,
): Generator<string | Float32Array> {
  yield JSON.stringify([configJson(model.config), tokenizer.toJSON()]);
  yield checksum;
  if (checksum !== "") return;
  for (const tensor of [...model.parameters.map(({ value }) => value), model.embedding])
    yield Float32Array.from(model.engine.read(tensor));
}

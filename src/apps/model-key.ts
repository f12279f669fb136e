/** A key of a loaded model by what it is: two have the same only where they read a text alike. */
import { createHash } from "node:crypto";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { EvaluationFiles } from "./evaluation-file.js";
import { KEY_DIGITS, modelKeyParts } from "./model-key-parts.js";
import type { TunedSource } from "./tuned.js";

/** Of architecture, tokenizer and weights: these by the checksum of their file, where there is one, else by themselves. */
export function modelKey({
  model,
  tokenizer,
  tuned,
}: {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly tuned?: TunedSource | undefined;
}): string {
  const hash = createHash("sha256");
  const checksum = tuned instanceof EvaluationFiles ? tuned.weights : "";
  for (const part of modelKeyParts({ model, tokenizer }, checksum)) hash.update(part);
  return hash.digest("hex").slice(0, KEY_DIGITS);
}

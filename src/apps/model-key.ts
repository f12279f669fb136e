/** A key of a loaded model by what it is: two have the same only where they read a text alike. */
import { createHash } from "node:crypto";
import type { LanguageModel } from "../model/language-model.js";
import { configJson } from "../model/config.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { EvaluationFiles } from "./evaluation-file.js";
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
  hash.update(JSON.stringify([configJson(model.config), tokenizer.toJSON()]));
  const weights = tuned instanceof EvaluationFiles ? tuned.weights : "";
  hash.update(weights);
  if (weights === "") {
    const tensors = [...model.parameters.map(({ value }) => value), model.embedding];
    for (const tensor of tensors) hash.update(Float32Array.from(model.engine.read(tensor)));
  }
  return hash.digest("hex").slice(0, 32);
}

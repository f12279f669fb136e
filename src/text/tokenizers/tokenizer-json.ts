/** The outer layout of Hugging Face's `tokenizer.json`, the same for every kind. */

/** The parts that differ between the kinds. */
export interface TokenizerParts {
  readonly normalizer: Record<string, unknown> | null;
  readonly preTokenizer: Record<string, unknown> | null;
  readonly postProcessor: Record<string, unknown> | null;
  readonly decoder: Record<string, unknown>;
  readonly model: Record<string, unknown>;
}

/**
 * The whole object. `added_tokens` stays empty: tokens listed there are cut out of the text before anything else, so
 * that `<eos>` inside a user's text would turn into the end of a line. Ours stand in the model's vocabulary.
 */
export function tokenizerJson(parts: TokenizerParts): Record<string, unknown> {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: parts.normalizer,
    pre_tokenizer: parts.preTokenizer,
    post_processor: parts.postProcessor,
    decoder: parts.decoder,
    model: parts.model,
  };
}

/** Token → id. Without a prototype, so that the token `__proto__` is a key like any other. */
export function vocabularyObject(tokens: readonly string[]): Record<string, number> {
  const vocabulary = Object.create(null) as Record<string, number>;
  tokens.forEach((token, id) => (vocabulary[token] = id));
  return vocabulary;
}

/** The tokens that stand for something other than their own letters, and where they stand in a vocabulary. */

/** Stands for pieces that are not in the vocabulary. */
export const UNKNOWN = "<unk>";
/** Begin of an independent line. */
export const BOS = "<bos>";
/** End of a line. */
export const EOS = "<eos>";

/** `<bos>` and `<eos>` of a vocabulary made for independent lines. */
export interface LineIds {
  readonly bosId: number;
  readonly eosId: number;
}

/**
 * Hugging Face's post-processor that wraps a line in `<bos>` and `<eos>` (when special tokens are requested), or null
 * where there are no lines. It is also how a reader of the file knows that the vocabulary was made for lines.
 */
export function linePostProcessor(lines: LineIds | undefined): Record<string, unknown> | null {
  if (lines === undefined) return null;
  const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const entry = (token: string, id: number) => ({ id: token, ids: [id], tokens: [token] });
  const single = [special(BOS, 0), sequence("A", 0), special(EOS, 0)];
  return {
    type: "TemplateProcessing",
    single,
    pair: [...single, special(BOS, 1), sequence("B", 1), special(EOS, 1)],
    special_tokens: { [BOS]: entry(BOS, lines.bosId), [EOS]: entry(EOS, lines.eosId) },
  };
}

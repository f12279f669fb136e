/** Other people's tokenizers open our tokenizer.json and give the same ids. */
import { Tokenizer as Rust } from "@anush008/tokenizers";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AWKWARD, awkwardText, sampleText, tokenizers } from "./tokenizer-samples.js";

describe.each(tokenizers)("$name", ({ tokenizer }) => {
  const json = JSON.stringify(tokenizer.toJSON());
  const huggingFace = new HuggingFace(JSON.parse(json), {});
  const rust = Rust.fromString(json);
  const idsOf = (text: string): number[] => huggingFace.encode(text, { add_special_tokens: false }).ids;
  const rustIdsOf = async (text: string): Promise<number[]> =>
    (await rust.encode(text, null, { addSpecialTokens: false })).getIds();

  test.each(Object.entries(AWKWARD))("the same ids: %s", async (_, text) => {
    const ids = [...tokenizer.encode(text)];
    expect(idsOf(text)).toEqual(ids);
    expect(await rustIdsOf(text)).toEqual(ids);
  });

  test("the same ids for any text", () => {
    fc.assert(
      fc.property(awkwardText, (text) => {
        expect(idsOf(text)).toEqual([...tokenizer.encode(text)]);
      }),
      { numRuns: 200 },
    );
  });

  test("the same ids in Rust for any order of characters", async () => {
    await fc.assert(
      fc.asyncProperty(sampleText, async (text) => {
        expect(await rustIdsOf(text)).toEqual([...tokenizer.encode(text)]);
      }),
      { numRuns: 200 },
    );
  });

  test("the same size and tokens", () => {
    expect(rust.getVocabSize()).toBe(tokenizer.size);
    expect(huggingFace.get_vocab().size).toBe(tokenizer.size);
  });

  test("with special tokens asked for, a line is wrapped", async () => {
    const { bosId, eosId } = tokenizer;
    const ids = [...tokenizer.encode("one two")];
    const wrapped = bosId === undefined ? ids : [bosId, ...ids, eosId];
    expect(huggingFace.encode("one two").ids).toEqual(wrapped);
    expect((await rust.encode("one two")).getIds()).toEqual(wrapped);
  });

  test("they decode known tokens as we do", async () => {
    const ids = [...tokenizer.encode("a c")];
    expect(tokenizer.decode(ids)).toBe("a c");
    const theirs = huggingFace.decode(ids, { clean_up_tokenization_spaces: false });
    expect(theirs).toBe(tokenizer.decode(ids));
    expect(await rust.decode(ids, false)).toBe(theirs);
  });
});

test("bpe treats a lone surrogate as U+FFFD, as a UTF-8 encoder does", () => {
  const bpe = tokenizers.find(({ tokenizer }) => tokenizer.kind === "bpe")!.tokenizer;
  const huggingFace = new HuggingFace(JSON.parse(JSON.stringify(bpe.toJSON())), {});
  for (const text of ["a\ud800b", "\udc00", "x \ud83d y", "\ude00\ud83d"]) {
    expect(bpe.decode(bpe.encode(text))).toBe(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
    expect(huggingFace.encode(text, { add_special_tokens: false }).ids).toEqual([...bpe.encode(text)]);
  }
});

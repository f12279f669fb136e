/** Texts that tokenizers get wrong, and small tokenizers of each kind made from them. */
import fc from "fast-check";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import type { TokenizerOptions } from "../../src/text/tokenizers/train-tokenizer.js";
import type { Tokenizer, TokenizerKind } from "../../src/text/tokenizers/tokenizer.js";

export const AWKWARD: Readonly<Record<string, string>> = {
  empty: "",
  plain: "The quick brown fox doesn't jump; it'll've been the dog's, I'd say we're 1,024.5 mm tall.\n",
  astral: "𝒜𝓁𝓅𝒽𝒶 𐍈𐌰 𝟙𝟚𝟛 😀😃 text𝒜text 𠀀𠀁",
  combining: "e\u0301a\u0300\u0302 n\u0303 \u0301alone हिन्दी ไทย",
  crlf: "one\r\ntwo\r\n\r\nthree\rfour\n\n\n",
  nul: "a\u0000b\u0000\u0000 \u0001\u001f\u007f c",
  bom: "\ufeffstart \ufeff mid\ufeffdle",
  nbsp: "a\u00a0b \u00a0 c\u202fd\u3000e\u2003f\u0085g\u2028h\u2029i\u180ej",
  zeroWidth: "zero\u200bwidth\u200cjoin\u200der\u2060s می\u200cخواهم",
  rtl: "שלום עולם مرحبا بالعالم \u202eabc\u202c",
  emoji: "👨‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷 ❤️ 1️⃣",
  spaces: `a${" ".repeat(300)}b\t\t \t\n \n  \n   c   `,
  quotes: "''s 's'S 't're'rex 'lll ''ll don’t O'Neill's rock'n'roll '",
  special: "<unk> x<unk>y <eos><bos> <unk <s> </s> Ġ Ċ ## ##a",
  signs: "!!!??? ---...—–… a_b C++ #1 @-@ @,@ $%^&*()[]{}|\\/~`",
  cjk: "漢字かな交じり文。改行なしで続く、長い文章。２０２４年１２月",
  keys: "__proto__ constructor toString 0 1 2 10 007 hasOwnProperty",
};

/** Any well-formed text, made of pieces that meet in unusual ways. */
export const awkwardText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Object.values(AWKWARD)),
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({ unit: "grapheme", maxLength: 8 }),
      fc.constantFrom(" ", "  ", "\n", "'", "s", "a", "1", ",", "é", "\u0301", "😀", "\u200d", "<unk>", "\t"),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join("").replaceAll(/\p{Surrogate}/gu, ""));

/**
 * The characters of the samples in any order. They are old enough to be in every library's edition of Unicode, which
 * newly assigned letters are not.
 */
export const sampleText = fc
  .array(fc.constantFrom(...new Set(Object.values(AWKWARD).join("")), "<unk>", "'s", "  "), { maxLength: 40 })
  .map((pieces) => pieces.join(""));

/** Any sequence of UTF-16 units, also with lone surrogates. */
export const anyUnits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe010 })), {
    maxLength: 24,
  })
  .map((units) => String.fromCharCode(...units));

export const ALL_AWKWARD = Object.values(AWKWARD).join("\n");

export interface NamedTokenizer {
  readonly name: string;
  readonly tokenizer: Tokenizer;
}

const VARIANTS: readonly (readonly [TokenizerKind, TokenizerOptions])[] = [
  ["char", {}],
  ["char", { minCount: 3 }],
  ["char", { lines: true }],
  ["word", {}],
  ["word", { minCount: 2, lines: true }],
  ["word", { wordMode: "unicode" }],
  ["word", { wordMode: "unicode", vocabSize: 60, lines: true }],
  ["bpe", { vocabSize: 420, minCount: 1 }],
  ["bpe", { vocabSize: 330, lines: true }],
];

export const tokenizers: readonly NamedTokenizer[] = await Promise.all(
  VARIANTS.map(async ([kind, options]) => ({
    name: `${kind} ${JSON.stringify(options)}`,
    tokenizer: await trainTokenizer(kind, [ALL_AWKWARD, ALL_AWKWARD], options),
  })),
);

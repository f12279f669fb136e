/** A saved tokenizer comes back as it was; anything else is refused with a reason. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer as Rust } from "@anush008/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { parseTokenizer } from "../../src/text/tokenizers/parse-any-tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { AWKWARD, awkwardText, tokenizers } from "./tokenizer-samples.js";

type Json = Record<string, unknown>;

describe.each(tokenizers)("$name", ({ tokenizer }) => {
  const saved = JSON.stringify(tokenizer.toJSON());
  const parsed = parseTokenizer(JSON.parse(saved));

  test("is saved byte for byte the same", () => {
    expect(JSON.stringify(parsed.toJSON())).toBe(saved);
    const { kind, size, unknownId, bosId, eosId } = tokenizer;
    expect(parsed).toMatchObject({ kind, size, unknownId, bosId, eosId });
  });

  test("gives the same ids and texts", () => {
    fc.assert(
      fc.property(awkwardText, (text) => {
        const ids = tokenizer.encode(text);
        expect([...parsed.encode(text)]).toEqual([...ids]);
        expect(parsed.decode(ids)).toBe(tokenizer.decode(ids));
      }),
    );
    for (const text of Object.values(AWKWARD))
      expect(parsed.unknowns(text)).toEqual(tokenizer.unknowns(text));
  });

  test("with any one part changed it is refused", () => {
    for (const path of paths(JSON.parse(saved) as Json)) {
      for (const value of [null, 7, "x", [], {}, undefined]) {
        const json = JSON.parse(saved) as Json;
        if (!change(json, path, value)) continue;
        expect(() => parseTokenizer(json), `${path.join(".")} = ${JSON.stringify(value)}`).toThrow(UserError);
      }
    }
  });
});

/** Paths of every value outside the lists of tokens, and of some inside. */
function paths(json: unknown, path: string[] = []): string[][] {
  if (typeof json !== "object" || json === null) return [path];
  const inner = path.at(-1) === "vocab" || path.at(-1) === "merges";
  const keys = inner ? Object.keys(json).slice(0, 3) : Object.keys(json);
  return [path, ...keys.flatMap((key) => paths((json as Json)[key], [...path, key]))].filter(
    (p) => p.length > 0,
  );
}

/** Puts a value at a path, or takes it away; false when nothing changed. */
function change(json: Json, path: string[], value: unknown): boolean {
  const last = path.at(-1)!;
  let at: Json = json;
  for (const key of path.slice(0, -1)) at = at[key] as Json;
  if (JSON.stringify(at[last]) === JSON.stringify(value)) return false;
  // A merge taken from the list, or the empty list of a model without merges, is another tokenizer but a sound one.
  if (Array.isArray(at) && value === undefined) at.splice(Number(last), 1);
  else if (value === undefined) delete at[last];
  else at[last] = value;
  return !(path.includes("merges") && (value === undefined || Array.isArray(value)));
}

/** A list in a list in a list … */
function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

/** Names that every object of JavaScript answers to. */
const INHERITED = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...Object.getOwnPropertyNames(Array.prototype),
  "prototype",
];

describe.each(tokenizers)("keys that every object has: $name", ({ tokenizer }) => {
  const saved = JSON.stringify(tokenizer.toJSON());

  /** The file with a key put into the object at a path. */
  function withKey(path: readonly string[], key: string, value: unknown): unknown {
    // As JSON, in which `__proto__` is a key like any other.
    const put = (text: string, rest: readonly string[]): string => {
      const object = JSON.parse(text) as Json;
      const entries = Object.entries(object).filter(([name]) => rest.length > 0 || name !== key);
      const members = entries.map(([name, inner]) => {
        const json = JSON.stringify(inner);
        return `${JSON.stringify(name)}:${name === rest[0] ? put(json, rest.slice(1)) : json}`;
      });
      if (rest.length === 0) members.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
      return `{${members.join(",")}}`;
    };
    return JSON.parse(put(saved, path));
  }
  const objects = paths(JSON.parse(saved) as Json)
    .concat([[]])
    .filter((path) => {
      if (path.some((key) => /^\d+$/.test(key))) return false;
      const value = path.reduce<unknown>((at, key) => (at as Json)[key], JSON.parse(saved));
      return typeof value === "object" && value !== null && !Array.isArray(value);
    });

  test("as one more key they are refused as any other is", () => {
    for (const path of objects) {
      for (const key of INHERITED) {
        const parse = () => parseTokenizer(withKey(path, key, 1));
        expect(parse, `${path.join(".")}: ${key}`).toThrow(UserError);
      }
    }
  });

  test("in place of a key that belongs there they are no stand-in", () => {
    for (const key of Object.keys(JSON.parse(saved) as Json)) {
      const json = JSON.parse(saved) as Json;
      delete json[key];
      expect(() => parseTokenizer(Object.assign(Object.create({ [key]: null }), json))).toThrow(UserError);
    }
  });
});

test("words that are names of what every object has are words", async () => {
  const words = await trainTokenizer("word", [`${INHERITED.join(" ")}\n`], { minCount: 1 });
  const parsed = parseTokenizer(JSON.parse(JSON.stringify(words.toJSON())));
  expect(parsed.decode(parsed.encode(INHERITED.join(" ")))).toBe(INHERITED.join(" "));
});

describe.each(tokenizers)("saved again by Hugging Face's tokenizers: $name", ({ tokenizer }) => {
  const saved = JSON.stringify(tokenizer.toJSON());

  function savedAgain(adjust: (theirs: Rust) => void): Json {
    const folder = mkdtempSync(join(tmpdir(), "tokenizer-"));
    try {
      const theirs = Rust.fromString(saved);
      adjust(theirs);
      theirs.save(join(folder, "tokenizer.json"), true);
      return JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")) as Json;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test("it is the same tokenizer", () => {
    const json = savedAgain(() => {});
    // So that this test is one of what differs.
    if (tokenizer.kind !== "word") expect(json["model"]).toHaveProperty("ignore_merges", false);
    expect(JSON.stringify(parseTokenizer(json).toJSON())).toBe(saved);
  });

  test("with the special tokens listed as added ones, too", () => {
    const special = ["<unk>", "<bos>", "<eos>"].filter((token) =>
      saved.includes(`${JSON.stringify(token)}:`),
    );
    const json = savedAgain((theirs) => void theirs.addSpecialTokens(special));
    expect(json["added_tokens"]).toHaveLength(special.length);
    expect(JSON.stringify(parseTokenizer(json).toJSON())).toBe(saved);
  });

  test("with a token of somebody else's it is refused", () => {
    const json = savedAgain((theirs) => void theirs.addSpecialTokens(["<pad>"]));
    expect(() => parseTokenizer(json)).toThrow(UserError);
  });
});

describe("hostile files", () => {
  const char = tokenizers.find(({ name }) => name === "char {}")!.tokenizer;
  const word = tokenizers.find(({ name }) => name === "word {}")!.tokenizer;
  const bpe = tokenizers.find(({ tokenizer }) => tokenizer.kind === "bpe")!.tokenizer;

  function withModel(json: Json, model: Json): Json {
    return { ...json, model: { ...(json["model"] as Json), ...model } };
  }
  const gpt2 = {
    ...bpe.toJSON(),
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
  };
  const words = (...tokens: string[]): Json =>
    withModel(word.toJSON(), {
      vocab: Object.fromEntries(["<unk>", "<eos>", ...tokens].map((token, id) => [token, id])),
      max_input_chars_per_word: 5,
    });

  const cases: [string, unknown, RegExp][] = [
    ["null", null, /the file is null, not an object/],
    ["a list", [], /not an object/],
    ["a string", "tokenizer", /not an object/],
    ["no model", {}, /"model" is missing/],
    ["another model", withModel(char.toJSON(), { type: "Unigram" }), /its model is "Unigram"/],
    ["a list of tokens", withModel(char.toJSON(), { vocab: ["a"] }), /"model.vocab" is/],
    [
      "an empty vocabulary",
      withModel(char.toJSON(), { vocab: {} }),
      /token 0 is missing where "<unk>" belongs/,
    ],
    ["ids twice", withModel(char.toJSON(), { vocab: { "<unk>": 0, a: 1, b: 1 } }), /the same id 1/],
    ["ids with a gap", withModel(char.toJSON(), { vocab: { "<unk>": 0, a: 7 } }), /is 7, not one of 0 … 1/],
    ["an id that is no integer", withModel(char.toJSON(), { vocab: { "<unk>": 0, a: 0.5 } }), /is 0.5/],
    ["a huge id", withModel(char.toJSON(), { vocab: { "<unk>": 0, a: 4294967296 } }), /4294967296/],
    [
      "two characters",
      withModel(char.toJSON(), { vocab: { "<unk>": 0, ab: 1 } }),
      /"ab" is not one character/,
    ],
    [
      "half a character",
      withModel(char.toJSON(), { vocab: { "<unk>": 0, "\ud800": 1 } }),
      /not one character/,
    ],
    ["no character", withModel(char.toJSON(), { vocab: { "<unk>": 0, "": 1 } }), /"" is not one character/],
    ["a word with white space", words("a", "b c"), /"b c" is not a word/],
    ["an empty word", words("a", ""), /"" is not a word/],
    [
      "another pattern",
      { ...word.toJSON(), pre_tokenizer: { type: "Split", pattern: { Regex: "x" } } },
      /pattern/,
    ],
    ["a merge of unknown tokens", withModel(bpe.toJSON(), { merges: ["q zzz"] }), /needs the token "zzz"/],
    ["a merge into nothing", withModel(bpe.toJSON(), { merges: ["! ÿ"] }), /needs the token "!ÿ"/],
    ["a merge of three", withModel(bpe.toJSON(), { merges: ["a b c"] }), /not two tokens/],
    ["a merge that is none", withModel(bpe.toJSON(), { merges: [7] }), /the merge 7 is not/],
    ["merges that are none", withModel(bpe.toJSON(), { merges: { a: "b" } }), /not a list/],
    ["another program's bpe", gpt2, /"pre_tokenizer" is/],
    ["tokens added", { ...char.toJSON(), added_tokens: [{ id: 9, content: "<pad>" }] }, /"added_tokens" is/],
    ["added tokens that are none", { ...char.toJSON(), added_tokens: [7, null] }, /"added_tokens" is/],
    ["no list of added tokens", { ...char.toJSON(), added_tokens: { 0: "<unk>" } }, /not a list/],
    [
      "a special token under another id",
      { ...char.toJSON(), added_tokens: [{ id: 1, content: "<unk>" }] },
      /the added token "<unk>" has the id 1/,
    ],
    [
      "a special token that takes the space before it",
      { ...char.toJSON(), added_tokens: [{ id: 0, content: "<unk>", lstrip: true }] },
      /"lstrip": true, which is not known/,
    ],
    ["merges passed over", withModel(bpe.toJSON(), { ignore_merges: true }), /"model.ignore_merges" is true/],
    ["a merge of one", withModel(bpe.toJSON(), { merges: [["a"]] }), /not two tokens/],
    ["a merge of lists", withModel(bpe.toJSON(), { merges: [[["a"], ["b"]]] }), /not two tokens/],
    [
      "a merge twice, written in both ways",
      withModel(bpe.toJSON(), { merges: ["t h", ["t", "h"]] }),
      /stands twice/,
    ],
    ["something nested deeply", { ...char.toJSON(), extra: nested(100_000) }, /"extra" is \[\[\[\[/],
    ["something more", { ...char.toJSON(), extra: 1 }, /"extra" is 1 where nothing belongs/],
  ];

  test.each(cases)("%s", (_name, json, message) => {
    const parse = (): unknown => parseTokenizer(json, "here/tokenizer.json");
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(/^here\/tokenizer\.json is not a tokenizer .*\.$/);
  });
});

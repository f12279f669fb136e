/** Lists in every form that is read, and what is refused, with the place. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { readLists } from "../../src/speech/read-lists.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-lists-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let number = 0;
/** Files by name in a folder of their own. */
function files(content: Readonly<Record<string, string | Uint8Array>>): string {
  const own = join(folder, String(number++));
  for (const [name, text] of Object.entries(content)) {
    mkdirSync(dirname(join(own, name)), { recursive: true });
    writeFileSync(join(own, name), text);
  }
  return own;
}
const file = (name: string, content: string | Uint8Array): string => join(files({ [name]: content }), name);
const json = (value: unknown): string => file("lists.json", JSON.stringify(value));

describe("JSON", () => {
  test("of ours: texts, or objects with one or several scores; ids by number where there are none", async () => {
    const lists = await readLists([
      json([
        {
          ref: "a  b",
          hyps: [
            { text: "a\tb ", score: -1 },
            { text: "", scores: { score: -2.5 } },
          ],
        },
        { id: "x", ref: "", hyps: [{ text: "c", score: 0 }] },
      ]),
    ]);
    expect(lists).toEqual([
      {
        id: "1",
        references: ["a b"],
        hypotheses: [
          { text: "a b", scores: { score: -1 } },
          { text: "", scores: { score: -2.5 } },
        ],
      },
      { id: "x", references: [""], hypotheses: [{ text: "c", scores: { score: 0 } }] },
    ]);
  });

  test("of mlm-scoring: hypotheses by number, however they are ordered", async () => {
    const hypothesis = (text: string, score: number) => ({ text, score });
    const [list] = await readLists([
      json({
        u: {
          hyp_10: hypothesis("ten", -10),
          hyp_2: hypothesis("two", -2),
          ref: "one",
          hyp_1: hypothesis("one", -1),
        },
      }),
    ]);
    expect(list!.id).toBe("u");
    expect(list!.hypotheses.map(({ text }) => text)).toEqual(["one", "two", "ten"]);
  });

  test.each([
    ["[{}", /line 1, column 4/],
    ["3", /looks like none of the known lists/],
    ["[]", /holds no utterance/],
    ['[{"ref":"a","hyps":[]}]', /utterance 1 has no hypotheses; give at least one/],
    ['[{"ref":"a","hyps":"b"}]', /utterance 1 has as hyps "b"; give an array/],
    ['[{"ref":"a","hyps":["b",3]}]', /utterance 1, hypothesis 2 is 3; give a text/],
    ['[{"ref":7,"hyps":["b"]}]', /utterance 1 has as ref 7; give a text/],
    ['[{"hyps":[{"text":"b","score":"high"}]}]', /hypothesis 1 has as score "high"; give a number/],
    ['[{"hyps":[{"text":"b","score":1e999}]}]', /hypothesis 1 has as score Infinity; give a number/],
    [
      '[{"hyps":[{"text":"b","sore":1}]}]',
      /a key "sore", which is none of text, score and scores; name it so/,
    ],
    [
      '[{"hyps":[{"text":"a","score":1},"b"]}]',
      /hypothesis 2, has no scores, and the first .* the scores score; give all of them the same/,
    ],
    ['[{"hyps":[{"text":"a","scores":{"A M":1}}]}]', /a score called "A M"; name it with small letters/],
    [
      '[{"id":"x","hyps":["a"]},{"id":"x","hyps":["a"]}]',
      /utterance 2: the id "x" stood before, in .*utterance 1; keep one/,
    ],
    [
      '{"u":{"ref":"a","hypothesis_1":{}}}',
      /utterance "u" has a key "hypothesis_1", which is none of ref, hyp_1/,
    ],
  ])("refuses %s", async (text, message) => {
    await expect(readLists([file("l.json", text)])).rejects.toThrow(message);
    await expect(readLists([file("l.json", text)])).rejects.toBeInstanceOf(UserError);
  });
});

describe("Kaldi's", () => {
  const words = "utt-a-2 b c\nutt-a-1 b\nutt-b-1\n";

  test("words_text and costs; a cost is a negated logarithm, and an empty hypothesis is one", async () => {
    const lists = await readLists(
      [
        files({
          words_text: words,
          acwt: "utt-a-1 10.5\nutt-a-2 0\nutt-b-1 -3\n",
          "lmwt.rnn": "utt-b-1 1\nutt-a-1 2\nutt-a-2 3\n",
        }),
      ],
      { references: file("text", "utt-b\nutt-a b c\n") },
    );
    expect(lists).toEqual([
      {
        id: "utt-a",
        references: ["b c"],
        hypotheses: [
          { text: "b", scores: { acoustic: -10.5, rnn: -2 } },
          { text: "b c", scores: { acoustic: 0, rnn: -3 } },
        ],
      },
      { id: "utt-b", references: [""], hypotheses: [{ text: "", scores: { acoustic: 3, rnn: -1 } }] },
    ]);
  });

  test("words alone, packed", async () => {
    const [list] = await readLists([file("words_text.gz", gzipSync(words))]);
    expect(list!.hypotheses.map(({ text }) => text)).toEqual(["b", "b c"]);
  });

  test.each([
    [
      { words_text: "a-1 x\na-1 y\n" },
      /words_text, line 2: the id "a-1" stood before, in .*line 1; keep one/,
    ],
    [{ words_text: "a-1 x\na-01 y\n" }, /words_text, line 2: the id "a-1" stood before, in .*line 1/],
    [{ words_text: "a-1 x\n", acwt: "a-1 1\na-1 2\n" }, /acwt, line 2: the id "a-1" stood before/],
    [{ words_text: "a-1 x\nb y\n" }, /line 2: the id "b" does not end in the number of a hypothesis/],
    [{ words_text: "a-1 x\n", acwt: "a-1 zero\n" }, /acwt, line 1: the cost is "zero"; give a finite number/],
    [
      { words_text: "a-1 x\n", acwt: "a-2 1\n" },
      /words_text, line 1: .*acwt has no cost for "a-1"; add its line/,
    ],
    [
      { words_text: "a-1 x\n", acwt: "a-1 1\nb-1 1\n" },
      /acwt, line 2: this is a cost for "b-1", which .*words_text does not have; give/,
    ],
    [{ words_text: "a-1 x\n", acwt: "a-1 nan\n" }, /"nan"; give a finite number/],
  ])("refuses %o", async (content, message) => {
    await expect(readLists([files(content)])).rejects.toThrow(message);
  });

  test("refuses references that lack an utterance, or have one twice", async () => {
    const lists = file("words_text", words);
    await expect(readLists([lists], { references: file("text", "utt-a b\n") })).rejects.toThrow(
      /no reference for "utt-b"; add it there/,
    );
    await expect(readLists([lists], { references: file("text", "utt-a b\nutt-a b\n") })).rejects.toThrow(
      /line 2: the id "utt-a" stood before/,
    );
    await expect(readLists([lists], { references: file("text", "\n") })).rejects.toThrow(/is empty/);
  });
});

describe("SRILM's", () => {
  test("three forms, a file for each utterance; marks of sentences and pauses are no words", async () => {
    const lists = await readLists([
      files({
        "u1.nbest": "NBestList1.0\n(-1000) <s> hello world </s>\n(-2000) hello -pau- word\n",
      }),
    ]);
    expect(lists).toEqual([
      {
        id: "u1",
        references: undefined,
        hypotheses: [
          { text: "hello world", scores: { score: expect.closeTo((-1000 * 1024) / 10000.5, 9) } },
          { text: "hello word", scores: { score: expect.closeTo((-2000 * 1024) / 10000.5, 9) } },
        ],
      },
    ]);
    const [second] = await readLists([
      file(
        "u2.nbest",
        "NBestList2.0\n(-30) hi ( st: 0.1 et: 0.2 g: -10 a: -15 ) you ( st: 0.2 et: 0.4 g: -1 a: -4 )\n",
      ),
    ]);
    const nats = (bytelogs: number) => expect.closeTo((bytelogs * 1024) / 10000.5, 9);
    expect(second!.hypotheses).toEqual([
      { text: "hi you", scores: { score: nats(-30), acoustic: nats(-19), lm: nats(-11) } },
    ]);
    const [third] = await readLists([file("u3.nbest", "-100.5 -7 2 hi you\n-101 -6 0\n")]);
    expect(third!.id).toBe("u3");
    expect(third!.hypotheses[0]!.scores["acoustic"]).toBeCloseTo(-100.5 * Math.LN10, 9);
    expect(third!.hypotheses[1]).toEqual({ text: "", scores: expect.anything() as object });
  });

  test.each([
    ["NBestList1.0\nhello\n", /line 2: there is no score in parentheses at the beginning; write/],
    ["NBestList1.0\n(x) hello\n", /line 2: the score is "x"/],
    ["NBestList3.0\n", /the form "NBestList3.0" is not known; write/],
    ["NBestList1.0\n", /has no hypotheses/],
    ["-1 -2 3 a\n-1 x 3 a\n", /line 2: the language model's score is "x"/],
  ])("refuses %j", async (text, message) => {
    await expect(readLists([file("u.nbest", text)])).rejects.toThrow(message);
  });
});

describe("ESPnet's", () => {
  test("folders by place, with scores as it writes them", async () => {
    const own = files({
      "1best_recog/text": "a hello\nb\n",
      "1best_recog/score": "a tensor(-1.5)\nb tensor(-2., device='cuda:0')\n",
      "2best_recog/text": "a hallo\n",
      "2best_recog/score": "a -3\n",
    });
    expect(await readLists([own])).toEqual([
      {
        id: "a",
        references: undefined,
        hypotheses: [
          { text: "hello", scores: { score: -1.5 } },
          { text: "hallo", scores: { score: -3 } },
        ],
      },
      { id: "b", references: undefined, hypotheses: [{ text: "", scores: { score: -2 } }] },
    ]);
  });

  test("refuses an id that stands twice in one place, and reads no place twice", async () => {
    const twice = { "1best_recog/text": "a x\na y\n" };
    await expect(readLists([files(twice)])).rejects.toThrow(
      /text, line 2: the id "a" stood before, in .*line 1/,
    );
    const scores = { "1best_recog/text": "a x\n", "1best_recog/score": "a 1\na 2\n" };
    await expect(readLists([files(scores)])).rejects.toThrow(/score, line 2: the id "a" stood before/);
    const other = { "1best_recog/text": "a x\n", "01best_recog/text": "a y\n" };
    const [only] = await readLists([files(other)]);
    expect(only!.hypotheses.map(({ text }) => text)).toEqual(["x"]);
  });

  test("refuses a second place without a first, and a missing score", async () => {
    const text = { "1best_recog/text": "a x\n", "2best_recog/text": "b y\n" };
    await expect(readLists([files(text)])).rejects.toThrow(
      /"b" has a hypothesis in place 2 and none before it; give/,
    );
    const scored = { "1best_recog/text": "a x\n", "1best_recog/score": "b 1\n" };
    await expect(readLists([files(scored)])).rejects.toThrow(/score has no score for "a"; add its line/);
  });
});

describe("SCTK's transcripts", () => {
  const lists = file("lists.json", '[{"id":"u1","hyps":["x"]}]');
  const references = async (trn: string) =>
    (await readLists([lists], { references: file("r.trn", trn) }))[0]!.references;

  test("with alternatives and optional words are all the ways to read them", async () => {
    expect(await references(";; a remark\nhello world (u1)\n")).toEqual(["hello world"]);
    expect(await references("{ um / uh / @ } yes (sir) (u1)\n")).toEqual([
      "um yes sir",
      "um yes",
      "uh yes sir",
      "uh yes",
      "yes sir",
      "yes",
    ]);
  });

  test.each([
    ["a { b (u1)\n", /line 1: a "\{" has no "\}"/],
    ["a } b (u1)\n", /"\}" stands outside of braces/],
    ["a (u1)\nb (u1)\n", /line 2: the id "u1" stood before, in .*line 1/],
    ["a (u1)\nb (u2)\nc\n", /line 3: there is no utterance in parentheses at the end; write/],
    [`${"{ a / b } ".repeat(9)} (u1)\n`, /more than 256 ways/],
  ])("refuses %j", async (trn, message) => {
    await expect(references(trn)).rejects.toThrow(message);
  });
});

test("an utterance that stands in two files, or twice in an object of JSON, is refused", async () => {
  const list = "-1 -2 1 a\n";
  await expect(readLists([files({ "u.nbest": list, "u.txt": list })])).rejects.toThrow(
    /u\.txt: the id "u" stood before, in .*u\.nbest/,
  );
  const own = '{"ref":"a","hyp_1":{"text":"a","score":1}}';
  await expect(readLists([file("l.json", `{"u":${own},"u":${own}}`)])).rejects.toThrow(
    /line 1, column \d+: the key "u" stands twice/,
  );
});

test("what is no list is refused, with the forms there are", async () => {
  await expect(readLists([file("a.txt", "Call me Ishmael.\n")])).rejects.toThrow(
    /looks like none of the known lists/,
  );
  await expect(readLists([join(folder, "nowhere")])).rejects.toThrow(/nowhere/);
  await expect(readLists([files({ "a.md": "x" })])).rejects.toThrow(/holds no lists of hypotheses/);
  await expect(readLists([file("a.json", new Uint8Array([0xff, 0xfe]))])).rejects.toThrow(/not UTF-8/);
  await expect(readLists([file("a.json", "[]")], { form: "espnet" })).rejects.toThrow(/1best_recog/);
});

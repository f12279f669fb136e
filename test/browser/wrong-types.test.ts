/** Whatever a page gives, in place of what is asked for: a sentence that a person can mend, and no TypeError. */
import { afterAll, describe, expect, test } from "vitest";
import { LoadedModel } from "../../src/apps/loaded-model.js";
import { parseMetrics, startRecurra } from "../../src/browser/index.js";
import { UserError } from "../../src/errors.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { toyText } from "../train/toy-text.js";
import { randomModel, TEXT } from "../generate/models.js";
import { startInProcess } from "./in-process.js";

const recurra = await startInProcess();
afterAll(() => recurra.dispose());
const SMALL = { text: toyText(300), hidden: 8, batchSize: 2, seqLen: 8, steps: 2 } as const;
const char = await trainTokenizer("char", [TEXT]);
const model = await recurra.train(SMALL).model;

/** What is given has whatever type it has. */
type Loose = (...given: unknown[]) => unknown;
type LooseObject<Name extends string> = Readonly<Record<Name, Loose>>;

/** The error of a call, wherever it comes: at once, in a promise, from an iterator, from a run. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const result = (await call()) as { done?: Promise<unknown> } & AsyncIterable<unknown>;
    if (result !== undefined && result !== null && Symbol.asyncIterator in Object(result))
      for await (const _ of result) break;
    await result?.done;
  } catch (error) {
    return error;
  }
  return "no error";
}

async function refused(call: () => unknown, message: RegExp): Promise<void> {
  const error = await errorOf(call);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toMatch(message);
  expect((error as UserError).message).toMatch(/^[^\n]+[.?]$/);
}

const WRONG_TEXTS: readonly [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a number", 5],
  ["an object", { text: "a" }],
  ["an array", ["a"]],
  ["bytes", new Uint8Array(3)],
  ["a function", () => "a"],
];

describe("a model in a page", () => {
  const loose = model as unknown as LooseObject<
    | "score"
    | "evaluate"
    | "inspect"
    | "unknowns"
    | "next"
    | "complete"
    | "embed"
    | "generate"
    | "zip"
    | "html"
  >;

  test.each(["score", "evaluate", "inspect", "unknowns", "next", "complete"] as const)(
    "%s takes a text",
    async (name) => {
      for (const [, value] of WRONG_TEXTS) {
        await refused(() => loose[name](value), /(text|line).* is .*; give|cannot be sent to the worker/);
      }
    },
  );

  test.each<[string, unknown, RegExp]>([
    ["count of text", { count: "x" }, /count is "x"; give a whole number from 1 on/],
    ["count of 0", { count: 0 }, /count is 0/],
    ["count between", { count: 1.5 }, /count is 1.5/],
    ["temperature of text", { temperature: "hot" }, /temperature is "hot"; give a number from 0 on/],
    ["temperature below 0", { temperature: -1 }, /temperature is -1/],
    ["another name", { cuont: 3 }, /next has no option cuont; there are count, temperature/],
    ["null", null, /The options argument of next is null; give an object/],
  ])("next: %s", (_, options, message) => refused(() => loose.next("a", options), message));

  test.each<[string, unknown, RegExp]>([
    ["no suggestions", { suggestions: 0 }, /suggestions is 0; give a whole number from 1 to 1,000/],
    ["another end", { until: "chapter" }, /until is "chapter"; choose one of word, line, tokens/],
    ["a length of words", { length: 3 }, /length belongs to until: line or until: tokens/],
    ["another name", { untl: "word" }, /complete has no option untl; did you mean until\?/],
    ["a wrong signal", { signal: 1 }, /signal is 1; give the signal of an AbortController/],
    ["null", null, /The options argument of complete is null; give an object/],
  ])("complete: %s", (_, options, message) => refused(() => loose.complete("a", options), message));

  test.each<[string, unknown, unknown, RegExp]>([
    ["one text", "a", {}, /The argument of embed is "a"; give the texts in an array/],
    ["nothing", undefined, {}, /argument of embed is missing/],
    ["numbers", [1], {}, /A text to embed is 1; give a string/],
    ["another pool", ["a"], { pool: "first" }, /pool is "first"; choose one of last, mean/],
    ["a wrong signal", ["a"], { signal: 1 }, /signal is 1/],
    ["null", ["a"], null, /The options argument of embed is null; give an object/],
  ])("embed: %s", (_, texts, options, message) => refused(() => loose.embed(texts, options), message));

  test.each<[string, unknown, RegExp]>([
    ["null", null, /generate/],
    ["a text", "The sea", /generate/],
    ["a wrong signal", { signal: true }, /signal is true; give the signal of an AbortController/],
    ["a length of text", { length: "x" }, /length/i],
    ["another name", { lenght: 3 }, /did you mean length\?/],
    ["a function in it", { prompt: () => "a" }, /prompt|sent/],
  ])("generate: %s", (_, options, message) => refused(() => loose.generate(options), message));

  test.each<[string, () => unknown, RegExp]>([
    ["zip, a folder of 5", () => loose.zip({ folder: 5 }), /folder is 5; give a string/],
    ["zip, a text", () => loose.zip("toy.model"), /The options argument of zip is "toy.model"/],
    ["html, no title", () => loose.html(), /title is missing; give a string/],
    ["html, a title of 5", () => loose.html(5), /title is 5/],
    ["html, assets of text", () => loose.html("a", "b"), /assets is "b"; give an object/],
    ["html, no script", () => loose.html("a", {}), /assets: script is missing; give its bytes/],
    ["inspect, a text for options", () => loose.inspect("a", "b"), /The options argument of inspect is/],
    ["inspect, no signal", () => loose.inspect("a", { signal: 3 }), /signal is 3/],
    [
      "evaluate, no function",
      () => loose.evaluate("abc", { onProgress: 5 }),
      /onProgress is 5; give a function/,
    ],
    [
      "evaluate, a listener for options",
      () => loose.evaluate("abc", () => {}),
      /The options argument of evaluate is a function/,
    ],
  ])("%s", (_, call, message) => refused(call, message));
});

describe("the worker", () => {
  const loose = recurra as unknown as LooseObject<"load" | "train">;

  test.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /model to load is missing; give the address/],
    ["null", null, /model to load is null/],
    ["a number", 5, /model to load is 5/],
    ["no address", "", /model to load is ""/],
    ["an object", {}, /model to load is an object/],
    ["a function", () => {}, /model to load is a function/],
    ["an array of texts", ["a.model"], /model to load is \["a\.model"\]/],
    ["no files", { files: null }, /files of the model is null/],
    ["files of text", { files: { "config.json": "{}" } }, /config\.json is "\{\}"; give a Uint8Array/],
  ])("loads no %s", (_, source, message) => refused(() => loose.load(source), message));

  test.each<[string, unknown[], RegExp]>([
    ["nothing", [], /train/],
    ["null", [null], /train/],
    ["a text", ["the cat"], /train/],
    ["threads", [{ ...SMALL, threads: 64 }], /no option threads/],
    ["a folder", [{ ...SMALL, out: "toy.model" }], /no option out/],
    ["an encoding", [{ ...SMALL, encoding: "latin1" }], /no option encoding/],
    ["a text of 5", [{ ...SMALL, text: 5 }], /text/],
    ["a listener among the options", [{ ...SMALL, onEvent: () => {} }], /onEvent|cannot be sent/],
    ["no listener", [SMALL, { onEvent: 5 }], /onEvent is 5; give a function/],
    ["no signal", [SMALL, { signal: "x" }], /signal is "x"/],
    ["null for hooks", [SMALL, null], /train/],
    ["files that are none", [{ ...SMALL, resume: 5 }], /resume/],
  ])("does not train on %s", (_, given, message) => refused(() => loose.train(...given), message));

  test.each<[unknown, RegExp]>([
    [null, /The options argument of startRecurra is null; give an object/],
    [{ thread: 2 }, /startRecurra has no option thread; there are training, /],
    [{ training: "no" }, /training is "no"; give true or false/],
    [{ worker: {} }, /worker is an object; give a function/],
    [{ modules: null }, /modules is null/],
  ])("is not started with %j", async (options, message) => {
    const globals = globalThis as { Worker?: unknown };
    globals.Worker = function Worker() {};
    try {
      await refused(() => (startRecurra as Loose)(options), message);
    } finally {
      delete globals.Worker;
    }
  });

  test("metrics are bytes", () =>
    refused(() => (parseMetrics as Loose)("{}"), /recorded is "\{\}"; give a Uint8Array/));
});

describe("a loaded model", () => {
  const loose = new LoadedModel(randomModel(char), char) as unknown as LooseObject<
    "score" | "scoreLine" | "evaluate" | "step" | "unknowns" | "generate"
  >;

  test.each(["scoreLine", "unknowns"] as const)("%s takes a text", async (name) => {
    for (const [, value] of WRONG_TEXTS)
      await refused(() => loose[name](value), /(text|line).* is .*; give a string/);
  });

  test.each<[string, () => unknown, RegExp]>([
    ["score of nothing", () => loose.score(), /is missing; give the lines in an array/],
    ["score of a number", () => loose.score(5), /is 5; give the lines/],
    ["score of a text", () => loose.score("abc"), /is "abc"; give the lines in an array; one line goes to/],
    ["score of numbers", () => loose.score([1]), /line to score is 1/],
    ["evaluate of nothing", () => loose.evaluate(), /is missing; give a string, or the strings/],
    ["evaluate of bytes", () => loose.evaluate(new Uint8Array(3)), /part of the text .* is 0; give a string/],
    ["evaluate of numbers", () => loose.evaluate([1]), /part of the text .* is 1; give a string/],
    ["evaluate, no listener", () => loose.evaluate("abc", { onProgress: 5 }), /onProgress is 5/],
    ["step of a text", () => loose.step(undefined, "a"), /token's id is "a"; give a whole number from 0 to/],
    ["step of nothing", () => loose.step(), /token's id is missing/],
    ["step of half a token", () => loose.step(undefined, 0.5), /token's id is 0.5/],
    ["step below", () => loose.step(undefined, -1), /token's id is -1/],
    ["step from null", () => loose.step(null, 1), /state is null; give one that step returned/],
    ["step from an object", () => loose.step({}, 1), /state is an object/],
    ["generate, null", () => loose.generate(null), /generate takes its options as an object/],
  ])("%s", (_, call, message) => refused(call, message));
});

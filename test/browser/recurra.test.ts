import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { loadClassifier } from "../../src/apps/load-classifier.js";
import { storedModelFiles } from "../../src/apps/model-files.js";
import { trainClassifier } from "../../src/apps/train-classifier.js";
import { FILE_NAMES } from "../../src/format/model-files.js";
import { parseMetrics } from "../../src/train/metric-line.js";
import { unzipModel } from "../../src/browser/model-source.js";
import type { BrowserTrainEvent } from "../../src/service/protocol.js";
import type { ModelFiles } from "../../src/format/model-files.js";
import { readText } from "../../src/browser/read-text.js";
import { joined } from "../../src/browser/text-of-file.js";
import type { Recurra } from "../../src/browser/recurra.js";
import { UserError } from "../../src/errors.js";
import { train } from "../../src/apps/train.js";
import { toyText } from "../train/toy-text.js";
import { startInProcess } from "./in-process.js";

const TEXT = toyText(1000);
const SMALL = { hidden: 24, batchSize: 4, seqLen: 16, seed: 3, text: TEXT } as const;
const folder = mkdtempSync(join(tmpdir(), "recurra-browser-"));
const recurra = await startInProcess();
afterAll(() => {
  recurra.dispose();
  rmSync(folder, { recursive: true });
});

/** Trains to the end. */
async function trained(options: Parameters<Recurra["train"]>[0]) {
  const events: BrowserTrainEvent[] = [];
  const run = recurra.train(options, { onEvent: (event) => events.push(event) });
  const done = await run.done;
  const of = <Type extends BrowserTrainEvent["type"]>(type: Type) =>
    events.filter((event): event is Extract<BrowserTrainEvent, { type: Type }> => event.type === type);
  return { done, of, model: await run.model };
}

/** Writes a model's files into a folder. */
function keep(where: string, files: ModelFiles): void {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(where, name)), { recursive: true });
    writeFileSync(join(where, name), bytes);
  }
}

const textOf = async (pieces: AsyncIterable<{ readonly text: string }>): Promise<string> => {
  let text = "";
  for await (const piece of pieces) text += piece.text;
  return text;
};

test("computes with WebAssembly", () => {
  expect(recurra.engine).toMatchObject({ name: "wasm", threads: 1 });
});

describe("training", () => {
  test("lowers the loss, measures, and gives a folder that Node reads and agrees with", async () => {
    const { done, of, model } = await trained({ ...SMALL, steps: 300 });
    const [first, last] = [of("step")[0]!, of("step").at(-1)!];
    expect(last.smoothedLoss).toBeLessThan(first.loss - 0.5);
    expect(done).toMatchObject({ reason: "finished", step: 300 });
    expect(done.valid!.perplexity).toBeLessThan(Math.exp(first.loss));

    const zip = await model.zip({ folder: "toy.model" });
    expect(Object.keys(unzipSync(zip)).every((name) => name.startsWith("toy.model/"))).toBe(true);
    const files = await unzipModel(zip);
    keep(join(folder, "model"), files);
    const onNode = await load(join(folder, "model"), { engine: "reference" });
    const line = TEXT.slice(0, 40).replaceAll("\n", " ");
    expect((await model.score(line)).bits).toBeCloseTo(onNode.scoreLine(line).bits, 2);
    expect(
      parseMetrics(files["training/metrics.jsonl"]!).filter(({ loss }) => loss !== undefined),
    ).toHaveLength(300);
  });

  test("goes on from what was saved, to the same weights as a run that was not stopped", async () => {
    const whole = await trained({ ...SMALL, steps: 900, schedule: "constant", validateEvery: 100 });
    let saved: ModelFiles | undefined;
    const run = recurra.train(
      { ...SMALL, steps: 900, schedule: "constant", validateEvery: 100 },
      {
        onEvent: (event) => {
          if (event.type === "saved") saved = event.files;
          if (event.type === "validation" && event.step === 100) run.stop();
        },
      },
    );
    expect(await run.done).toMatchObject({ reason: "stopped", valid: undefined });
    const rest = await trained({ ...SMALL, steps: 900, validateEvery: 100, resume: saved! });
    expect(rest.of("prepared")[0]!.startStep).toBeGreaterThanOrEqual(100);
    expect(rest.of("prepared")[0]!.startStep).toBeLessThan(900);
    expect((await rest.model.files())["model.safetensors"]).toEqual(
      (await whole.model.files())["model.safetensors"],
    );
  });

  test("goes on on Node, and Node's run here, to the same weights as a run that was not stopped", async () => {
    const course = { ...SMALL, steps: 600, tokenizer: "bpe", vocabSize: 300, validateEvery: 20 } as const;
    const whole = (await (await trained(course)).model.files())["model.safetensors"];
    const file = join(folder, "text.txt");
    writeFileSync(file, `\ufeff${TEXT.replaceAll("\n", "\r\n")}`);

    const begun = recurra.train(course, {
      onEvent: (event) => event.type === "validation" && event.step === 20 && begun.stop(),
    });
    expect((await begun.done).reason).toBe("stopped");
    const fromPage = join(folder, "from-page");
    keep(fromPage, await unzipModel(await (await begun.model).zip()));
    const onNode = { inputs: [file], engine: "wasm", threads: 1 } as const;
    await train({ ...onNode, out: fromPage, resume: true });
    expect(new Uint8Array(readFileSync(join(fromPage, "model.safetensors")))).toEqual(whole);

    const fromNode = join(folder, "from-node");
    const stop = new AbortController();
    const { text: _, ...rest } = course;
    await train({
      ...onNode,
      ...rest,
      out: fromNode,
      signal: stop.signal,
      onEvent: (event) => event.type === "validation" && event.step === 20 && stop.abort(),
    });
    const resume = Object.fromEntries(
      Object.values(FILE_NAMES).map((name) => [name, new Uint8Array(readFileSync(join(fromNode, name)))]),
    );
    const { model, of } = await trained({ text: TEXT, resume });
    expect(of("prepared")[0]!.startStep).toBe(20);
    expect((await model.files())["model.safetensors"]).toEqual(whole);
    await expect(trained({ text: TEXT, resume, tokenizer: "char" })).rejects.toThrow(/tokenizer: bpe/);
    await expect(trained({ text: `${TEXT}x`, resume })).rejects.toThrow(/text is not the one/);
  });

  test("a run that has reached its end goes on when it is given more", async () => {
    const { model, done } = await trained({ ...SMALL, steps: 30 });
    const resume = await unzipModel(await model.zip());
    expect(await model.run()).toMatchObject({ step: 30, finished: true, settings: { limit: { steps: 30 } } });
    const again = await trained({ text: TEXT, resume });
    expect([again.done.step, again.of("notice")[0]!.message]).toEqual([30, expect.stringMatching(/its end/)]);
    const more = await trained({ text: TEXT, resume, steps: 50 });
    expect(more.done).toMatchObject({ reason: "finished", step: 50 });
    expect(more.done.bestLoss).toBeLessThan(done.bestLoss!);
  });

  test("stops while it still learns its vocabulary", async () => {
    const words = Array.from({ length: 150_000 }, (_, i) => `w${(i * 7919) % 99_991}`).join(" ");
    const run = recurra.train(
      { ...SMALL, text: words, tokenizer: "bpe", vocabSize: 60_000 },
      { onEvent: (event) => event.type === "reading" && event.what === "merging pairs" && run.stop() },
    );
    await expect(run.done).rejects.toThrow(/^Stopped while the text was read/);
    await expect(run.model).rejects.toThrow(UserError);
  });

  test("stopped while it measures it is not finished, and measures when it goes on", async () => {
    const text = toyText(20_000);
    const run = recurra.train(
      { ...SMALL, text, steps: 5, hidden: 64 },
      {
        onEvent: (event) => event.type === "reading" && event.what.startsWith("measuring") && run.stop(),
      },
    );
    expect(await run.done).toMatchObject({ reason: "stopped", step: 5, valid: undefined });
    const { done } = await trained({ text, resume: await (await run.model).files() });
    expect(done).toMatchObject({ reason: "finished", step: 5 });
    expect(done.valid!.perplexity).toBeGreaterThan(1);
  });

  test.each(["reading", "prepared", "step", "validation", "saved", "done"] as const)(
    "fails with what a listener throws at %s, and the worker is free for the next run",
    async (type) => {
      const broken = new RangeError("the listener is out of order");
      const onEvent = (event: BrowserTrainEvent): void => {
        if (event.type === type) throw broken;
      };
      const run = recurra.train({ ...SMALL, steps: type === "done" ? 5 : 5000 }, { onEvent });
      await expect(run.done).rejects.toBe(broken);
      if (type === "reading") await expect(run.model).rejects.toBe(broken);
      expect((await trained({ ...SMALL, steps: 3 })).done.step).toBe(3);
    },
  );

  test("pauses and goes on; a model can write meanwhile", async () => {
    const steps: number[] = [];
    const run = recurra.train(
      { ...SMALL, steps: 2000 },
      { onEvent: (event) => event.type === "step" && steps.push(event.step) },
    );
    const model = await run.model;
    await run.pause();
    expect(await textOf(model.generate({ prompt: "a", length: 10, seed: 1 }))).not.toBe("");
    const wait = () => new Promise((resolve) => setTimeout(resolve, 100));
    await wait();
    const before = steps.length;
    await wait();
    expect(steps.length).toBe(before);
    expect(before).toBeLessThan(2000);
    await run.resume();
    expect(await run.done).toMatchObject({ reason: "finished", step: 2000 });
    expect(steps).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
  });

  test.each([
    ["an empty text", { text: "" }, /text is empty/],
    ["a hidden size of zero", { hidden: 0 }, /hidden is 0/],
    ["a text of one character", { text: "aaaaaa" }, /only one distinct character/],
    ["no checkpoint", { resume: { "config.json": new Uint8Array() } }, /came without its checkpoint/],
    ["an unknown option", { colour: "blue" }, /no option colour/],
    ["more weights than there is memory", { hidden: 100_000 }, /would take about .* there are 4\.3 GB/],
  ])("says what is wrong with %s", async (_, options, message) => {
    const run = recurra.train({ ...SMALL, ...options } as never);
    await expect(run.done).rejects.toThrow(UserError);
    await expect(run.done).rejects.toThrow(message);
    await expect(run.model).rejects.toThrow(message);
  });
});

describe("a model", async () => {
  const { model } = await trained({ ...SMALL, steps: 60 });
  const inference = await startInProcess(true);
  afterAll(() => inference.dispose());
  const smaller = await inference.load(await model.zip());

  test("is the same in the smaller worker, which does not train", async () => {
    const options = { prompt: "the ", length: 50, seed: 7 };
    expect(await textOf(smaller.generate(options))).toBe(await textOf(model.generate(options)));
    expect((await smaller.evaluate(TEXT.slice(0, 500))).perplexity).toBeGreaterThan(1);
    await expect(inference.train({ ...SMALL, steps: 1 }).done).rejects.toThrow(/cannot train/);
  });

  test("says what comes next: probabilities in order, and the texts that they add", async () => {
    const next = await model.next("the", { count: model.info.tokenizer.size });
    const sum = next.reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeCloseTo(1, 6);
    expect(next.map(({ probability }) => probability)).toEqual(
      next.map(({ probability }) => probability).toSorted((a, b) => b - a),
    );
    const [greedy] = await model.next("the", { count: 1, temperature: 0 });
    expect(greedy!.probability).toBe(1);
    expect(await textOf(model.generate({ prompt: "the", length: 1, temperature: 0 }))).toBe(greedy!.text);
  });

  test("makes the vectors that it makes on Node", async () => {
    keep(join(folder, "embed.model"), await model.files());
    const onNode = await load(join(folder, "embed.model"), { engine: "wasm", threads: 1 });
    const texts = ["the one", "", "the other"];
    const options = { pool: "concat", centre: true } as const;
    const found = await model.embed(texts, options);
    expect(found).toEqual(await onNode.embed(texts, options));
    const gone = AbortSignal.abort(new Error("gone on"));
    await expect(model.embed(texts, { signal: gone })).rejects.toBe(gone.reason);
  });

  test("tells the labels that a classifier tells on Node", async () => {
    keep(join(folder, "language.model"), await model.files());
    const texts = TEXT.split("\n").slice(0, 40);
    const labelled = texts.map((text) => ({ text, label: text.includes("cat") ? "cat" : "none" }));
    const out = join(folder, "cat.model");
    await trainClassifier(labelled, { from: join(folder, "language.model"), out, threads: 1 });
    const onNode = await loadClassifier(out, { engine: "wasm", threads: 1 });
    const classifier = await recurra.load({ files: await storedModelFiles(out) });
    expect(classifier.info.config.classifier?.labels).toEqual(["cat", "none"]);
    expect(await classifier.classify(texts)).toEqual(await onNode.classify(texts));
    await expect(model.classify(texts)).rejects.toThrow("is a language model and no classifier");
    await expect(classifier.classify([5] as unknown as string[])).rejects.toThrow("give a string");
    const gone = AbortSignal.abort(new Error("gone on"));
    await expect(classifier.classify(texts, { signal: gone })).rejects.toBe(gone.reason);
  });

  test("finishes words as on Node, and hears a signal", async () => {
    keep(join(folder, "complete.model"), await model.files());
    const onNode = await load(join(folder, "complete.model"), { engine: "wasm", threads: 1 });
    const completer = await onNode.completer();
    for (const text of ["", "the o", "the one t"]) {
      const found = await model.complete(text, { suggestions: 3 });
      const expected = await completer.complete(text, { suggestions: 3 });
      expect(found.map((one) => one.text)).toEqual(expected.map((one) => one.text));
      found.forEach(({ probability }, i) => expect(probability).toBeCloseTo(expected[i]!.probability, 5));
    }
    const line = await model.complete("the o", { until: "line", length: 5, suggestions: 2 });
    expect(line).toHaveLength(2);
    const gone = AbortSignal.abort(new Error("typed on"));
    await expect(model.complete("the", { signal: gone })).rejects.toBe(gone.reason);
    // Typed on before the question was answered: nobody waits for it.
    const typing = [..."the one the"].map(() => new AbortController());
    const answers = typing.map(({ signal }, i) =>
      model.complete("the one the".slice(0, i + 1), { signal }).catch((error: unknown) => error),
    );
    for (const one of typing.slice(0, -1)) one.abort();
    const given = await Promise.all(answers);
    expect(given.filter(Array.isArray)).toHaveLength(1);
    expect(given.at(-1)).toHaveLength(5);
  });

  test("is measured as on Node, followed, and stopped by a signal", async () => {
    const long = toyText(20_000);
    const counts: number[][] = [];
    const measured = await model.evaluate(long, {
      onProgress: (tokens, total) => void counts.push([tokens, total]),
    });
    expect(counts.length).toBeGreaterThan(0);
    expect(counts.every(([tokens, total]) => tokens! <= total! && total === measured.tokens)).toBe(true);
    const stop = new AbortController();
    const error = await model
      .evaluate(long, { signal: stop.signal, onProgress: () => stop.abort() })
      .catch((thrown: unknown) => thrown);
    expect(stop.signal.aborted).toBe(true);
    expect(error).toBe(stop.signal.reason);
  });

  test("is looked into: surprisal as scoring has it, and every unit's activation", async () => {
    const line = "the one ";
    const { tokens, units, activations, leftOut } = await model.inspect(line);
    const { scores } = await model.score(line);
    expect(tokens.map(({ text }) => text).join("")).toBe(line);
    expect(leftOut).toBe(0);
    expect(activations).toHaveLength(tokens.length * units);
    expect(units).toBe(24);
    tokens.forEach(({ surprisal }, i) => expect(surprisal!).toBeCloseTo(scores[i]!.surprisal!, 4));
    expect(activations.every((h) => Math.abs(h) <= 1) && activations.some((h) => h !== 0)).toBe(true);
  });

  test("of lines is looked into line by line, and offers a line's end as a newline", async () => {
    const { model: ofLines } = await trained({ ...SMALL, lines: true, steps: 60 });
    const { tokens, units, activations } = await ofLines.inspect("the one\nthe cat");
    expect(tokens.map(({ text }) => text).join("")).toBe("the one\nthe cat");
    const [first, second] = await Promise.all([ofLines.score("the one"), ofLines.score("the cat")]);
    const expected = [...first.scores, ...second.scores.slice(0, 7)];
    expect(tokens).toHaveLength(expected.length);
    tokens.forEach(({ surprisal }, i) => expect(surprisal!).toBeCloseTo(expected[i]!.surprisal!, 4));
    expect(activations.subarray(7 * units, 8 * units).every((h) => h === 0)).toBe(true);
    const count = ofLines.info.tokenizer.size;
    const next = await ofLines.next("anything\nthe one", { count });
    expect(next).toEqual(await ofLines.next("the one", { count }));
    expect(next.filter(({ text }) => text === "\n").map(({ token }) => token)).toEqual(["<eos>"]);
  });

  test("generation ends where the loop is left or the signal says", async () => {
    let count = 0;
    for await (const { id } of model.generate({ length: 100_000 })) if (id >= 0 && ++count === 20) break;
    expect(count).toBe(20);
    const stop = new AbortController();
    const pieces = model.generate({ length: 1_000_000, signal: stop.signal });
    await pieces.next();
    stop.abort();
    // Nothing more comes, however much the worker has told meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await pieces.next()).toEqual({ done: true, value: undefined });
  });

  test.each<[string, (files: Record<string, Uint8Array>) => void, RegExp]>([
    [
      "no weights",
      (files) => delete files["model.safetensors"],
      /not a whole model: model\.safetensors is missing/,
    ],
    [
      "torn weights",
      (files) => (files["model.safetensors"] = files["model.safetensors"]!.slice(0, -9)),
      /cut off/,
    ],
    [
      "a newer model",
      (files) => (files["config.json"] = new TextEncoder().encode('{"format":"recurra","version":99}')),
      /newer than/,
    ],
    [
      "no JSON",
      (files) => (files["tokenizer.json"] = new TextEncoder().encode("{")),
      /not valid JSON: line 1/,
    ],
    ["no text", (files) => (files["config.json"] = Uint8Array.of(0xff)), /not UTF-8/],
  ])("with %s is refused with a sentence", async (_, spoil, message) => {
    const files = { ...(await model.files()) };
    spoil(files);
    await expect(recurra.load({ files })).rejects.toThrow(message);
    await expect(recurra.load({ files })).rejects.toThrow(UserError);
  });

  test("a torn zip, another file and a zip of something else are refused", async () => {
    const zip = await model.zip();
    await expect(recurra.load(zip.slice(0, zip.length / 2))).rejects.toThrow(/torn or damaged/);
    await expect(recurra.load(new TextEncoder().encode("hello"))).rejects.toThrow(/neither a zip nor/);
    await expect(recurra.load([])).rejects.toThrow(/No file/);
  });

  test("given back it cannot be used any more", async () => {
    const gone = await recurra.load(await model.zip());
    await gone.dispose();
    await expect(gone.score("a")).rejects.toThrow(/given back/);
  });
});

describe("a picked file is read as on Node", () => {
  const picked = (name: string, content: string | Uint8Array) => ({
    name,
    arrayBuffer: async () => new Uint8Array(Buffer.from(content as string)).buffer,
  });

  test.each<[string, string | Uint8Array, string]>([
    ["windows.txt", "\ufeffone\r\ntwo\r\n", "one\ntwo\n"],
    ["packed.txt.gz", gzipSync("one\ntwo\n"), "one\ntwo\n"],
    ["packed.txt", gzipSync("one\ntwo\n"), "one\ntwo\n"],
    ["unpacked-by-the-browser.txt.gz", "one\ntwo\n", "one\ntwo\n"],
    ["mac.txt", "one\rtwo\r", "one\ntwo\n"],
    ["records.jsonl", '{"text":"one"}\n\n{"text":"two\\n"}\n', "one\ntwo\n"],
    ["large.txt", "😀é€\r\n".repeat(200_000), "😀é€\n".repeat(200_000)],
  ])("%s", async (name, content, text) => {
    expect((await readText(picked(name, content))) === text).toBe(true);
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ["empty.txt", "", /empty\.txt is empty/],
    ["picture.png", Uint8Array.of(0x89, 0x50, 0, 1), /picture\.png is not a text: byte 2/],
    ["wide.txt", Buffer.from("\ufeffone", "utf16le"), /wide\.txt is encoded in UTF-16/],
    ["old.txt", Uint8Array.of(0x61, 0x0a, 0xe9), /not valid UTF-8 at byte 2 \(line 2\); save it as UTF-8/],
    ["packed.gz", gzipSync("cut").subarray(0, 12), /packed\.gz is gzip that is damaged or cut/],
    ["records.jsonl", '{"words":"one"}', /no text in a field "text"/],
    ["nothing.jsonl", "\n", /There is no text in nothing\.jsonl/],
  ])("%s is refused", async (name, content, message) => {
    await expect(readText(picked(name, content))).rejects.toThrow(message);
    await expect(readText(picked(name, content))).rejects.toThrow(UserError);
  });

  test("what is learned as written is told", async () => {
    const notices: string[] = [];
    const onNotice = (message: string): void => void notices.push(message);
    await readText(picked("a.txt", "a"), { onNotice });
    await readText(picked("table.csv", "a,b"), { onNotice });
    expect(notices).toEqual([expect.stringMatching(/^table\.csv is learned as written, header, separators/)]);
  });

  test("a text that is too long for one string is refused", async () => {
    async function* chunks(): AsyncGenerator<string> {
      for (let i = 0; i < 4; i++) yield "12345";
    }
    expect(await joined(chunks(), "a.txt", 20)).toHaveLength(20);
    await expect(joined(chunks(), "a.txt", 19)).rejects.toThrow(
      /^a\.txt has more than 19 characters, and a page cannot hold a longer text; choose a part/,
    );
  });

  test("in the encoding and from the field that are named", async () => {
    await expect(readText(picked("a.txt", "a"), { encoding: "latin" as "latin1" })).rejects.toThrow(
      /no encoding "latin" here; did you mean latin1/,
    );
    expect(await readText(picked("old.txt", Uint8Array.of(0x61, 0xe9)), { encoding: "latin1" })).toBe("aé");
    const quoted = picked("old.txt", Uint8Array.of(0x93, 0x61, 0x92, 0x94));
    expect(await readText(quoted, { encoding: "latin1" })).toBe("“a’”");
    expect(await readText(picked("r.ndjson", '{"words":"one"}'), { field: "words" })).toBe("one\n");
    await expect(readText(picked("r.json", '{"words":"one"}'), { field: "words" })).rejects.toThrow(
      /^r\.json is no JSON Lines, so there is no field: words in it;/,
    );
  });
});

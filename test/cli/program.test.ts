/** The command line from typed words to what is printed and the exit code, in this process. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodeOf } from "../../src/cli/errors-to-exit.js";
import { defaultFolder } from "../../src/cli/train.js";
import { unescaped } from "../../src/cli/parse-values.js";
import { instructionSets } from "../../src/engine/native-loader.js";
import type { TrainEvent } from "../../src/train/events.js";
import { toyText } from "../train/toy-text.js";
import { CapturedOutput, capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-cli-"));
const at = (name: string) => join(folder, name);
const [text, lines, model, lineModel] = [at("toy.txt"), at("names.txt"), at("toy.model"), at("names.model")];
const SMALL = ["--hidden", "16", "--batch-size", "4", "--seq-len", "16", "--steps", "20", "--threads", "1"];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  writeFileSync(text, toyText(200));
  writeFileSync(lines, "anna\nberta\nclara\ndora\nemma\nfrieda\n".repeat(40));
  const first = await recurra(["train", text, "--out", model, ...SMALL]);
  const second = await recurra(["train", lines, "--lines", "--out", lineModel, ...SMALL]);
  expect([first.err, second.err]).toEqual(["", ""]);
  expect([first.code, second.code]).toEqual([0, 0]);
});

describe("fine-tuning", () => {
  const other = at("other.txt");
  const tuned = at("tuned.model");

  test("says what it begins with and what it gained, in words, as JSON and in info", async () => {
    writeFileSync(other, toyText(200, 2).replaceAll("moon", "Mönd"));
    const argv = [
      "train",
      other,
      "--from",
      model,
      "--out",
      tuned,
      "--batch-size",
      "4",
      "--seq-len",
      "16",
      "--threads",
      "1",
    ];
    const first = await recurra([...argv, "--steps", "15", "--layer-decay", "0.5", "--compare-scratch"]);
    expect([first.code, first.err]).toEqual([0, ""]);
    expect(first.out).toContain(`begins with ${model}, 2 tokens added\n`);
    expect(first.out).toMatch(/^step 0 {2}held-out loss [\d.]+ {2}perplexity [\d.]+ {2}best so far$/m);
    expect(first.out).toMatch(
      /^Before it, with the 2 tokens that it lacked: loss [\d.]+ nats a token, perplexity [\d.]+, [\d.]+ bits per character; fine-tuning made the perplexity [\d.]+ % lower$/m,
    );
    expect(first.out).toMatch(
      /^From scratch: loss .* bits per character; this perplexity is [\d.]+ % (lower|higher)$/m,
    );

    const again = await recurra([...argv, "--steps", "20", "--resume", "--json"]);
    const events = again.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const done = events.at(-1)! as { fine_tuned: Record<string, unknown>; valid: { nats_per_token: number } };
    const { before, gain, ...rest } = done.fine_tuned as {
      before: { nats_per_token: number };
      gain: { nats_per_token: number };
    };
    expect(rest).toEqual({ from: model, added: 2 });
    expect(gain.nats_per_token).toBeCloseTo(before.nats_per_token - done.valid.nats_per_token, 10);

    const info = await recurra(["info", tuned]);
    expect(info.out).toContain(`\nbegan with       ${model}, 2 tokens added; loss `);
  });

  test("that found nothing better says so", async () => {
    const argv = [
      "train",
      text,
      "--from",
      model,
      "--out",
      at("same.model"),
      "--batch-size",
      "4",
      "--threads",
      "1",
    ];
    const { out } = await recurra([
      ...argv,
      "--steps",
      "2",
      "--optimizer",
      "sgd",
      "--lr",
      "1000",
      "--clip",
      "0",
      "--schedule",
      "constant",
    ]);
    expect(out).toMatch(
      /^Before it: .*; fine-tuning found nothing better, and the weights are as they were$/m,
    );
  });

  test("the model's own folder is refused, and stays as it is", async () => {
    const before = readFileSync(join(model, "model.safetensors"));
    const { code, err } = await recurra(["train", text, "--from", model, "--out", model, "--overwrite"]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /--out .*toy.model is the folder of the model to begin with, which stays as it is; name another with --out\./,
    );
    expect(readFileSync(join(model, "model.safetensors"))).toEqual(before);
  });

  test.each([
    [
      "another architecture",
      ["--from", model, "--hidden", "17"],
      /The model to begin with was made with --hidden 16 and cannot go on with --hidden 17; leave it out, or train from the beginning without --from\./,
    ],
    [
      "rates by layer without a model",
      ["--layer-decay", "0.5"],
      /--layer-decay is given without --from; give --from, too, or leave --layer-decay out\./,
    ],
    ["no model", ["--from", at("none")], /There is no model at .*none/],
  ] as [string, string[], RegExp][])("%s is refused", async (_, argv, message) => {
    const { code, err } = await recurra(["train", text, "--out", at("refused.model"), ...argv]);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(existsSync(at("refused.model"))).toBe(false);
  });
});

describe("help", () => {
  test("recurra alone says what there is", async () => {
    const { code, out, err } = await recurra([]);
    expect([code, err]).toEqual([0, ""]);
    for (const name of ["train", "generate", "score", "eval", "info", "quantize", "demo"])
      expect(out).toContain(`\n  ${name} `);
  });

  test("of train names every option that the library's train has", async () => {
    const { out } = await recurra(["train", "--help"]);
    const source = readFileSync(new URL("../../src/train/options.ts", import.meta.url), "utf8");
    const options = [...source.matchAll(/^ {2}readonly (\w+)\?:/gm)].map((match) => match[1]!);
    expect(options.length).toBeGreaterThan(35);
    const typed = options.filter((name) => !["inputs", "text", "onEvent", "signal"].includes(name));
    for (const name of typed) {
      const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      expect(out).toMatch(new RegExp(`^  ${flag} `, "m"));
    }
  });

  test.each(["train", "generate", "score", "eval", "info", "quantize", "demo"])(
    "of %s has two examples",
    async (name) => {
      for (const argv of [
        [name, "--help"],
        ["help", name],
      ]) {
        const { code, out } = await recurra(argv);
        expect(code).toBe(0);
        expect(
          out.slice(out.indexOf("Examples:")).match(new RegExp(`^  recurra ${name}\\b`, "gm")),
        ).toHaveLength(2);
      }
    },
  );

  test("the version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect((await recurra(["--version"])).out).toBe(`${version}\n`);
  });
});

describe("bad input: one sentence, exit code 2, nothing on standard output", () => {
  beforeAll(() => {
    writeFileSync(at("empty.txt"), "");
    writeFileSync(at("binary.txt"), Buffer.from([1, 2, 0, 3]));
    writeFileSync(
      at("latin.txt"),
      Buffer.concat([Buffer.from("caf"), Buffer.from([0xe9, 10]), Buffer.from("x")]),
    );
    writeFileSync(at("short.txt"), "hi\n");
    writeFileSync(at("same.txt"), "a".repeat(5000));
    mkdirSync(at("not-a-model"));
    mkdirSync(at("newer"));
    writeFileSync(at("newer/config.json"), JSON.stringify({ format: "recurra", version: 99 }));
    mkdirSync(at("torn"));
    writeFileSync(at("torn/config.json"), readFileSync(join(model, "config.json")));
  });
  const out = at("never.model");
  const trained = (file: string, ...more: string[]) => ["train", at(file), "--out", out, ...SMALL, ...more];

  test.each<[string, string[], RegExp]>([
    ["unknown command", ["trian"], /"trian" \(did you mean train\?\)/],
    ["unknown command, nothing near", ["zzzzzz"], /no command "zzzzzz"; there are train, /],
    ["unknown option", ["train", text, "--epocs", "3"], /no option --epocs \(did you mean --epochs\?\)/],
    ["unknown option with =", ["eval", model, text, "--jsn=1"], /no option --jsn \(did you mean --json\?\)/],
    [
      "unknown choice",
      trained("toy.txt", "--cell", "lstmm"),
      /--cell is "lstmm" \(did you mean lstm\?\).*rnn, lstm, mogrifier, gru/,
    ],
    ["unknown choice, a minimal cell", trained("toy.txt", "--cell", "min-gru"), /did you mean mingru\?/],
    ["no number", trained("toy.txt", "--lr", "fast"), /--lr is "fast"; give a number/],
    ["no whole number", ["train", text, "--hidden", "1.5"], /--hidden is 1.5; give a whole number/],
    ["out of range", trained("toy.txt", "--dropout", "1"), /--dropout is 1; give a number/],
    ["threads", ["generate", model, "--threads", "0"], /--threads is 0; give a whole number from 1 to 256/],
    ["flag without value", ["train", text, "--lr"], /--lr needs a value/],
    ["no text", ["train"], /recurra train needs a text/],
    ["no model", ["generate"], /recurra generate needs a model/],
    ["too much", ["info", model, "b"], /no further argument, but was given "b"/],
    ["two limits", trained("toy.txt", "--epochs", "1"), /only one of them/],
    ["missing file", trained("missing.txt"), /no file or folder .*missing\.txt/],
    ["empty file", trained("empty.txt"), /empty/],
    ["binary file", trained("binary.txt"), /not a text/],
    ["invalid UTF-8", trained("latin.txt"), /not valid UTF-8 at byte 3 \(line 1\).*--encoding latin1/],
    [
      "short text",
      trained("short.txt"),
      /has only one token|has no token|needs 65; give more text|one token/,
    ],
    ["vocabulary of one", trained("same.txt"), /vocabulary|distinct|same character|one/],
    ["too large", ["train", text, "--out", out, "--hidden", "900000"], /memory.*--hidden/],
    ["model there already", ["train", text, "--out", model], /already holds a model.*--resume.*--overwrite/],
    ["no folder", ["eval", at("nowhere"), text], /no model at .*nowhere/],
    ["folder of something else", ["score", at("not-a-model"), "x"], /no config\.json/],
    ["newer model", ["info", at("newer")], /version 99, newer/],
    ["torn model", ["generate", at("torn")], /not whole: tokenizer\.json is missing/],
    [
      "the text before the model",
      ["eval", text, model],
      /toy\.txt is no model's folder, and .*\.model is one: the model comes first \(recurra eval .*\.model .*toy\.txt\)\.\n/,
    ],
    [
      "a line before the model",
      ["score", "the sea", model],
      /the model comes first \(recurra score .*'the sea'\)/,
    ],
    ["a beginning before the model", ["complete", "the se", model], /the model comes first/],
    ["a corpus before the model", ["similar", text, model, "x"], /the model comes first \(recurra similar/],
    ["texts before the model", ["embed", "x", "y", model], /the model comes first/],
    ["lists before the model", ["rescore", text, model, "--tune", text], /the model comes first/],
    [
      "a flag and its opposite",
      trained("toy.txt", "--tie", "--no-tie"),
      /--tie and --no-tie are both given; give one of them\.\n/,
    ],
    [
      "a flag after its opposite",
      ["eval", model, text, "--no-json", "--json"],
      /--json and --no-json are both given/,
    ],
    ["file instead of folder", ["generate", text], /is a file, not a model's folder/],
    ["temperature", ["generate", model, "--temperature", "-1"], /temperature is -1/],
    ["text and -", ["score", model, "a", "-"], /not both/],
    ["empty input", ["score", model, "-"], /Standard input is empty/],
    ["no folder to quantize into", ["quantize", model], /recurra quantize needs --out <folder>; see/],
    ["nothing to quantize", ["quantize", at("nowhere"), "--out", out], /no model at .*nowhere/],
    ["torn model to quantize", ["quantize", at("torn"), "--out", out], /tokenizer\.json is missing/],
    ["quantized over a model", ["quantize", model, "--out", lineModel], /holds a model; .*--overwrite/],
    ["quantized over itself", ["quantize", model, "--out", model, "--overwrite"], /the model .* itself/],
    ["quantize, misspelt", ["quantise", model], /"quantise" \(did you mean quantize\?\)/],
    ["help on nothing", ["help", "evil"], /"evil" \(did you mean eval\?\)/],
  ])("%s", async (_, argv, sentence) => {
    const result = await recurra(argv);
    expect(result.err).toMatch(sentence);
    expect(result.err).toMatch(/^recurra: [^\n]+\.\n$/);
    expect(result.code).toBe(2);
    expect(result.out).toBe("");
    expect(existsSync(join(out, "model.safetensors"))).toBe(false);
  });
});

test("a bug is told as one, its place only when asked for; control characters are written out", () => {
  const stderr = new CapturedOutput();
  const error = new TypeError("x is \u001b[31mnot\na function");
  expect(exitCodeOf(error, { stderr, env: {} })).toBe(1);
  expect(stderr.text).toBe(
    "This is a bug in recurra: x is \\x1b[31mnot a function; set RECURRA_DEBUG=1 to see where\n",
  );
  expect(exitCodeOf(error, { stderr, env: { RECURRA_DEBUG: "1" } })).toBe(1);
  expect(stderr.text).toContain("program.test.ts");
  const full = Object.assign(new Error("write"), { code: "ENOSPC", path: "/x" });
  expect(exitCodeOf(full, { stderr, env: {} })).toBe(2);
  expect(stderr.text).toContain("Cannot use /x: the disk is full");
});

describe("train", () => {
  test("prints plain lines, the measures, and what to try", async () => {
    const { code, out, err } = await recurra(["train", text, "--out", at("plain.model"), ...SMALL]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^LSTM, 1 layer of 16, vocabulary \d+: [\d,]+ weights$/m);
    expect(out).toMatch(/^step 20 {2}held-out loss \d/m);
    expect(out).toMatch(/^Held-out text, read from end to end: loss .* perplexity .* bits per character$/m);
    expect(out).toContain(`  recurra generate ${at("plain.model")}`);
    expect(out).not.toContain("\u001b");
  });

  test.each([
    ["minlstm", "minLSTM"],
    ["mingru", "minGRU"],
  ])("--cell %s: trained, shown and written with", async (cell, name) => {
    const out = at(`${cell}.model`);
    const result = await recurra(["train", text, "--out", out, "--cell", cell, "--layers", "2", ...SMALL]);
    expect([result.code, result.err]).toEqual([0, ""]);
    expect(result.out).toMatch(
      new RegExp(`^${name}, 2 layers of 16, vocabulary \\d+: [\\d,]+ weights$`, "m"),
    );
    expect((await recurra(["info", out])).out).toMatch(new RegExp(`^cell +${cell}$`, "m"));
    const written = await recurra(["generate", out, "--length", "30", "--prompt", "the "]);
    expect([written.code, written.err]).toEqual([0, ""]);
    expect(written.out.length).toBeGreaterThan(20);
  });

  test.each(instructionSets().filter(({ runs }) => runs))(
    "--precision bf16 on $name: slower without an instruction for it, which is result",
    async ({ name }) => {
      process.env["RECURRA_ISA"] = name;
      try {
        const out = at(`bf16-${name}.model`);
        const result = await recurra(["train", text, "--out", out, "--precision", "bf16", ...SMALL]);
        expect(result.code).toBe(0);
        expect(result.out).toMatch(new RegExp(`^engine native ${name}, bf16 products, 1 thread,`, "m"));
        const { out: info } = await recurra(["info"]);
        if (name === "avx512bf16") {
          expect(result.err).toBe("");
          expect(info).toMatch(/^bf16 products {4}by the processor$/m);
        } else {
          expect(result.err).toMatch(/^--precision bf16 gains nothing here: .* slower than f32\.\n$/);
          expect(info).toMatch(/^bf16 products {4}by way of float32, a little slower than f32$/m);
        }
        const measured = await recurra(["eval", out, text, "--json"]);
        expect(JSON.parse(measured.out)).toMatchObject({ perplexity: expect.any(Number) as number });
      } finally {
        delete process.env["RECURRA_ISA"];
      }
    },
  );

  test("--json: every line an event, from the first to the last", async () => {
    const { out, err } = await recurra(["train", text, "--out", at("json.model"), "--json", ...SMALL]);
    const events = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as TrainEvent);
    expect(err).toBe("");
    expect(events.filter((event) => event.type === "step")).toHaveLength(20);
    expect(events.at(-1)).toMatchObject({ type: "done", reason: "finished", step: 20 });
  });

  test("on a terminal draws in place", async () => {
    const io = capturedIo({ terminal: true });
    const { code, out } = await recurra(["train", text, "--out", at("live.model"), ...SMALL], io);
    expect(code).toBe(0);
    expect(out).toMatch(/\u001b\[\d+A/);
    expect(out).toContain("100 %");
    expect(out).not.toMatch(/\u001b\[\d*m/);
  });

  test("shows what the model writes, and what is changed where a run goes on", async () => {
    const base = ["train", text, "--out", at("changed.model"), ...SMALL.slice(0, 6), "--threads", "1"];
    const begun = await recurra([...base, "--steps", "12", "--sample-every", "6", "--vary-seq-len"]);
    expect(begun.out.match(/^step (6|12) {2}writes: \S/gm)).toHaveLength(2);
    const flags = ["--steps", "20", "--lr", "0.001", "--no-vary-seq-len", "--no-rotate-streams"];
    const live = capturedIo({ terminal: true });
    const { out } = await recurra([...base, ...flags, "--resume"], live);
    const words = out.replaceAll(/\s+/g, " ");
    const told = "vary-seq-len on → off, lr 0.004 → 0.001, steps 12 → 20";
    expect(words).toContain(`From step 12 on: ${told}. The text is cut`);
    expect(words).toMatch(/✎ \S/);
    const info = await recurra(["info", at("changed.model")]);
    expect(info.out).toContain(`\nchanged          from step 12 on: ${told}\n`);
    const { code, err } = await recurra([...base, ...flags, "--seed", "3", "--resume"]);
    expect(code).toBe(2);
    expect(err).toContain("This run was begun with --seed 1 and cannot go on with 3, since every draw");
    expect((await recurra(["train", "--help"])).out).not.toContain("--no-lines");
  });

  test("Ctrl-C saves and says how to go on; --resume does; a second Ctrl-C leaves at once", async () => {
    const io = capturedIo();
    const argv = ["train", text, "--out", at("stopped.model"), ...SMALL, "--validate-every", "5"];
    io.stdout.onWrite = (line) => {
      if (line.startsWith("step 5 ")) io.interrupt();
    };
    const { code, out } = await recurra(argv, io);
    expect(code).toBe(130);
    expect(out).toContain("finishing this step, saving…");
    expect(out).toMatch(/^Stopped after 5 steps /m);
    const [, command] = /^ {2}recurra (train .* --resume)$/m.exec(out)!;
    expect(io.exits).toEqual([]);
    const resumed = await recurra(command!.split(" "));
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain("going on from step 5");
    expect(resumed.out).toContain("Finished after 20 steps");

    const twice = capturedIo();
    twice.stdout.onWrite = (line) => {
      if (line.startsWith("step 5 ")) [1, 2].forEach(() => twice.interrupt());
    };
    await recurra(["train", text, "--out", at("twice.model"), ...SMALL, "--validate-every", "5"], twice);
    expect(twice.exits).toEqual([130]);
  });

  test("names the folder after the text", () => {
    expect(
      ["a/Moby Dick.txt", "x.txt.gz", "-", "books", ".hidden", "data/*.txt", "/"].map(defaultFolder),
    ).toEqual([
      "Moby Dick.model",
      "x.model",
      "stdin.model",
      "books.model",
      ".hidden.model",
      "text.model",
      "text.model",
    ]);
  });
});

describe("generate", () => {
  test("prints the prompt and goes on; the same seed gives the same text", async () => {
    const argv = ["generate", model, "--prompt", "the ", "--length", "30", "--seed", "3"];
    const [one, two] = [await recurra(argv), await recurra(argv)];
    expect(one).toEqual(two);
    expect(one.code).toBe(0);
    expect(one.out).toMatch(/^the [^]{30}\n?$/);
    expect(one.out.endsWith("\n")).toBe(true);
  });

  test("tells what of the prompt the model does not know", async () => {
    const { err, code } = await recurra(["generate", model, "--prompt", "the \u001b7", "--length", "3"]);
    expect(code).toBe(0);
    expect(err).toMatch(/does not know "\\u001b", "7" of the prompt/);
  });

  test("samples of a model of lines are lines; others have headings", async () => {
    const names = await recurra(["generate", lineModel, "-n", "5", "--seed", "1", "--length", "12"]);
    expect(names.out.trimEnd().split("\n")).toHaveLength(5);
    const texts = await recurra(["generate", model, "-n", "3", "--seed", "1", "--length", "12"]);
    expect(texts.out.match(/^--- sample \d of 3 ---$/gm)).toHaveLength(3);
    const alone = await recurra(["generate", model, "--seed", "2", "--length", "12"]);
    expect(texts.out).toContain(`--- sample 2 of 3 ---\n${alone.out.trimEnd()}`);
  });

  test("--json tells the seed, by which a sample can be had again", async () => {
    const { out } = await recurra(["generate", model, "-n", "2", "--length", "12", "--json"]);
    const samples = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { seed: number; text: string; tokens: number; done: string });
    expect(samples).toHaveLength(2);
    expect(samples[1]).toMatchObject({ tokens: 12, done: "length" });
    const again = await recurra(["generate", model, "--seed", String(samples[1]!.seed), "--length", "12"]);
    expect(again.out.trimEnd()).toBe(samples[1]!.text.trimEnd());
  });

  test("ends before --stop, where \\n is a newline", async () => {
    expect(unescaped(String.raw`a\nb\\n\x`)).toBe("a\nb\\n\\x");
    const { out } = await recurra(["generate", model, "--stop", "\\n", "--stop", " ", "--length", "500"]);
    expect(out.trimEnd()).not.toMatch(/[ \n]/);
  });

  test("Ctrl-C ends it with 130, a closed output quietly", async () => {
    for (const [end, code] of [["interrupt", 130] as const, ["closeStdout", 0] as const]) {
      const io = capturedIo();
      io.stdout.onWrite = () => {
        if (io.stdout.text.length > 20) io[end]();
      };
      const result = await recurra(["generate", model, "--length", "100000"], io);
      expect(result.code).toBe(code);
      expect(result.err).toBe("");
      expect(result.out.length).toBeLessThan(100);
    }
  });
});

describe("score", () => {
  test("JSON: tokens add up to the line", async () => {
    const { out } = await recurra(["score", model, "--json", "the cat", "a dog"]);
    const scores = out
      .trimEnd()
      .split("\n")
      .map(
        (line) => JSON.parse(line) as { text: string; bits: number; scores: { surprisal: number | null }[] },
      );
    expect(scores.map(({ text: of }) => of)).toEqual(["the cat", "a dog"]);
    for (const { bits, scores: tokens } of scores)
      expect(tokens.reduce((sum, token) => sum + (token.surprisal ?? 0), 0)).toBeCloseTo(bits, 8);
  });

  test("lines come from standard input, too; the table shows control characters harmlessly", async () => {
    const piped = await recurra(["score", model], capturedIo({ stdin: "the cat\na \u001b[2Jdog\n" }));
    expect(piped.code).toBe(0);
    expect(piped.out.match(/^ {3}total {2}/gm)).toHaveLength(2);
    expect(piped.out).not.toContain("\u001b");
    const typed = await recurra(["score", model, "the cat"]);
    expect(piped.out.startsWith(typed.out)).toBe(true);
  });
});

test("eval: the table and the object tell the same", async () => {
  const { out } = await recurra(["eval", model, text, "--json"]);
  const measured = JSON.parse(out) as Record<string, number>;
  expect(Object.keys(measured)).toEqual([
    "tokens",
    "nats_per_token",
    "perplexity",
    "bits_per_char",
    "bits_per_byte",
    "accuracy",
    "unknown",
    "tokens_per_second",
  ]);
  const table = await recurra(["eval", model, text]);
  expect(table.out).toContain(`perplexity          ${measured["perplexity"]!.toFixed(2)}`);
  const piped = await recurra(
    ["eval", model, "-", "--json"],
    capturedIo({ stdin: readFileSync(text, "utf8") }),
  );
  expect(JSON.parse(piped.out)).toEqual({ ...measured, tokens_per_second: expect.any(Number) as number });
});

describe("info", () => {
  test("of the machine", async () => {
    const { out } = await recurra(["info", "--json"]);
    const info = JSON.parse(out) as { node: string; engine: { name: string }; native: { loaded: boolean } };
    expect(info.node).toBe(process.versions.node);
    expect(info.engine.name).toBe("native");
    expect(info.native.loaded).toBe(true);
    expect((await recurra(["info"])).out).toMatch(/^instruction set {2}\w+$/m);
  });

  test("of a model", async () => {
    const { out } = await recurra(["info", `${model}/`, "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      config: { cell: "lstm", hidden: 16 },
      tokenizer: { kind: "char", lines: false },
      history: { steps: 20, best: { step: 20 } },
      files: {
        "model.safetensors": expect.any(Number) as number,
        "training/metrics.jsonl": expect.any(Number) as number,
      },
    });
    const table = await recurra(["info", lineModel]);
    expect(table.out).toMatch(/^tokenizer .* of lines$/m);
    expect(table.out).toMatch(/[\u2801-\u28ff]/);
  });
});

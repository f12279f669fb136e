/**
 * What lies in the folder that a model is written to: a person's files are neither written over nor removed, and a model
 * that is to be replaced stays whole until the first weights of the new one are there.
 */
import { execFileSync, fork, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { quantize } from "../../src/apps/quantize.js";
import { train } from "../../src/apps/train.js";
import { UserError } from "../../src/errors.js";
import { lockFolder } from "../../src/format/folder-lock.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { stagePaths } from "../../src/format/model-paths.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import { hiddenSizes } from "../../src/model/widths.js";
import type { TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { toyText } from "./toy-text.js";

const root = mkdtempSync(join(tmpdir(), "recurra-safety-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small: TrainOptions = { steps: 6, hidden: 16, embedding: 8, batchSize: 2, seqLen: 8, seed: 5 };
const text = toyText(60);
let old: string;
let count = 0;
beforeAll(async () => {
  old = join(root, "old");
  await train({ ...small, text, out: old });
});

/** A new place, with files by path; one that ends in "/" is a folder, "-> " begins the target of a link. */
function place(files: Readonly<Record<string, string>> = {}): string {
  const folder = join(root, `place-${count++}`);
  mkdirSync(folder);
  for (const [path, content] of Object.entries(files)) {
    const full = join(folder, path);
    mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
    if (path.endsWith("/")) continue;
    if (content.startsWith("-> ")) symlinkSync(content.slice(3), full);
    else writeFileSync(full, content);
  }
  return folder;
}

function withOldModel(files: Readonly<Record<string, string>> = {}): string {
  const folder = place(files);
  cpSync(old, folder, { recursive: true });
  return folder;
}

/** Everything below a folder, by path: links by their target, files by their content. Encoded texts are a cache. */
function tree(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const look = (at: string): void => {
    for (const name of readdirSync(at)) {
      const path = join(at, name);
      const status = lstatSync(path);
      if (path === modelPaths(folder).ids) continue;
      if (status.isDirectory()) look(path);
      found[relative(folder, path)] = status.isSymbolicLink()
        ? `-> ${readlinkSync(path)}`
        : status.isFile()
          ? readFileSync(path, "latin1")
          : status.isDirectory()
            ? "folder"
            : "pipe";
    }
  };
  look(folder);
  return found;
}

async function refused(action: () => Promise<unknown>, folder: string, message: RegExp): Promise<void> {
  const before = tree(folder);
  const error = await action().catch((thrown: unknown) => thrown);
  expect((error as Error | undefined)?.message).toMatch(message);
  expect(error).toBeInstanceOf(UserError);
  expect(tree(folder)).toEqual(before);
}

describe("a person's files", () => {
  test("a text in a folder `training`, and a config.json of one's own", async () => {
    const p = place({
      "training/names.txt": text,
      "training/notes.md": "notes",
      "config.json": '{"my":"settings"}',
    });
    const inputs = [join(p, "training/names.txt")];
    await refused(
      () => train({ ...small, inputs, out: p }),
      p,
      /config\.json is there, and recurra did not write it/,
    );
    await refused(() => train({ ...small, inputs, out: p, overwrite: true }), p, /config\.json is there/);
    await refused(() => train({ ...small, inputs, out: p, resume: true }), p, /config\.json is there/);
    rmSync(join(p, "config.json"));
    await refused(
      () => train({ ...small, inputs, out: p }),
      p,
      /training holds names\.txt, which recurra did not write/,
    );
  });

  test("training on the folder `training` into the folder in which it lies", async () => {
    const q = place({ "training/names.txt": text });
    const inputs = [join(q, "training")];
    const out = `${relative(process.cwd(), q)}/.`;
    for (const overwrite of [false, true]) {
      await refused(
        () => train({ ...small, inputs, out, overwrite }),
        q,
        /holds names\.txt, which recurra did not/,
      );
    }
  });

  const cases: [name: string, files: Record<string, string>, message: RegExp][] = [
    [
      "a tokenizer.json",
      { "tokenizer.json": "{}" },
      /tokenizer\.json is there without a config\.json of recurra/,
    ],
    ["weights", { "model.safetensors": "x" }, /model\.safetensors is there without a config\.json/],
    [
      "another program's model",
      { "config.json": '{"model_type":"gpt2"}', "tokenizer.json": "{}", "model.safetensors": "x" },
      /config\.json is there, and recurra did not write it/,
    ],
    ["a config.json that is no JSON", { "config.json": "[my] settings" }, /config\.json is there, and/],
    ["a config.json that is null", { "config.json": "null" }, /config\.json is there, and/],
    ["a folder config.json", { "config.json/": "" }, /config\.json is a folder/],
    [
      "a link config.json",
      { "mine.json": '{"format":"recurra"}', "config.json": "-> mine.json" },
      /config\.json is a link/,
    ],
    ["a dangling link", { "tokenizer.json": "-> nowhere" }, /tokenizer\.json is a link/],
    ["a file named training", { training: "x" }, /training is there and is no folder/],
    ["a link named training", { "mine/notes.md": "x", training: "-> mine" }, /training is a link/],
    ["a record of something else", { "training/metrics.jsonl": "{}" }, /training holds metrics\.jsonl/],
    [
      "a checkpoint of something else",
      { "training/checkpoint.safetensors": "x" },
      /holds checkpoint\.safetensors/,
    ],
    ["notes among the ids", { "training/ids/notes.md": "x" }, /ids holds notes\.md/],
    ["a folder among the ids", { "training/ids/training.ids/": "" }, /training\.ids is a folder/],
    ["a folder of one's own named next", { "training/next/plan.txt": "x" }, /next holds plan\.txt/],
    [
      "a config of one's own in next",
      { "training/next/config.json": "{}" },
      /next\/config\.json is there, and/,
    ],
    [
      "a folder of one's own named ready",
      { "training/ready/model.safetensors": "x" },
      /ready holds model\.safetensors/,
    ],
    ["another program's lock", { ".lock": "" }, /\.lock is in the way/],
  ];
  describe.each(cases)("%s", (_, files, message) => {
    test("is refused by training and quantizing, and stays", { timeout: 20_000 }, async () => {
      const out = place(files);
      for (const overwrite of [false, true]) {
        await refused(() => train({ ...small, text, out, overwrite }), out, message);
        await refused(() => quantize(old, { out, overwrite }), out, message);
      }
    });
  });

  const beside: [name: string, files: Record<string, string>, message: RegExp][] = [
    ["notes in its training", { "training/notes.md": "x" }, /training holds notes\.md/],
    ["notes among its ids", { "training/ids/notes.md": "x" }, /ids holds notes\.md/],
    ["a text in a folder in it", { "training/texts/a.txt": text }, /training holds texts/],
  ];
  test.each(beside)("beside a model: %s", async (_, files, message) => {
    const out = withOldModel(files);
    await refused(() => train({ ...small, text, out, overwrite: true }), out, message);
    await refused(() => quantize(old, { out, overwrite: true }), out, message);
    // What goes on removes nothing, so that they are not in its way.
    await train({ ...small, text, out, steps: 8, resume: true });
    for (const [path, content] of Object.entries(files))
      expect(readFileSync(join(out, path), "utf8")).toBe(content);
  });

  test("the text itself may lie in the folder, and stays; but not be one of the model's files", async () => {
    const out = place({ "names.txt": text, "notes.md": "x" });
    await train({ ...small, inputs: [join(out, "names.txt")], out });
    await train({ ...small, inputs: [join(out, "names.txt")], out, overwrite: true });
    await quantize(out, { out: `${out}-int8` });
    expect(readFileSync(join(out, "names.txt"), "utf8")).toBe(text);
    expect(readFileSync(join(out, "notes.md"), "utf8")).toBe("x");
    symlinkSync(modelPaths(out).metrics, join(out, "link.jsonl"));
    for (const input of [modelPaths(out).metrics, join(out, "link.jsonl")]) {
      const options = { ...small, inputs: [input], field: "step", out, overwrite: true };
      await refused(() => train(options), out, /is a file of the model in .*, which is written anew/);
    }
  });

  test.runIf(spawnSync("mkfifo", ["--version"]).status === 0)(
    "pipes of these names",
    { timeout: 20_000 },
    async () => {
      for (const name of ["config.json", "model.safetensors", ".lock"]) {
        const out = place();
        execFileSync("mkfifo", [join(out, name)]);
        await refused(() => train({ ...small, text, out }), out, /device or pipe|in the way/);
      }
      const out = withOldModel();
      rmSync(modelPaths(out).metrics);
      execFileSync("mkfifo", [modelPaths(out).metrics]);
      await refused(
        () => train({ ...small, text, out, resume: true }),
        out,
        /metrics\.jsonl is a device or pipe/,
      );
    },
  );
});

describe("a model that is to be replaced is whole after", () => {
  const aborted = (): AbortSignal => AbortSignal.abort();
  const cases: [name: string, change: TrainOptions, message: RegExp][] = [
    ["a held-out text of one character", { valid: ["one.txt"] }, /held-out|only one token|too short/],
    ["a test text of one character", { test: ["one.txt"] }, /test/],
    ["a batch that is too large", { batchSize: 100_000 }, /window/],
    ["a text shorter than a window", { text: "short text", batchSize: 8, seqLen: 64 }, /window/],
    ["blank lines", { text: "\n\n\n\n", lines: true }, /line|character/],
    ["one character", { text: "aaaaaaaaaaaaaaaaaaaaaaaaaaa" }, /character/],
    ["a vocabulary that cannot be", { tokenizer: "bpe", vocabSize: 3 }, /vocab/i],
    ["too little memory", { hidden: 900_000 }, /memory/],
  ];
  test.each(cases)("%s", async (_, change, message) => {
    writeFileSync(join(root, "one.txt"), "x");
    const inRoot = (names: readonly string[] | undefined) => names?.map((name) => join(root, name));
    const out = withOldModel();
    const { valid, test: tested } = { valid: inRoot(change.valid), test: inRoot(change.test) };
    const options = {
      ...small,
      text,
      ...change,
      out,
      overwrite: true,
      ...(valid && { valid }),
      ...(tested && { test: tested }),
    };
    await refused(() => train(options), out, message);
    await load(out);
    // Its training can go on, too.
    await train({ ...small, text, out, steps: 8, resume: true });
  });

  test("a divergence before the first weights", async () => {
    const out = withOldModel();
    const options = { ...small, text, out, steps: 500, optimizer: "sgd", lr: 1e6, clip: 0, overwrite: true };
    await refused(() => train(options as TrainOptions), out, /diverged/);
  });

  test("a divergence after weights that are worse than knowing nothing; it leaves nothing behind", async () => {
    const out = withOldModel();
    const losses: number[] = [];
    const onEvent = (event: TrainEvent) => {
      if (event.type === "validation") losses.push(event.loss);
    };
    // With biases at the counts it would begin better than that.
    const rest = { unigramBias: false, schedule: "one-cycle", optimizer: "sgd", lr: 1e5, clip: 0 } as const;
    const way = { ...small, ...rest, steps: 4, hidden: 20 };
    await refused(() => train({ ...way, text, out, overwrite: true, onEvent }), out, /diverged[^(]*$/);
    expect(Math.min(...losses)).toBeGreaterThan(Math.log((await load(out)).config.vocabulary));
    await train({ ...small, text, out, steps: 8, resume: true });
  });

  test("Ctrl-C before the new one is known to be better than nothing; its end in order replaces it", async () => {
    const out = withOldModel();
    const before = tree(out);
    const control = new AbortController();
    const notices: string[] = [];
    const onEvent = (event: TrainEvent) => {
      if (event.type === "step") control.abort();
      if (event.type === "notice") notices.push(event.message);
    };
    // Validated at the end only; its weights become bad, and not so bad that it diverges.
    const way = {
      ...small,
      steps: 2,
      validateEvery: 2,
      hidden: 20,
      optimizer: "sgd",
      lr: 300,
      clip: 0,
    } as const;
    const { step } = await train({ ...way, text, out, overwrite: true, signal: control.signal, onEvent });
    expect(step).toBe(1);
    expect(notices.join()).toMatch(/The earlier model keeps its place/);
    for (const [path, content] of Object.entries(before)) expect(tree(out)[path], path).toBe(content);
    const { bestLoss } = await train({ ...way, text, out, resume: true });
    expect(bestLoss).toBeGreaterThan(Math.log((await load(out)).config.vocabulary));
    expect((await load(out)).config.hidden).toBe(20);
    expect(existsSync(stagePaths(out, "next").folder)).toBe(false);
  });

  test("Ctrl-C while the text is read, and before the first step", async () => {
    const out = withOldModel();
    const before = tree(out);
    await train({ ...small, text, out, overwrite: true, signal: aborted() }).catch(() => {});
    expect(tree(out)).toEqual(before);
    const control = new AbortController();
    const onEvent = ({ type }: TrainEvent) => {
      if (type === "prepared") control.abort();
    };
    await train({ ...small, hidden: 20, text, out, overwrite: true, signal: control.signal, onEvent });
    expect((await load(out)).config.hidden).toBe(16);
    for (const [path, content] of Object.entries(before)) expect(tree(out)[path], path).toBe(content);
    // That run can be gone on with all the same.
    await train({ ...small, hidden: 20, text, out, resume: true });
    expect((await load(out)).config.hidden).toBe(20);
    expect(existsSync(stagePaths(out, "next").folder)).toBe(false);
  });

  test("what throws while it hears of the first step", async () => {
    const out = withOldModel();
    const onEvent = ({ type }: TrainEvent) => {
      if (type === "step") throw new Error("the listener's own");
    };
    const before = tree(out);
    await expect(train({ ...small, text, out, overwrite: true, onEvent })).rejects.toThrow(
      "the listener's own",
    );
    expect(tree(out)).toEqual(before);
  });
});

test("a run beside another is refused before its text is read", async () => {
  const out = join(root, "busy");
  const options = { ...small, text, out, overwrite: true };
  let second: Promise<unknown> | undefined;
  const read: string[] = [];
  const onEvent = ({ type }: TrainEvent) => {
    if (type !== "step") return;
    second ??= train({ ...options, onEvent: (event) => read.push(event.type) }).catch(
      (error: unknown) => error,
    );
  };
  await train({ ...options, steps: 200, onEvent });
  expect(String(await second)).toMatch(/Another run .* is training in/);
  expect(read).toEqual([]);
});

test("a folder that a run writes into is another's, whatever is just being moved in it", async () => {
  const out = place({ "training/checkpoint.safetensors": "on its way" });
  const unlock = lockFolder(modelPaths(out).lock, out);
  try {
    for (const overwrite of [false, true]) {
      await refused(() => train({ ...small, text, out, overwrite }), out, /Another run .* is training in/);
      await refused(() => quantize(old, { out, overwrite }), out, /Another run .* is training in/);
    }
  } finally {
    unlock();
  }
});

test("a run that is refused leaves no folder behind", async () => {
  const out = join(root, "never", "begun");
  await expect(train({ ...small, text, out, batchSize: 100_000 })).rejects.toThrow(UserError);
  expect(existsSync(out)).toBe(false);
});

const child = fileURLToPath(new URL("./kill-child.ts", import.meta.url));

/** Runs the child, and kills it some time after it says its first word, if at all. @returns its exit code */
function runChild(options: TrainOptions, killAfter?: number): Promise<number | null> {
  return new Promise((resolve) => {
    const run = fork(child, [JSON.stringify(options)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    let timer: NodeJS.Timeout | undefined;
    run.on("message", () => {
      if (killAfter !== undefined) timer ??= setTimeout(() => run.kill("SIGKILL"), killAfter);
    });
    run.on("exit", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

async function bits(out: string): Promise<string[]> {
  const { tensors } = await readSafetensors(modelPaths(out).checkpoint);
  return [...tensors].map(([name, { data }]) => {
    return `${name} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`;
  });
}

test(
  "killed at any moment while it replaces a model, it leaves one of the two whole",
  { timeout: 240_000 },
  async () => {
    const options: TrainOptions = { ...small, text, hidden: 24, steps: 60, validateEvery: 20 };
    const whole = join(root, "whole");
    await train({ ...options, out: whole });
    const seen = new Set<number>();
    for (const killAfter of [0, 10, 30, 80]) {
      const out = withOldModel({ "notes.txt": "mine" });
      await runChild({ ...options, out, overwrite: true }, killAfter);
      const [hidden] = hiddenSizes((await load(out)).config);
      seen.add(hidden!);
      expect([16, 24]).toContain(hidden);
      const staged = existsSync(stagePaths(out, "next").checkpoint);
      const how = hidden === 24 || staged ? { resume: true } : { overwrite: true };
      await train({ ...options, out, ...how });
      expect(await bits(out)).toEqual(await bits(whole));
      expect(readdirSync(modelPaths(out).training).toSorted()).toEqual([
        "checkpoint.safetensors",
        "ids",
        "metrics.jsonl",
      ]);
      expect(readFileSync(join(out, "notes.txt"), "utf8")).toBe("mine");
    }
    expect(seen.size).toBeGreaterThan(0);
  },
);

test.runIf(process.platform === "linux")(
  "a disk that takes the weights and not the checkpoint, then one with room",
  { timeout: 120_000 },
  async () => {
    const options: TrainOptions = { ...small, text, hidden: 32, steps: 20, validateEvery: 10 };
    const whole = join(root, "whole on a large disk");
    await train({ ...options, out: whole });
    const sizes = ["weights", "checkpoint"].map(
      (file) => lstatSync(modelPaths(whole)[file as "weights"]).size,
    );
    // In the shell's unit of 1024 bytes: more than the weights, less than the checkpoint.
    const limit = Math.ceil((sizes[0]! + 2048) / 1024);
    expect(limit * 1024).toBeLessThan(sizes[1]!);
    const limited = (more: TrainOptions) =>
      spawnSync(
        "bash",
        [
          "-c",
          `ulimit -f ${limit}; exec "$0" --import tsx "$1" "$2"`,
          process.execPath,
          child,
          JSON.stringify({ ...options, ...more }),
        ],
        { encoding: "utf8" },
      );
    const fresh = join(root, "small disk");
    for (let tries = 0; tries < 2; tries++) {
      const { stderr, status } = limited({ out: fresh });
      expect(status).not.toBe(0);
      expect(stderr).toMatch(
        /Cannot write .*checkpoint\.safetensors.*larger than the disk or a limit allows/,
      );
    }
    await train({ ...options, out: fresh, resume: true });
    expect(await bits(fresh)).toEqual(await bits(whole));

    const replaced = withOldModel();
    const before = tree(replaced);
    expect(limited({ out: replaced, overwrite: true }).status).not.toBe(0);
    expect(tree(replaced)).toEqual(before);
  },
);

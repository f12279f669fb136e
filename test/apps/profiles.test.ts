/** A model that learned from a person's text: its profile, kept beside it. */
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { fork } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { LoadedModel } from "../../src/apps/loaded-model.js";
import { deleteProfile } from "../../src/apps/manage-profiles.js";
import { modelKey } from "../../src/apps/model-key.js";
import { lockProfile } from "../../src/apps/profile-files.js";
import { quantize } from "../../src/apps/quantize.js";
import { train } from "../../src/apps/train.js";
import { tune } from "../../src/apps/tune.js";
import { createEngine } from "../../src/engine/create.js";
import { UserError } from "../../src/errors.js";
import { modelPaths } from "../../src/format/model-paths.js";
import { readSafetensors, writeSafetensors } from "../../src/format/safetensors-file.js";
import { toyText } from "../train/toy-text.js";

let root: string;
let good: string;
let folder: string;
let count = 0;
const engine = await createEngine({ threads: 1 });
const TEXT = toyText(60);
/** What a person writes, who says little in many words. */
const OWN = TEXT.slice(0, 90).split(" ").toReversed().join(" ").repeat(14);
const child = fileURLToPath(new URL("./profile-child.ts", import.meta.url));
const SIZES = { hidden: 12, embedding: 12, layers: 1, batchSize: 2, seqLen: 8, steps: 60, seed: 1 };
const file = (name: string): string => join(modelPaths(folder).profiles, `${name}.safetensors`);
const opened = (profile?: string): Promise<LoadedModel> =>
  load(folder, { engine, ...(profile !== undefined && { profile }) });
const bitsOf = async (model: LoadedModel, text = OWN): Promise<number> =>
  (await model.evaluate(text)).bitsPerChar;
/** All files of the model's folder, with their content. */
const snapshot = (): object =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path).toString("base64")]),
  );

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "recurra-profiles-"));
  good = join(root, "good.model");
  await train({ text: TEXT, out: good, ...SIZES, engine });
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  folder = join(root, `m${count++}.model`);
  await cp(good, folder, { recursive: true });
});

describe("learning", () => {
  test("predicts what comes next better, says by how much, and leaves the model as it was", async () => {
    const before = snapshot();
    const model = await opened();
    const [plain, plainOwn] = [await bitsOf(model, TEXT), await bitsOf(model)];
    const half = OWN.length / 2;
    const [first, next] = [OWN.slice(0, half), OWN.slice(half)];
    const plainNext = await bitsOf(model, next);
    const mine = await model.adapt(first, { rate: 1 });
    expect(await bitsOf(mine, next)).toBeLessThan(0.985 * plainNext);
    expect(await bitsOf(model)).toBe(plainOwn);
    expect(await bitsOf(model, TEXT)).toBe(plain);
    expect(await bitsOf(mine.untouched)).toBe(plainOwn);
    expect(snapshot()).toEqual(before);
    const [point] = mine.profile!.points;
    expect(mine.profile!.points).toHaveLength(1);
    expect(point).toMatchObject({ number: 1, tokens: first.length - 1, characters: first.length - 1 });
    // What it says of the model alone is what evaluate says.
    const { bitsPerChar } = await model.evaluate(first);
    expect(point!.plainBits / point!.characters).toBeCloseTo(bitsPerChar, 5);
    expect(point!.bits).toBeLessThan(point!.plainBits);
  });

  test("every token is predicted before it is learned from", async () => {
    const model = await opened();
    // A text of one segment: nothing was learned from anything when its last token is predicted.
    const short = OWN.slice(0, 20);
    const [point] = (await model.adapt(short, { segment: 20, rate: 5 })).profile!.points;
    expect(point!.bits).toBeCloseTo(point!.plainBits, 4);
    // The rest of a last segment is learned from all the same.
    expect(await bitsOf(await model.adapt(short, { segment: 500 }), short)).not.toBe(
      await bitsOf(model, short),
    );
  });

  test("does not depend on how the text comes in pieces", async () => {
    const model = await opened();
    const whole = await model.adapt(OWN);
    const pieces = await model.adapt(OWN.match(/[^]{1,7}/g)!);
    expect(await bitsOf(pieces)).toBeCloseTo(await bitsOf(whole), 6);
    expect(await bitsOf(await model.adapt(OWN))).toBe(await bitsOf(whole));
    async function* later(): AsyncGenerator<string> {
      yield OWN;
    }
    expect(await bitsOf(await model.adapt(later()))).toBe(await bitsOf(whole));
  });

  test("goes on where it was, in memory as in a profile that is kept", async () => {
    const half = OWN.length / 2;
    const parts = [OWN.slice(0, half), OWN.slice(half)];
    let memory = await opened();
    for (const part of parts) {
      memory = await memory.adapt(part);
      await (await opened()).adapt(part, { profile: "me" });
    }
    const kept = await opened("me");
    expect(await bitsOf(kept)).toBe(await bitsOf(memory));
    expect(kept.profile!.points.map(({ number }) => number)).toEqual([1, 2]);
    // But for the time.
    const said = ({ profile }: LoadedModel) => profile!.points.map((point) => ({ ...point, at: "" }));
    expect(said(kept)).toEqual(said(memory));
    expect(modelKey(kept)).not.toBe(modelKey(await opened()));
    // Given the model that the profile was loaded with, the profile is what its file says.
    const again = await kept.adapt(parts[0]!, { profile: "me" });
    expect(again.profile!.points).toHaveLength(3);
  });

  test("decays to the trained weights", async () => {
    const model = await opened();
    const distance = async (decay: number): Promise<number> => {
      const mine = await model.adapt(OWN, { decay });
      return mine.model.parameters.reduce((sum, { value }, i) => {
        const trained = [...engine.read(model.model.parameters[i]!.value)];
        return [...engine.read(value)].reduce((part, x, j) => part + (x - trained[j]!) ** 2, sum);
      }, 0);
    };
    expect(await distance(0.1)).toBeLessThan(0.5 * (await distance(0)));
    expect(await distance(1)).toBeLessThan(0.05 * (await distance(0)));
  });

  test.each([
    ["words", { tokenizer: "word" }],
    ["lines", { lines: true }],
    ["bpe", { tokenizer: "bpe", vocabSize: 280 }],
    ["tied", { tie: true }],
    ["gru", { cell: "gru" }],
    ["adaptive", { tokenizer: "word", softmax: "adaptive" }],
    ["mogrifier", { cell: "mogrifier" }],
  ] as const)("%s", async (name, options) => {
    const out = join(root, `${name}.model`);
    await train({ text: TEXT, out, ...SIZES, ...options, engine });
    folder = out;
    const text = "lines" in options ? `${OWN.replaceAll(" ", "\n")}\n` : OWN;
    const mine = await (await opened()).adapt(text, { profile: "me" });
    const [point] = mine.profile!.points;
    expect(point!.bits).toBeLessThan(point!.plainBits);
    const evaluation = await mine.untouched.evaluate(text);
    expect(point!.plainBits / point!.characters).toBeCloseTo(evaluation.bitsPerChar, 5);
    expect(await bitsOf(await opened("me"), text)).toBe(await bitsOf(mine, text));
    expect(await bitsOf(mine, text)).toBeLessThan(evaluation.bitsPerChar);
  });

  test("by the sizes of gradients, where they were gathered", async () => {
    const model = await opened();
    await expect(model.adapt(OWN, { method: "rms" })).rejects.toThrow(/method: rms .*not gathered/);
    writeFileSync(join(root, "own.txt"), OWN);
    await tune(model, [join(root, "own.txt")], { dynamic: true, dynamicRate: 1e-3, tuneTokens: 200 });
    const [point] = (await (await opened()).adapt(OWN, { method: "rms", rate: 0.01 })).profile!.points;
    expect(point!.bits).toBeLessThan(point!.plainBits);
  });

  test("an abort keeps what was learned by then", async () => {
    const stop = new AbortController();
    function* texts(): Generator<string> {
      yield OWN.slice(0, 100);
      stop.abort();
      yield OWN.slice(100);
    }
    const mine = await (await opened()).adapt(texts(), { profile: "me", signal: stop.signal });
    expect(mine.profile!.points[0]!.characters).toBeLessThanOrEqual(OWN.length);
    expect((await opened("me")).profile!.points).toHaveLength(1);
    await expect(
      (await opened()).adapt([""], { signal: AbortSignal.abort(new Error("stopped")) }),
    ).rejects.toThrow("stopped");
  });

  test("rates that lead astray keep nothing", async () => {
    await (await opened()).adapt(OWN, { profile: "me" });
    const before = readFileSync(file("me"));
    await expect((await opened()).adapt(OWN, { profile: "me", rate: 1e5 })).rejects.toThrow(
      /rate: 100000 .*run away.*lower rate/,
    );
    expect(readFileSync(file("me"))).toEqual(before);
    await expect((await opened()).adapt(OWN, { profile: "new", rate: 1e5 })).rejects.toThrow("run away");
    expect(readdirSync(modelPaths(folder).profiles)).toEqual(["me.safetensors"]);
  });
});

/** Runs the child until it has learned once, and kills it some milliseconds later. */
function learnAndKill(delay: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const run = fork(child, [folder, OWN.repeat(3)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let errors = "";
    let timer: NodeJS.Timeout | undefined;
    run.stderr!.on("data", (data) => (errors += data));
    run.on("message", () => (timer ??= setTimeout(() => run.kill("SIGKILL"), delay)));
    run.on("exit", (code, signal) => {
      if (signal === "SIGKILL") resolve();
      else reject(new Error(`it ended with ${code}: ${errors}`));
    });
  });
}

test("a process killed in the middle leaves the last whole profile", { timeout: 120_000 }, async () => {
  const before = snapshot();
  let points = 0;
  for (const delay of [0, 3, 20, 55]) {
    await learnAndKill(delay);
    const { length } = (await opened("me")).profile!.points;
    expect(length).toBeGreaterThan(points);
    points = length;
  }
  // The lock and what was half written are no hindrance, and are gone afterwards.
  const mine = await (await opened()).adapt(OWN, { profile: "me" });
  expect(mine.profile!.points).toHaveLength(points + 1);
  expect(readdirSync(modelPaths(folder).profiles)).toEqual(["me.safetensors"]);
  await deleteProfile(folder, "me");
  expect(snapshot()).toEqual(before);
});

describe("refused", () => {
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  };

  test("what makes no sense", async () => {
    const model = await opened();
    expect(await refusal(model.adapt(""))).toContain("nothing to learn from");
    expect(await refusal(model.adapt("a"))).toContain("nothing to learn from");
    expect(await refusal(model.adapt([5] as never))).toContain("give a string");
    expect(await refusal(model.adapt(OWN, { rte: 1 } as never))).toContain("did you mean rate?");
    expect(await refusal(model.adapt(OWN, { rate: -1 }))).toContain("rate is -1");
    expect(await refusal(model.adapt(OWN, { epsilon: 2 }))).toContain("epsilon belongs to method: rms");
    expect(await refusal(model.adapt(OWN, { profile: "" }))).toContain("profile");
    expect(await refusal(model.adapt(OWN, { profile: ".." }))).toContain("A profile's name");
    expect(await refusal(model.adapt(OWN, { profile: "-x" }))).toContain("A profile's name");
    expect(existsSync(modelPaths(folder).profiles)).toBe(false);
    const { model: alone, tokenizer } = model;
    expect(await refusal(new LoadedModel(alone, tokenizer).adapt(OWN, { profile: "me" }))).toContain(
      "loaded from none",
    );
    const small = join(root, `q${count}.model`);
    await quantize(folder, { out: small });
    expect(await refusal((await load(small, { engine })).adapt(OWN))).toContain("int8 weights");
  });

  test("a profile that is not there, with the nearest name", async () => {
    expect(await refusal(opened("me"))).toContain("there is none yet; recurra adapt makes one.");
    await (await opened()).adapt(OWN, { profile: "letters" });
    expect(await refusal(opened("leters"))).toContain("did you mean letters?");
    expect(await refusal(opened("work"))).toContain("there are letters;");
    expect(await refusal(opened(join(root, "no.safetensors")))).toContain("There is no profile at");
  });

  test("a profile of another model", async () => {
    const path = join(root, `other${count}.safetensors`);
    await (await opened()).adapt(OWN, { profile: path });
    const before = readFileSync(path);
    expect((await opened(path)).profile!.points).toHaveLength(1);
    await train({ text: TEXT, out: folder, ...SIZES, seed: 2, engine, overwrite: true });
    expect(await refusal(opened(path))).toContain("is a profile of another model than");
    expect(await refusal((await opened()).adapt(OWN, { profile: path }))).toContain("of another model");
    expect(readFileSync(path)).toEqual(before);
  });

  test("a profile that another process changes", async () => {
    await (await opened()).adapt(OWN, { profile: "me" });
    const { unlock } = lockProfile(file("me"));
    expect(await refusal((await opened()).adapt(OWN, { profile: "me" }))).toContain(
      "Another process is changing",
    );
    expect((await opened("me")).profile!.points).toHaveLength(1);
    unlock();
  });

  test("torn and damaged files", async () => {
    await (await opened()).adapt(OWN, { profile: "me" });
    const whole = readFileSync(file("me"));
    for (const length of [0, 5, 100, whole.length - 10]) {
      writeFileSync(file("me"), whole);
      truncateSync(file("me"), length);
      expect(await refusal(opened("me"))).toContain(file("me"));
      expect(await refusal((await opened()).adapt(OWN, { profile: "me" }))).toContain(
        "recurra profile delete",
      );
      expect(readFileSync(file("me"))).toHaveLength(length);
    }
    const flipped = Buffer.from(whole);
    flipped[whole.length - 3]! ^= 0x40;
    writeFileSync(file("me"), flipped);
    expect(await refusal(opened("me"))).toContain("checksum");
  });

  test.each<[string, (metadata: Record<string, string>, points: Record<string, unknown>[]) => void, string]>([
    ["another file", (metadata) => void (metadata["format"] = "recurra"), "is no profile"],
    ["a later version", (metadata) => void (metadata["version"] = "2"), "is of version 2"],
    ["no model", (metadata) => void delete metadata["model"], '"model"'],
    ["off", (metadata) => void (metadata["off"] = "yes"), '"off"'],
    ["no JSON", (metadata) => void (metadata["points"] = "["), "not valid JSON"],
    ["no list", (metadata) => void (metadata["points"] = "{}"), '"points"'],
    ["a number", (_, [point]) => void (point!["number"] = 0), '"number"'],
    ["a time", (_, [point]) => void (point!["at"] = "yesterday"), '"at"'],
    ["bits", (_, [point]) => void (point!["bits"] = -1), '"bits"'],
    ["what remained", (_, [point]) => void (point!["keep"] = { "rnn.weight_hh_l0": "x" }), '"keep"'],
    ["a weight", (_, [point]) => void (point!["keep"] = { other: 1 }), '"keep"'],
    ["tensors of no point", (metadata) => void (metadata["points"] = "[]"), "tensors of no point"],
  ])("%s", async (_, change, message) => {
    await (await opened()).adapt(OWN, { profile: "me" });
    const { tensors, metadata } = await readSafetensors(file("me"));
    const points = JSON.parse(metadata["points"]!) as Record<string, unknown>[];
    const written = metadata["points"];
    change(metadata, points);
    if (metadata["points"] === written) metadata["points"] = JSON.stringify(points);
    delete metadata["crc32"];
    await writeSafetensors(
      file("me"),
      [...tensors].map(([name, tensor]) => ({ name, ...tensor })),
      metadata,
    );
    expect(await refusal(opened("me"))).toContain(message);
  });
});

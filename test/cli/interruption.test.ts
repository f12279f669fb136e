/** Interruptions: the first ends a command in order, with exit code 130 and nothing half-written. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Interruption } from "../../src/cli/interruption.js";
import type { InterruptSignal } from "../../src/cli/io.js";
import { shellQuoted } from "../../src/cli/visible-text.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { toyText } from "../train/toy-text.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-interrupted-"));
/** Whatever a test that failed left running. */
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const at = (name: string) => join(folder, name);
const [text, model] = [at("toy.txt"), at("toy.model")];
const SMALL = ["--hidden", "16", "--batch-size", "4", "--seq-len", "16", "--threads", "1"];
const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

beforeAll(async () => {
  writeFileSync(text, toyText(20_000));
  const { code } = await recurra(["train", text, "--out", model, ...SMALL, "--steps", "5"]);
  expect(code).toBe(0);
});

describe("which signal is the second", () => {
  test.each<[InterruptSignal[], number[]]>([
    [["SIGINT"], []],
    [["SIGINT", "SIGINT"], [130]],
    [["SIGTERM", "SIGINT"], [130]],
    [["SIGHUP", "SIGHUP", "SIGHUP"], []],
    [["SIGINT", "SIGHUP"], []],
    [["SIGHUP", "SIGTERM"], []],
    [["SIGHUP", "SIGTERM", "SIGTERM"], [130]],
  ])("%j", (signals, exits) => {
    const io = capturedIo();
    let first = 0;
    const interruption = new Interruption(io, { first: () => first++ });
    for (const signal of signals) io.interrupt(signal);
    expect([io.exits, first, interruption.signal.aborted, interruption.interrupted]).toEqual([
      exits,
      1,
      true,
      true,
    ]);
    interruption.release();
    io.interrupt();
    expect(io.exits).toEqual(exits);
  });
});

/** The program as a process of its own, and how it ends. */
function start(
  argv: readonly string[],
  stdin: "ignore" | "pipe" = "ignore",
): { child: ChildProcess; out: () => string; end: Promise<unknown> } {
  const child = spawn(process.execPath, ["--import", "tsx", main, ...argv], {
    stdio: [stdin, "pipe", "pipe"],
  });
  children.push(child);
  let out = "";
  child.stdout!.on("data", (data) => (out += data));
  child.stderr!.on("data", (data) => (out += data));
  const end = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  return { child, out: () => out, end };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("a run in a process of its own", { timeout: 60_000 }, () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s: saved, and goes on", async (signal) => {
    const out = at(`${signal}.model`);
    const base = ["train", text, "--out", out, ...SMALL, "--validate-every", "10"];
    const argv = [...base, "--steps", "1000000"];
    const run = start([...argv, "--json"]);
    await until(() => run.out().includes('"type":"validation"'));
    run.child.kill(signal);
    expect(await run.end).toBe(130);
    const step = Number(/"type":"done","reason":"stopped",.*?"step":(\d+)/.exec(run.out())![1]);
    const more = await recurra([...base, "--steps", String(step + 1), "--resume"]);
    expect(more.out).toContain(`going on from step ${step.toLocaleString("en-US")}`);
  });

  test("SIGHUP of a terminal that is gone, and nobody to tell: saved as well", async () => {
    const out = at("gone.model");
    const base = ["train", text, "--out", out, ...SMALL, "--validate-every", "10"];
    const argv = [...base, "--steps", "1000000"];
    const run = start(argv);
    await until(() => run.out().includes("held-out loss"));
    run.child.stdout!.destroy();
    run.child.stderr!.destroy();
    for (let i = 0; i < 3; i++) run.child.kill("SIGHUP");
    expect(await run.end).toBe(130);
    const more = await recurra(["info", out, "--json"]);
    const { steps } = (JSON.parse(more.out) as { history: { steps: number } }).history;
    expect(steps).toBeGreaterThanOrEqual(10);
    const resumed = await recurra([...base, "--steps", String(steps + 1), "--resume"]);
    expect(resumed.out).toMatch(/going on from step/);
  });
});

test(
  "a terminal that is closed, and with it whatever reads the output: saved",
  { timeout: 60_000 },
  async () => {
    const out = at("closed.model");
    const base = ["train", text, "--out", out, ...SMALL, "--validate-every", "10"];
    const argv = [...base, "--steps", "1000000"];
    const command = [process.execPath, "--import", "tsx", main, ...argv].map(shellQuoted).join(" ");
    // `script` is the terminal; it is killed with all that it holds open, and the run writes into nothing.
    const terminal = spawn("script", ["-qfc", command, "/dev/null"], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(terminal);
    let shown = "";
    terminal.stdout.on("data", (data) => (shown += data));
    await until(() => shown.includes("held-out loss"));
    terminal.kill("SIGKILL");
    await until(() => !existsSync(modelPaths(out).lock));
    const more = await recurra(["info", out, "--json"]);
    const { steps } = (JSON.parse(more.out) as { history: { steps: number } }).history;
    const resumed = await recurra([...base, "--steps", String(steps + 1), "--resume"]);
    expect(resumed.out).toContain(`going on from step ${steps.toLocaleString("en-US")}`);
  },
);

test.each([
  ["score", ["score", model, "-"]],
  ["eval", ["eval", model, "-"]],
  ["train", ["train", "-", "--out", at("typed.model"), ...SMALL]],
])("%s that waits for standard input ends at the first Ctrl-C", { timeout: 60_000 }, async (_, argv) => {
  const run = start(argv, "pipe");
  // More than a pipe holds: once it is taken, the command reads and waits for more.
  await new Promise((resolve) => run.child.stdin!.write("the cat\n".repeat(40_000), resolve));
  run.child.kill("SIGINT");
  expect(await run.end).toBe(130);
  expect(run.out()).not.toMatch(/bug|Error/);
});

test("before the first step: said in a sentence, 130", async () => {
  const io = capturedIo({ terminal: true });
  io.stdout.onWrite = (line) => line.includes("merging") && io.interrupt();
  const words = Array.from({ length: 60_000 }, (_, i) => `w${(i * 7919) % 29_991}`).join(" ");
  writeFileSync(at("words.txt"), words);
  const argv = ["train", at("words.txt"), "--out", at("early.model"), "--tokenizer", "bpe", ...SMALL];
  const { code, err, out } = await recurra([...argv, "--vocab-size", "30000"], io);
  expect(out).toContain("ending before the training has begun…");
  expect(out).not.toContain("saving");
  expect(err).toMatch(/^recurra: Stopped while the text was read[^\n]*\n$/);
  expect(code).toBe(130);
});

test("while the finished model is measured: said, kept, and 130", async () => {
  const io = capturedIo({ terminal: true });
  io.stdout.onWrite = (line) => {
    if (!line.includes("measuring")) return;
    io.stdout.onWrite = undefined;
    io.interrupt();
  };
  const out = at("measured.model");
  const argv = ["train", text, "--out", out, ...SMALL, "--steps", "3", "--valid", text];
  const first = await recurra(argv, io);
  expect([first.code, first.err, io.exits]).toEqual([130, "", []]);
  const shown = first.out.replaceAll("\n", " ");
  expect(shown).toContain("ending the measure; the trained model is saved… (Ctrl-C again ends at once)");
  expect(shown).toContain("Stopped while the finished model was measured: it is trained and saved");
  expect(shown).toContain("Stopped after 3 steps");
  expect(shown).not.toContain("read from end to end");
  const measured = await recurra([...argv, "--resume"]);
  expect(measured.code).toBe(0);
  expect(measured.out).toContain("Held-out text, read from end to end");
  expect((await recurra(["generate", out, "--length", "3"])).code).toBe(0);

  const twice = capturedIo({ terminal: true });
  twice.stdout.onWrite = (line) => line.includes("measuring") && [1, 2].forEach(() => twice.interrupt());
  await recurra([...argv, "--overwrite"], twice);
  expect(twice.exits[0]).toBe(130);
});

test("eval: the measure ends at once, its line is cleared, and nothing is printed", async () => {
  const io = capturedIo();
  Object.assign(io.stderr, { isTTY: true });
  io.stderr.onWrite = (line) => line.includes("measuring") && io.interrupt();
  const { code, out, err } = await recurra(["eval", model, text], io);
  expect([code, out]).toEqual([130, ""]);
  expect(err.match(/measuring/g)).toHaveLength(1);
  expect(err.endsWith("\r\u001b[2K")).toBe(true);
});

test("score ends between lines", async () => {
  const io = capturedIo({ stdin: "the cat\n".repeat(10_000) });
  io.stdout.onWrite = () => io.stdout.text.length > 1000 && io.interrupt();
  const { code, out, err } = await recurra(["score", model], io);
  expect([code, err]).toEqual([130, ""]);
  expect(out.length).toBeLessThan(2000);
});

test.each([
  ["quantize", ["quantize", model, "--out", at("small.model")], at("small.model/model.safetensors")],
  ["export", ["export", model, "--html", at("toy.html")], at("toy.html")],
])("%s finishes what it writes", async (_, argv, file) => {
  const io = capturedIo();
  const running = recurra(argv, io);
  await io.listening;
  io.interrupt();
  const { code, err } = await running;
  expect(err).toMatch(/^finishing what is being written…/);
  expect(code).toBe(130);
  expect(existsSync(file)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.includes(".tmp"))).toEqual([]);
  expect(readFileSync(file).length).toBeGreaterThan(1000);
});

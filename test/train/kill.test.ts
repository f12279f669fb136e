/** A run killed at any moment leaves its last whole checkpoint, and ends with the same bits as one that was not. */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { modelPaths } from "../../src/format/model-folder.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import type { TrainOptions } from "../../src/train/options.js";
import { train } from "../../src/apps/train.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const child = fileURLToPath(new URL("./kill-child.ts", import.meta.url));

/** Runs the child and kills it `delay` milliseconds after its first sign of life; true when it had finished. */
function runAndKill(options: TrainOptions, delay: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const run = fork(child, [JSON.stringify(options)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let finished = false;
    let errors = "";
    let timer: NodeJS.Timeout | undefined;
    run.stderr!.on("data", (data) => (errors += data));
    run.on("message", (message) => {
      if (typeof message === "object") finished = true;
      timer ??= setTimeout(() => run.kill("SIGKILL"), delay);
    });
    run.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (signal === "SIGKILL" || code === 0) resolve(finished);
      else reject(new Error(`the run ended with ${code}: ${errors}`));
    });
  });
}

async function bits(out: string): Promise<string[]> {
  const { tensors } = await readSafetensors(modelPaths(out).checkpoint);
  return [...tensors].map(([name, { data }]) => {
    return `${name} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`;
  });
}

test("killed at random moments and resumed", { timeout: 240_000 }, async () => {
  const options: TrainOptions = {
    text: toyText(120),
    hidden: 24,
    embedding: 8,
    batchSize: 4,
    seqLen: 16,
    dropout: 0.1,
    steps: 400,
    seed: 3,
  };
  const whole = join(folder, "whole");
  await train({ ...options, out: whole });
  const out = join(folder, "killed");
  let kills = 0;
  for (; kills < 12; kills++) {
    if (await runAndKill({ ...options, out }, Math.random() * 400)) break;
  }
  expect(kills, "the run was killed at least once before it finished").toBeGreaterThan(0);
  await train({ ...options, out, resume: true });
  expect(await bits(out)).toEqual(await bits(whole));
});

/**
 * Start-up of the built program: from starting Node to the end of `recurra --help`, and to the first character that
 * `recurra generate` writes with a small model. Each time a new process; the files are in the system's cache.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../src/errors.js";
import { train } from "../src/apps/train.js";
import { madeText } from "./made-text.js";
import { type Spread, spread } from "./statistics.js";

const PROGRAM = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const TEXT = 50_000;
const TOKENS = 20;

export interface StartUp {
  readonly helpMilliseconds: Spread;
  readonly firstTokenMilliseconds: Spread;
}

/** Whether there is a built program to start. */
export function isBuilt(): boolean {
  return existsSync(PROGRAM);
}

/** @throws UserError when the program is not built, or fails */
export async function measureStartUp(rounds: number): Promise<StartUp> {
  if (!isBuilt())
    throw new UserError('S1 starts the built program and there is none; run "npm run build" first.');
  const folder = await mkdtemp(join(tmpdir(), "recurra-bench-"));
  try {
    const model = join(folder, "small.model");
    await train({ text: madeText(TEXT), out: model, steps: 10, hidden: 128, layers: 1, seed: 1 });
    const generate = ["generate", model, "--length", String(TOKENS), "--seed", "1"];
    const help: number[] = [];
    const first: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      help.push((await start(["--help"])).ended);
      first.push((await start(generate)).wrote);
    }
    // The round before the first only fills the caches.
    return { helpMilliseconds: spread(help.slice(1)), firstTokenMilliseconds: spread(first.slice(1)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds from the start of the program to its first output, and to its end. */
async function start(args: readonly string[]): Promise<{ wrote: number; ended: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let wrote = NaN;
  let errors = "";
  child.stdout.once("data", () => (wrote = performance.now() - began));
  child.stdout.resume();
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  const ended = performance.now() - began;
  if (code !== 0 || Number.isNaN(wrote))
    throw new UserError(
      `S1 started "recurra ${args[0]}", which failed: ${errors.trim() || "it wrote nothing"}`,
    );
  return { wrote, ended };
}

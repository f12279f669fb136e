/**
 * Runs that are killed at any moment. Whatever they leave loads as a model, goes on as a run, or is refused in one clear
 * sentence; and a run that went on ends with the same bits as one that was never killed. A model that was to be replaced
 * is there until the new one is.
 */
import { fork } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "../../src/engine/random.js";
import { UserError } from "../../src/errors.js";
import { load, train, type TrainOptions } from "../../src/index.js";
import { copied, modelFolder, TEXT } from "./fixtures.js";
import { newFolder, userErrorsPass, withFolder } from "./target.js";
import { tryModel } from "./try-model.js";

const child = fileURLToPath(new URL("./run-child.ts", import.meta.url));
const WEIGHTS = "model.safetensors";
const CHECKPOINT = "training/checkpoint.safetensors";

const OPTIONS: TrainOptions = {
  text: TEXT,
  hidden: 12,
  embedding: 6,
  batchSize: 3,
  seqLen: 8,
  steps: 150,
  validateEvery: 7,
  dropout: 0.1,
  seed: 4,
  threads: 1,
};

/** The weights of a run that nobody killed, and how long it took. */
interface Whole {
  readonly weights: Buffer;
  readonly milliseconds: number;
}

let whole: Promise<Whole> | undefined;

async function makeWhole(): Promise<Whole> {
  const out = join(newFolder(), "whole");
  const { milliseconds } = await runChild({ ...OPTIONS, out }, undefined);
  return { weights: readFileSync(join(out, WEIGHTS)), milliseconds };
}

/** Most kills of one run; after them it is left to its end. */
const KILLS = 6;

/**
 * One run, killed and gone on with until it ends.
 * @returns how often it was killed
 * @throws Error where what it left, or ended with, is not what it should be
 */
export async function killedRun(seed: number): Promise<number> {
  const random = new Random(seed);
  const { weights, milliseconds } = await (whole ??= makeWhole());
  return withFolder(async (folder) => {
    const over = random.below(2) === 1;
    const old = modelFolder("lstm-char");
    const out = over ? copied(old, folder, "run.model") : join(folder, "run.model");
    const isOld = (): boolean =>
      over &&
      existsSync(join(out, WEIGHTS)) &&
      readFileSync(join(out, WEIGHTS)).equals(readFileSync(join(old, WEIGHTS))) &&
      readFileSync(join(out, CHECKPOINT)).equals(readFileSync(join(old, CHECKPOINT)));
    let kills = 0;
    while (kills < KILLS) {
      const begin = isOld() ? { overwrite: true } : { resume: true };
      // Half of them in its first tenth, where the first weights and the first checkpoint are written.
      const delay = random.below(milliseconds) * (random.below(2) === 1 ? 0.1 : 1);
      if ((await runChild({ ...OPTIONS, out, ...begin }, delay)).ended) break;
      kills++;
      await checkLeft(out, over);
    }
    await train({ ...OPTIONS, out, ...(isOld() ? { overwrite: true } : { resume: true }) });
    if (!readFileSync(join(out, WEIGHTS)).equals(weights))
      throw new Error("a run that was killed and gone on with ends with other weights");
    return kills;
  });
}

async function checkLeft(out: string, wasThere: boolean): Promise<void> {
  let loads = false;
  await userErrorsPass(async () => {
    const model = await load(out, { engine: "reference" });
    await tryModel(model);
    loads = true;
  });
  if (loads || !wasThere) return;
  // No model can be had, so that at least the run has to go on.
  const stopped = AbortSignal.abort();
  await train({ ...OPTIONS, out, resume: true, signal: stopped }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new Error(`the old model is lost, and the run does not go on: ${error.message}`);
  });
}

/** How a run in a process of its own ended: by itself, or killed; and milliseconds from its beginning on. */
interface ChildEnd {
  readonly ended: boolean;
  readonly milliseconds: number;
}

/** @param delay kills it so many milliseconds after it began */
function runChild(options: TrainOptions, delay: number | undefined): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const run = fork(child, [JSON.stringify(options)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let errors = "";
    let began = 0;
    let timer: NodeJS.Timeout | undefined;
    run.stderr!.on("data", (data) => (errors += data));
    run.on("message", () => {
      began = performance.now();
      if (delay !== undefined) timer = setTimeout(() => run.kill("SIGKILL"), delay);
    });
    run.on("exit", (code, signal) => {
      clearTimeout(timer);
      const milliseconds = Math.ceil(performance.now() - began);
      if (signal === "SIGKILL" || code === 0) resolve({ ended: code === 0, milliseconds });
      else reject(new Error(`the run ended with ${code ?? signal}: ${errors}`));
    });
  });
}

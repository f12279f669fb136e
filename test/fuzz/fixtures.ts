/** Good models, texts and runs that fuzz targets make hostile ones of. */
import { cpSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { train, type TrainOptions } from "../../src/index.js";
import { newFolder } from "./target.js";

const models = fileURLToPath(new URL("../fixtures/models/", import.meta.url));

/** A small model of each cell, tokenizer and softmax, as folders below `test/fixtures/models`. */
export const MODEL_NAMES: readonly string[] = readdirSync(models, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .toSorted();

export const modelFolder = (name: string): string => join(models, name);

export const modelFile = (name: string, file: string): Uint8Array =>
  new Uint8Array(readFileSync(join(models, name, file)));

export const modelText = (name: string, file: string): string =>
  readFileSync(join(models, name, file), "utf8");

/** Text that the models learned from. */
export const TEXT = readFileSync(join(models, "text.txt"), "utf8");

/** A run that stopped on its way: its text, its options, and its folder with all that a run keeps. */
export interface StoppedRun {
  readonly folder: string;
  readonly options: TrainOptions;
}

const runs = new Map<string, Promise<StoppedRun>>();
const RUNS = {
  char: { tokenizer: "char", cell: "gru" },
  lines: { tokenizer: "word", cell: "mingru", lines: true },
} as const;
export type RunName = keyof typeof RUNS;
export const RUN_NAMES = Object.keys(RUNS) as readonly RunName[];

/** Made once a process. */
export function stoppedRun(name: RunName): Promise<StoppedRun> {
  let run = runs.get(name);
  if (!run) runs.set(name, (run = makeRun(RUNS[name])));
  return run;
}

async function makeRun(kind: Pick<TrainOptions, "tokenizer" | "cell" | "lines">): Promise<StoppedRun> {
  const folder = join(newFolder(), "run");
  const options: TrainOptions = {
    ...kind,
    text: TEXT,
    hidden: 4,
    embedding: 4,
    batchSize: 2,
    seqLen: 6,
    steps: 6,
    seed: 5,
    engine: "reference",
  };
  const stopped = new AbortController();
  const onEvent: TrainOptions["onEvent"] = (event) => {
    if (event.type === "step" && event.step >= 3) stopped.abort();
  };
  await train({ ...options, out: folder, onEvent, signal: stopped.signal });
  return { folder, options };
}

/** A copy of a folder inside another, by that name. */
export function copied(from: string, into: string, name: string): string {
  const to = join(into, name);
  cpSync(from, to, { recursive: true });
  return to;
}

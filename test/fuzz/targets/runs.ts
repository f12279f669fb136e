/** Folders of runs in which something happened to a file, or to two, when they are gone on with or replaced. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { UserError } from "../../../src/errors.js";
import { MODEL_FILES, modelPaths, type Stage, stagePaths, STAGES } from "../../../src/format/model-paths.js";
import { load, train, type TrainOptions } from "../../../src/index.js";
import { copied, RUN_NAMES, stoppedRun } from "../fixtures.js";
import { befall, checkSame, mishaps, treeOf } from "../folders.js";
import { checkNumber, type FuzzTarget, target, withFolder } from "../target.js";
import { tryModel } from "../try-model.js";

const RUN_FILES = [
  "config.json",
  "tokenizer.json",
  "model.safetensors",
  "training/checkpoint.safetensors",
  "training/metrics.jsonl",
  "training/ids/training.ids",
  "training/ids/training.ids.json",
  "training/ids/training.ids.lines",
  "training/ids/validation.ids",
  "training/ids/validation.ids.json",
  "training/ids",
  "training",
  ".lock",
  // Where a new model is until it is whole; see `stage`.
  "training/next/config.json",
  "training/next/model.safetensors",
  "training/next/checkpoint.safetensors",
  "training/ready/tokenizer.json",
  "training/ready/model.safetensors",
  "training/ready",
];

/** Steps that a run makes at most, and the seconds between its checkpoints. */
const STEPS = 6;

const runFolders = target(
  "run folder",
  50,
  fc.record({
    run: fc.constantFrom(...RUN_NAMES),
    other: fc.constantFrom(...RUN_NAMES),
    stage: fc.option(fc.constantFrom(...STAGES), { freq: 3 }),
    how: fc.constantFrom("resume", "resume", "resume", "overwrite", "neither"),
    happened: mishaps(RUN_FILES.length),
  }),
  async ({ run, other, stage, how, happened }) => {
    const [{ folder: good, options }, { folder: bad }] = [await stoppedRun(run), await stoppedRun(other)];
    await withFolder(async (folder) => {
      const [out, outside] = [copied(good, folder, "run.model"), join(folder, "outside")];
      mkdirSync(outside);
      writeFileSync(join(outside, "notes.md"), "notes");
      if (stage !== null) putOnStage(bad, out, stage);
      for (const mishap of happened) {
        const file = RUN_FILES[mishap.file]!;
        befall(join(out, file), mishap, join(bad, file), outside);
      }
      const around = treeOf(outside);
      const before = treeOf(out);
      try {
        await runOn({ ...options, out, [how]: true }, how === "neither");
      } catch (error) {
        // What is refused before it began has changed nothing of the model.
        const unstaged = how !== "resume" && stage === null;
        if (error instanceof UserError && unstaged) checkSame("it was refused", before, treeOf(out));
        throw error;
      } finally {
        checkSame("it is outside the folder", around, treeOf(outside));
      }
    });
  },
);

/** As a run that was killed leaves its new model in a folder that has another. */
function putOnStage(from: string, folder: string, stage: Stage): void {
  const paths = stagePaths(folder, stage);
  mkdirSync(paths.folder, { recursive: true });
  for (const file of MODEL_FILES) cpSync(modelPaths(from)[file], paths[file]);
}

async function runOn(requested: TrainOptions & { neither?: true }, fresh: boolean): Promise<void> {
  const { neither: _, ...options } = requested;
  const stopped = new AbortController();
  let steps = 0;
  const onEvent: TrainOptions["onEvent"] = (event) => {
    if (event.type === "step" && ++steps >= STEPS) stopped.abort();
  };
  const { bestLoss } = await train({ ...options, checkpointSeconds: 0, onEvent, signal: stopped.signal });
  if (fresh) throw new Error("a model was replaced that nobody asked to replace");
  if (bestLoss !== undefined) checkNumber("the best loss", bestLoss);
  await tryModel(await load(options.out!, { engine: "reference" }));
}

export const RUN_TARGETS: readonly FuzzTarget[] = [runFolders];

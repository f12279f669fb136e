/** Folders of runs in which something happened to a file, or to two, when they are gone on with or replaced. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { UserError } from "../../../src/errors.js";
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
];

/** Steps that a run makes at most, and the seconds between its checkpoints. */
const STEPS = 6;

const runFolders = target(
  "run folder",
  50,
  fc.record({
    run: fc.constantFrom(...RUN_NAMES),
    other: fc.constantFrom(...RUN_NAMES),
    how: fc.constantFrom("resume", "resume", "resume", "overwrite", "neither"),
    happened: mishaps(RUN_FILES.length),
  }),
  async ({ run, other, how, happened }) => {
    const [{ folder: good, options }, { folder: bad }] = [await stoppedRun(run), await stoppedRun(other)];
    await withFolder(async (folder) => {
      const [out, outside] = [copied(good, folder, "run.model"), join(folder, "outside")];
      mkdirSync(outside);
      writeFileSync(join(outside, "notes.md"), "notes");
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
        if (error instanceof UserError && how !== "resume") checkSame("it was refused", before, treeOf(out));
        throw error;
      } finally {
        checkSame("it is outside the folder", around, treeOf(outside));
      }
    });
  },
);

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

/** Folders of models in which something happened to a file, or to two. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { load } from "../../../src/index.js";
import { copied, MODEL_NAMES, modelFolder } from "../fixtures.js";
import { befall, checkSame, mishaps, treeOf } from "../folders.js";
import { type FuzzTarget, target, withFolder } from "../target.js";
import { tryModel } from "../try-model.js";

const FILES = ["config.json", "tokenizer.json", "model.safetensors"];
const anyModel = fc.constantFrom(...MODEL_NAMES);

const modelFolders = target(
  "model folder",
  120,
  fc.record({ model: anyModel, other: anyModel, happened: mishaps(FILES.length) }),
  ({ model, other, happened }) =>
    withFolder(async (folder) => {
      const [copy, outside] = [copied(modelFolder(model), folder, "model"), join(folder, "outside")];
      mkdirSync(outside);
      for (const mishap of happened) {
        const file = FILES[mishap.file]!;
        befall(join(copy, file), mishap, join(modelFolder(other), file), outside);
      }
      const before = treeOf(folder);
      try {
        await tryModel(await load(copy, { engine: "reference" }));
      } finally {
        checkSame("a model was only read", before, treeOf(folder));
      }
    }),
  { seconds: 4 },
);

export const FOLDER_TARGETS: readonly FuzzTarget[] = [modelFolders];

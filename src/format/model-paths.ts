/**
 * Where the files of a model are.
 *
 *   config.json                      architecture, with the format's version
 *   tokenizer.json                   Hugging Face layout
 *   model.safetensors                the weights, by PyTorch's names
 *   evaluation.json                  settings that were tuned for the model (see apps/evaluation-file.ts)
 *   evaluation.safetensors           statistics of its gradients, for dynamic evaluation
 *   profiles/NAME.safetensors        what was learned from a person's text (see apps/profile-bytes.ts)
 *   training/checkpoint.safetensors  what a resumed run needs
 *   training/metrics.jsonl           the record of the training
 *   training/ids/                    the encoded texts: a cache
 *   training/next/                   a new model that is not whole yet (see model-stage.ts)
 *   training/ready/                  a whole new model that is taking the old one's place
 *   .lock                            names the process that writes here (see folder-lock.ts)
 */
import { basename, join } from "node:path";
import { FILE_NAMES } from "./model-files.js";

/** The files that make a model and its training, by what they are. */
export type ModelFile = keyof typeof FILE_NAMES;
export const MODEL_FILES = Object.keys(FILE_NAMES) as ModelFile[];

export type FilePaths = Readonly<Record<ModelFile, string>>;

export interface ModelPaths extends FilePaths {
  readonly folder: string;
  /** Tuned settings, and statistics of the gradients. They belong to the weights they name, and stay where others come. */
  readonly evaluation: string;
  readonly statistics: string;
  /** A folder. */
  readonly profiles: string;
  /** A folder. */
  readonly training: string;
  /** A folder: token ids of the texts. */
  readonly ids: string;
  readonly lock: string;
}

/** The paths of a model's files; none of them need exist. */
export function modelPaths(folder: string): ModelPaths {
  const training = join(folder, "training");
  return {
    folder,
    config: join(folder, FILE_NAMES.config),
    tokenizer: join(folder, FILE_NAMES.tokenizer),
    weights: join(folder, FILE_NAMES.weights),
    evaluation: join(folder, "evaluation.json"),
    statistics: join(folder, "evaluation.safetensors"),
    profiles: join(folder, "profiles"),
    training,
    checkpoint: join(folder, FILE_NAMES.checkpoint),
    metrics: join(folder, FILE_NAMES.metrics),
    ids: join(training, "ids"),
    lock: join(folder, ".lock"),
  };
}

export const STAGES = ["next", "ready"] as const;
export type Stage = (typeof STAGES)[number];

/** The paths of a new model's files while it is not in its place: all in one folder. */
export function stagePaths(folder: string, stage: Stage): FilePaths & { readonly folder: string } {
  const at = join(folder, "training", stage);
  const paths = Object.entries(FILE_NAMES).map(([file, name]) => [file, join(at, basename(name))]);
  return { ...(Object.fromEntries(paths) as FilePaths), folder: at };
}

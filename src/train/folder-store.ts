/** A run's store in a folder: the folder of its model. */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { option, sentence, UserError } from "../errors.js";
import { syncFolder } from "../format/file-sync.js";
import { lockFolder } from "../format/folder-lock.js";
import { readJsonFile, writeJsonFile } from "../format/json-file.js";
import { makeFolder } from "../format/make-folder.js";
import {
  inspectModelFolder,
  type ModelPaths,
  modelPaths,
  readConfig,
  readModelFolder,
  writeModelWeights,
} from "../format/model-folder.js";
import { readSafetensors, writeSafetensors } from "../format/safetensors-file.js";
import type { NamedTensor, StoredTensor } from "../format/safetensors.js";
import { checkTrainable, type ModelConfig } from "../model/config.js";
import { parseTokenizer } from "../text/tokenizers/parse-tokenizer.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { EncodedText } from "../text/windows/encode.js";
import { fileError } from "../format/system-error.js";
import { encodeToFile, openIdFile, removeIdFile } from "../text/windows/id-file.js";
import { parseCheckpoint } from "./checkpoint.js";
import { FileMetrics } from "./metrics.js";
import {
  type CheckpointContent,
  type PartText,
  type RunStore,
  type StoredRun,
  TEXT_PARTS,
  type TextPart,
} from "./run-store.js";
import { weightsMetadata } from "./weights.js";

export interface FolderStoreOptions {
  /** Go on with the run that is there, if there is one. */
  readonly resume: boolean;
  /** Replace the model that is there. */
  readonly overwrite: boolean;
  /** Hears what a person should know. */
  readonly notice: (message: string) => void;
}

export class FolderStore implements RunStore {
  readonly name: string;
  readonly metrics: FileMetrics;
  readonly #paths: ModelPaths;
  readonly #options: FolderStoreOptions;
  readonly #encoded = new Set<TextPart>();
  #unlock: (() => void) | undefined;

  /** @param folder need not exist */
  constructor(folder: string, options: FolderStoreOptions) {
    this.name = folder;
    this.#paths = modelPaths(folder);
    this.#options = options;
    this.metrics = new FileMetrics(this.#paths.metrics);
  }

  async find(): Promise<StoredRun | undefined> {
    const { resume, overwrite, notice } = this.#options;
    const found = await inspectModelFolder(this.name);
    if (!resume) {
      if (overwrite || !(found.model || found.checkpoint)) return undefined;
      throw new UserError({
        problem: `${this.name} already holds a model`,
        advice: sentence`go on with it with ${option("resume")}, replace it with ${option("overwrite")}, or name another folder with ${option("out")}`,
      });
    }
    if (found.model) checkTrainable(await readConfig(this.#paths.config), this.name);
    if (found.checkpoint) return this.#stored();
    if (found.model) {
      throw new UserError({
        problem: `${this.name} holds a model but no checkpoint to go on from`,
        advice: sentence`train into another folder, or replace it with ${option("overwrite")}`,
      });
    }
    notice(`There is nothing to resume in ${this.name} yet: beginning from the start.`);
    return undefined;
  }

  async #stored(): Promise<StoredRun> {
    const { checkpoint, tokenizer } = this.#paths;
    return {
      checkpoint: parseCheckpoint(await readSafetensors(checkpoint), checkpoint),
      config: await readConfig(this.#paths.config),
      tokenizer: parseTokenizer(await readJsonFile(tokenizer), tokenizer),
    };
  }

  async claim(): Promise<void> {
    makeFolder(this.name);
    this.#unlock = lockFolder(this.#paths.lock, this.name);
  }

  async encode({ part, chunks, key }: PartText, tokenizer: Tokenizer, lines: boolean): Promise<EncodedText> {
    makeFolder(this.#paths.ids);
    const path = this.#idsOf(part);
    this.#encoded.add(part);
    const whole = hash([key, hash([tokenizer.toJSON()]), lines, part]);
    return openIdFile(path, whole, tokenizer.size) ?? encodeToFile(chunks(), tokenizer, lines, path, whole);
  }

  #idsOf(part: TextPart): string {
    return join(this.#paths.ids, `${part}.ids`);
  }

  /** The weights go first, so that they never lie beside another model's config. */
  async begin(config: ModelConfig, tokenizer: Tokenizer): Promise<void> {
    const { weights, checkpoint, metrics } = this.#paths;
    try {
      await rm(weights, { force: true });
      await rm(checkpoint, { force: true });
      syncFolder(this.name);
      await rm(metrics, { force: true });
      for (const part of TEXT_PARTS) if (!this.#encoded.has(part)) removeIdFile(this.#idsOf(part));
    } catch (error) {
      throw fileError(error, "write", this.name);
    }
    await writeJsonFile(this.#paths.config, config);
    await writeJsonFile(this.#paths.tokenizer, tokenizer.toJSON());
  }

  async saveBest(weights: readonly NamedTensor[], loss: number | undefined): Promise<void> {
    await writeModelWeights(this.name, weights, weightsMetadata(loss));
  }

  async best(): Promise<ReadonlyMap<string, StoredTensor>> {
    return (await readModelFolder(this.name)).weights;
  }

  async saveCheckpoint({ tensors, metadata }: CheckpointContent): Promise<void> {
    await writeSafetensors(this.#paths.checkpoint, tensors, metadata);
  }

  async finish(): Promise<void> {
    this.metrics.flush();
  }

  close(): void {
    this.#unlock?.();
    this.#unlock = undefined;
  }
}

const hash = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

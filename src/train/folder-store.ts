/**
 * A run's store in a folder: the folder of its model. A new model is staged (see model-stage.ts) until its first trained
 * weights and a checkpoint are there; where there is an old model, until it is better than knowing nothing, too, or its
 * run has ended in order. Until then the old model is whole and counts.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { option, sentence, UserError } from "../errors.js";
import { checkUnlocked } from "../format/folder-lock.js";
import { readJsonFile, writeJsonFile } from "../format/json-file.js";
import { makeFolder } from "../format/make-folder.js";
import { checkClaim } from "../format/model-claim.js";
import {
  fingerprint,
  inspectModelFolder,
  lockMade,
  missingFile,
  readConfig,
} from "../format/model-folder.js";
import { type FilePaths, type ModelPaths, modelPaths, stagePaths } from "../format/model-paths.js";
import {
  beginStage,
  commitStage,
  completeSwap,
  currentPaths,
  dropStage,
  removeEmptyFolders,
} from "../format/model-stage.js";
import { FILE_NAMES } from "../format/model-files.js";
import { checkWeights, expectedWeights, usableWeights } from "../format/model-weights.js";
import { readSafetensors, writeSafetensors } from "../format/safetensors-file.js";
import type { NamedTensor, StoredTensor } from "../format/safetensors.js";
import { checkTrainable, configJson, type ModelConfig } from "../model/config.js";
import { parseModelTokenizer } from "../text/tokenizers/model-tokenizer.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { EncodedText } from "../text/windows/encode.js";
import { encodeToFile, openIdFile, removeIdFile } from "../text/windows/id-file.js";
import { withRemedy } from "../with-remedy.js";
import type { StoredCheckpoint } from "./checkpoint.js";
import { parseCheckpoint } from "./read-checkpoint.js";
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
  /** Resume the run in the folder, if there is one. */
  readonly resume: boolean;
  /** Replace the model in the folder. */
  readonly overwrite: boolean;
  /** Called with notices. */
  readonly notice: (message: string) => void;
}

export class FolderStore implements RunStore {
  readonly name: string;
  readonly metrics: FileMetrics;
  readonly #places: ModelPaths;
  readonly #stage: FilePaths & { readonly folder: string };
  readonly #options: FolderStoreOptions;
  readonly #encoded = new Set<TextPart>();
  /** Where this run's files are: staged, or in their places. */
  #files: FilePaths;
  #found = "";
  /** The loss of the weights that were saved last, where it was measured. */
  #bestLoss: number | undefined;
  /** The loss of knowing nothing: ln V. */
  #ignorance = 0;
  /** The folders that this run created: the model's, and those above it. */
  #made: readonly string[] = [];
  #resumed = false;
  #unlock: (() => void) | undefined;

  /** @param folder need not exist */
  constructor(folder: string, options: FolderStoreOptions) {
    this.name = folder;
    this.#places = modelPaths(folder);
    this.#stage = stagePaths(folder, "next");
    this.#files = this.#places;
    this.#options = options;
    this.metrics = new FileMetrics(() => this.#files.metrics);
  }

  async find(): Promise<StoredRun | undefined> {
    const { resume, overwrite, notice } = this.#options;
    // Before its files are looked at: another run may just be moving them.
    checkUnlocked(this.#places.lock, this.name);
    // A resumed run removes nothing, so other files in the folder do not matter.
    checkClaim(this.name, { strangers: resume });
    const found = await inspectModelFolder(this.name);
    this.#found = this.#fingerprint();
    const staged = existsSync(this.#stage.checkpoint);
    if (!resume) {
      if (overwrite || !(found.weights || found.checkpoint || staged)) return undefined;
      throw new UserError({
        problem: `${this.name} already holds a model`,
        advice: sentence`go on with it with ${option("resume")}, replace it with ${option("overwrite")}, or name another folder with ${option("out")}`,
      });
    }
    if (staged) {
      this.#files = this.#stage;
      const run = await this.#stored(this.#stage);
      this.#bestLoss = run.checkpoint.header.position.bestLoss;
      this.#ignorance = Math.log(run.config.vocabulary);
      return run;
    }
    const current = currentPaths(this.name);
    if (found.model) checkTrainable(await readConfig(current.config), this.name);
    if (found.checkpoint) {
      const earlier = existsSync(this.#stage.folder);
      if (earlier) {
        notice(
          `The run that was to replace the model in ${this.name} had not begun to train: going on with that of the earlier model.`,
        );
      }
      return { ...(await this.#stored(current)), earlier };
    }
    if (found.model) {
      throw new UserError({
        problem: `${this.name} holds a model but no checkpoint to go on from`,
        advice: sentence`train into another folder, or replace it with ${option("overwrite")}`,
      });
    }
    notice(`There is nothing to resume in ${this.name} yet: beginning from the start.`);
    return undefined;
  }

  /** All of the run's files are compared with each other before the run goes on. */
  async #stored(paths: FilePaths): Promise<StoredRun> {
    this.#resumed = true;
    for (const file of ["config", "tokenizer"] as const)
      if (!existsSync(paths[file])) throw missingFile(this.name, FILE_NAMES[file], false);
    const config = await readConfig(paths.config);
    const tokenizer = await parseModelTokenizer(await readJsonFile(paths.tokenizer), config, paths);
    const remedy = sentence`Where there is no copy, train anew with ${option("overwrite")} in place of ${option("resume")}.`;
    const checkpoint = await withRemedy(remedy, async () => {
      const read = parseCheckpoint(await readSafetensors(paths.checkpoint), paths.checkpoint);
      if (existsSync(paths.weights)) await checkBest(config, paths.weights);
      return read;
    });
    return {
      config,
      tokenizer,
      checkpoint: existsSync(paths.weights) ? checkpoint : withoutBest(checkpoint),
    };
  }

  #fingerprint(): string {
    const { config, weights, checkpoint } = currentPaths(this.name);
    return fingerprint([config, weights, checkpoint, this.#stage.config, this.#stage.checkpoint]);
  }

  async claim(): Promise<void> {
    this.#made = makeFolder(this.name);
    this.#unlock = lockMade(this.name, this.#made);
    if (this.#fingerprint() !== this.#found) {
      throw new UserError({
        option: "out",
        problem: `Another run has written into ${this.name} since this one checked it`,
        advice: sentence`start again, or name another folder with ${option("out")}`,
      });
    }
    completeSwap(this.name);
    // An empty folder says from here on that another run was to replace the old model's; see `find`.
    if (!this.#resumed && existsSync(this.#places.checkpoint)) makeFolder(this.#stage.folder);
    if (this.#resumed && !existsSync(this.#stage.checkpoint)) dropStage(this.name);
  }

  async encode({ part, chunks, key }: PartText, tokenizer: Tokenizer, lines: boolean): Promise<EncodedText> {
    makeFolder(this.#places.ids);
    const path = this.#idsOf(part);
    this.#encoded.add(part);
    const whole = hash([key, hash([tokenizer.toJSON()]), lines, part]);
    return openIdFile(path, whole, tokenizer.size) ?? encodeToFile(chunks(), tokenizer, lines, path, whole);
  }

  #idsOf(part: TextPart): string {
    return join(this.#places.ids, `${part}.ids`);
  }

  async begin(config: ModelConfig, tokenizer: Tokenizer): Promise<void> {
    this.#files = beginStage(this.name);
    this.#bestLoss = undefined;
    this.#ignorance = Math.log(config.vocabulary);
    await writeJsonFile(this.#files.config, configJson(config));
    await writeJsonFile(this.#files.tokenizer, tokenizer.toJSON());
  }

  /** Not whole yet, in training/next. */
  get #isStaged(): boolean {
    return this.#files !== this.#places;
  }

  async saveBest(weights: readonly NamedTensor[], loss: number | undefined): Promise<void> {
    await writeSafetensors(this.#files.weights, weights, weightsMetadata(loss));
    this.#bestLoss = loss;
  }

  async best(): Promise<ReadonlyMap<string, StoredTensor>> {
    if (!existsSync(this.#files.weights)) throw missingFile(this.name, FILE_NAMES.weights, true);
    return (await readSafetensors(this.#files.weights)).tensors;
  }

  /**
   * The weights are written before the checkpoint that records them. A run that is killed between the two resumes from
   * the checkpoint before, and arrives at the same weights.
   */
  async saveCheckpoint({ tensors, metadata }: CheckpointContent, step: number): Promise<void> {
    await writeSafetensors(this.#files.checkpoint, tensors, metadata);
    // A run that was stopped before its first step does not replace an old model.
    if (step === 0) return;
    const learned = this.#bestLoss !== undefined && this.#bestLoss < this.#ignorance;
    if (learned || !this.#isBehind) this.#place();
  }

  get behindEarlier(): string | undefined {
    return this.#isBehind
      ? `The earlier model keeps its place in ${this.name} until the new one predicts the held-out text better than knowing nothing would, or its run ends; the new run waits beside it to be gone on with.`
      : undefined;
  }

  get #isBehind(): boolean {
    const { weights, checkpoint } = this.#places;
    return this.#isStaged && (existsSync(weights) || existsSync(checkpoint));
  }

  abandon(): void {
    if (this.#isBehind) dropStage(this.name);
  }

  async finish(): Promise<void> {
    this.metrics.flush();
    this.#place();
  }

  /** Puts the new model in its place, once there are weights. */
  #place(): void {
    if (!this.#isStaged || !existsSync(this.#files.weights)) return;
    commitStage(this.name);
    this.#files = this.#places;
    for (const part of TEXT_PARTS) if (!this.#encoded.has(part)) removeIdFile(this.#idsOf(part));
  }

  close(): void {
    if (!this.#unlock) return;
    try {
      this.#tidy();
    } catch {
      // The error that ended the run matters more; the leftovers have our own names, and the next run removes them.
    }
    this.#unlock();
    this.#unlock = undefined;
    removeEmptyFolders(this.name, this.#made);
  }

  /** Removes the files of a run that ended before its first checkpoint, which cannot be resumed. */
  #tidy(): void {
    if (this.#isStaged && !existsSync(this.#files.checkpoint)) dropStage(this.name);
    const empty = [this.#stage, currentPaths(this.name)].every(({ config }) => !existsSync(config));
    if (empty) for (const part of this.#encoded) removeIdFile(this.#idsOf(part));
  }
}

/** @throws UserError where the best weights are damaged or not of this model */
async function checkBest(config: ModelConfig, path: string): Promise<void> {
  const { tensors } = await readSafetensors(path, (stored) =>
    checkWeights(stored, expectedWeights(config), path),
  );
  usableWeights(tensors, path);
}

/** The same place of a run whose best weights are lost: those of its next validation are the best. */
function withoutBest(checkpoint: StoredCheckpoint): StoredCheckpoint {
  const { header } = checkpoint;
  const position = { ...header.position, bestLoss: undefined, bestStep: undefined, validationsSinceBest: 0 };
  return { ...checkpoint, header: { ...header, position } };
}

const hash = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

/**
 * What was tuned for a model, in its folder: evaluation.json, and evaluation.safetensors with the statistics of its
 * gradients. Both name the weights that they were found for, and do not count for others.
 */
import { existsSync } from "node:fs";
import type { GradientStatistics } from "../adapt/gradient-statistics.js";
import { COMBINATIONS } from "../adapt/settings.js";
import type { Floats } from "../engine/engine.js";
import { UserError } from "../errors.js";
import { CHECKSUM_KEY } from "../format/checksum.js";
import { checkUnlocked, lockFolder } from "../format/folder-lock.js";
import { readJsonFile, writeJsonFile } from "../format/json-file.js";
import { modelPaths } from "../format/model-folder.js";
import { checkWeights, usableWeights } from "../format/model-weights.js";
import { readSafetensors, writeSafetensors } from "../format/safetensors-file.js";
import type { ModelConfig } from "../model/config.js";
import { weightShapes } from "../model/weight-shapes.js";
import { countTokens } from "../train/token-counts.js";
import { openTrainingIds } from "./training-ids.js";
import { withRemedy } from "../with-remedy.js";
import { parseTuned, type TunedContent, tunedJson } from "./parse-tuned.js";
import type { Tuned, TunedInterpolation, TunedSource } from "./tuned.js";

/** Longest file that is read; one has some hundred bytes. */
const MOST_BYTES = 65_536;
/** Weights of n-gram models that are kept, the last ones. */
const MOST_INTERPOLATIONS = 64;
/** The metadata of the statistics that names their weights. */
const WEIGHTS_KEY = "weights";
const PREFIX = "rms.";
/** Of files that are damaged. */
const REMEDY = ["The file can be deleted: it keeps nothing but what was tuned; then tune again."];

export class EvaluationFiles implements TunedSource {
  readonly folder: string;
  readonly #config: ModelConfig;
  /** The checksum of the weights; "" where they have none. */
  readonly weights: string;

  /** @param metadata of model.safetensors, as it was when the weights were read */
  constructor(folder: string, config: ModelConfig, metadata: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.#config = config;
    this.weights = metadata[CHECKSUM_KEY] ?? "";
  }

  async read(): Promise<Tuned | undefined> {
    return (await this.#content())?.tuned;
  }

  async interpolations(): Promise<readonly TunedInterpolation[]> {
    return (await this.#content())?.interpolations ?? [];
  }

  /** Undefined where there is nothing for these weights. */
  async #content(): Promise<TunedContent | undefined> {
    const { evaluation } = modelPaths(this.folder);
    if (!existsSync(evaluation)) return undefined;
    const json = await withRemedy(REMEDY, () => readJsonFile(evaluation, MOST_BYTES));
    const content = parseTuned(json, evaluation);
    return content.weights === this.weights ? content : undefined;
  }

  async statistics(): Promise<GradientStatistics | undefined> {
    const { statistics: path } = modelPaths(this.folder);
    if (!existsSync(path)) return undefined;
    return withRemedy(REMEDY, async () => {
      const { tensors, metadata } = await readSafetensors(path);
      if (metadata[WEIGHTS_KEY] !== this.weights) return undefined;
      const stored = [...tensors].map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
      checkWeights(stored, this.#expected(), path);
      const usable = usableWeights(tensors, path);
      return new Map([...usable].map(([name, { data }]) => [name.slice(PREFIX.length), data as Floats]));
    });
  }

  async tokenCounts(): Promise<Float64Array | undefined> {
    const { vocabulary } = this.#config;
    const trained = openTrainingIds(this.folder, vocabulary);
    if (!trained) return undefined;
    try {
      return countTokens(trained.tokens, vocabulary);
    } finally {
      trained.tokens.close();
    }
  }

  /**
   * Keeps what was found beside what was found for other combinations.
   * @param statistics undefined: those that are kept already, if any, stay
   * @throws UserError where another process writes into the folder, a file there is not ours, or it cannot be written
   */
  async keep(found: Tuned, statistics: GradientStatistics | undefined): Promise<void> {
    const { statistics: path } = modelPaths(this.folder);
    await this.#change(async (kept) => {
      if (statistics) {
        const tensors = this.#expected().map(({ name, shape }) => {
          const data = Float32Array.from(statistics.get(name.slice(PREFIX.length))!);
          return { name, shape, dtype: "F32" as const, data };
        });
        await writeSafetensors(path, tensors, { [WEIGHTS_KEY]: this.weights });
      }
      const all = { ...kept.tuned, ...found };
      // In one order, whatever was tuned first.
      const tuned = Object.fromEntries(
        COMBINATIONS.flatMap((name) => (all[name] ? [[name, all[name]]] : [])),
      );
      return { ...kept, tuned };
    });
  }

  /** Keeps the weight of an n-gram model, in place of an earlier one. @throws as `keep` */
  async keepInterpolation(found: TunedInterpolation): Promise<void> {
    await this.#change(async (kept) => {
      const others = kept.interpolations.filter(
        ({ ngram, beside }) => ngram !== found.ngram || beside !== found.beside,
      );
      return { ...kept, interpolations: [found, ...others].slice(0, MOST_INTERPOLATIONS) };
    });
  }

  /** Writes evaluation.json anew, under the folder's lock. */
  async #change(change: (kept: TunedContent) => Promise<TunedContent>): Promise<void> {
    const { lock, evaluation } = modelPaths(this.folder);
    const unlock = this.#free(() => lockFolder(lock, this.folder));
    try {
      const kept = (await this.#content()) ?? { weights: this.weights, tuned: {}, interpolations: [] };
      await writeJsonFile(evaluation, tunedJson(await change(kept)));
    } finally {
      unlock();
    }
  }

  /** Checks whether something could be kept, before the work to find it. @throws UserError as `keep` */
  async checkKeeping(): Promise<void> {
    this.#free(() => checkUnlocked(modelPaths(this.folder).lock, this.folder));
    await this.read();
  }

  #free<Result>(locking: () => Result): Result {
    try {
      return locking();
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      throw new UserError(
        `Another process writes into ${this.folder}, where what is tuned has to be kept; wait until it has ended.`,
        { cause },
      );
    }
  }

  #expected(): { readonly name: string; readonly shape: readonly number[] }[] {
    return [...weightShapes(this.#config)].map(({ name, shape }) => ({ name: PREFIX + name, shape }));
  }
}

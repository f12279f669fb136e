/** Quantizing: a trained model's folder made into one whose matrices are int8, a quarter of the size. */
import { stat } from "node:fs/promises";
import type { Combination } from "../adapt/settings.js";
import type { EngineOptions } from "../engine/create.js";
import type { Engine } from "../engine/engine.js";
import { checkPath } from "../argument-checks.js";
import { CLASSIFIER_KEY, headTensors } from "../classify/head-tensors.js";
import { UserError } from "../errors.js";
import { inspectModelFolder, modelPaths, readConfig, writeModelFolder } from "../format/model-folder.js";
import { quantizedTensors } from "../format/model-weights.js";
import { currentPaths } from "../format/model-stage.js";
import type { NamedTensor } from "../format/safetensors.js";
import { readMetadata } from "../format/safetensors-file.js";
import { modelConfig } from "../model/config.js";
import { checkOptions } from "../options/check.js";
import { QUANTIZE_OPTIONS } from "../options/command-options.js";
import type { Parameter } from "../model/parameter.js";
import { quantizeRows } from "../model/quantize.js";
import { checkNewModel } from "./check-new-model.js";
import { load } from "./load.js";
import type { TunedSource } from "./tuned.js";

export interface QuantizeOptions extends Pick<EngineOptions, "engine" | "threads"> {
  /** The folder to write. */
  readonly out: string;
  /** Replace the model that is in `out`. */
  readonly overwrite?: boolean;
}

/** Bytes of model.safetensors. */
export interface QuantizeResult {
  readonly out: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /**
   * What had been tuned for the model: what is switched on together, and "interpolate" where weights of n-gram models were
   * fitted. It was found for the weights as they were, and is not in the new folder; absent where nothing was tuned.
   */
  readonly notCarried?: readonly (Combination | "interpolate")[];
}

/**
 * Writes a model folder whose matrices (embedding, recurrent weights, decoder) are int8 with one float32 scale a row;
 * biases stay float32. It is loaded, measured and generated with as any other, but not trained.
 * @param folder of a model of floats
 * @throws UserError: no model, already quantized, weights that are not finite, `out` holds a model, cannot be written
 */
export async function quantize(folder: string, options: QuantizeOptions): Promise<QuantizeResult> {
  checkPath("The model's folder", folder);
  checkOptions("quantize", options, QUANTIZE_OPTIONS);
  const { out, overwrite = false, ...engine } = options;
  const from = currentPaths(folder);
  await checkPlaces(folder, out, overwrite);
  const { model, tokenizer, config, tuned, head } = await load(folder, engine);
  if (config.weights !== undefined) throw alreadyQuantized(folder);
  const tensors = model.parameters.flatMap((parameter) => storedAs(model.engine, parameter));
  const told = (await readMetadata(from.weights))[CLASSIFIER_KEY];
  const { format: _, version: __, ...architecture } = config;
  await writeModelFolder(out, {
    config: modelConfig({ ...architecture, weights: "int8" }),
    tokenizerJson: tokenizer.toJSON(),
    weights: [...tensors, ...headTensors(config, head)],
    metadata: { format: "pt", ...(told !== undefined && { [CLASSIFIER_KEY]: told }) },
    metrics: from.metrics,
  });
  const [bytesBefore, bytesAfter] = await Promise.all([from.weights, modelPaths(out).weights].map(sizeOf));
  const notCarried = await tunedNames(tuned);
  return {
    out,
    bytesBefore: bytesBefore!,
    bytesAfter: bytesAfter!,
    ...(notCarried.length > 0 && { notCarried }),
  };
}

/** The checks before anything large is read. */
async function checkPlaces(folder: string, out: string, overwrite: boolean): Promise<void> {
  const { config } = currentPaths(folder);
  const source = await inspectModelFolder(folder);
  if (source.model && (await readConfig(config)).weights) {
    throw alreadyQuantized(folder);
  }
  await checkNewModel(out, overwrite, { folder, found: source, work: "to be quantized" });
}

function alreadyQuantized(folder: string): UserError {
  return new UserError(
    `The weights in ${folder} are int8 already; give the folder of the model that they were made from.`,
  );
}

/** A parameter as its tensors in the file: a matrix becomes int8, anything else stays float32. */
function storedAs(engine: Engine, { name, shape, value }: Parameter): NamedTensor[] {
  const values = engine.read(value);
  if (shape.length !== 2) return [{ name, shape, dtype: "F32", data: Float32Array.from(values) }];
  const [q, scale] = quantizedTensors(name, shape);
  const rows = quantizeRows(values, shape[0]!, shape[1]!);
  return [
    { ...q, dtype: "I8", data: rows.q },
    { ...scale, dtype: "F32", data: rows.scales },
  ];
}

/** What was tuned; nothing where it cannot be read: it is not carried over in any case. */
async function tunedNames(tuned: TunedSource | undefined): Promise<(Combination | "interpolate")[]> {
  try {
    const combinations = Object.keys((await tuned?.read()) ?? {}) as Combination[];
    const fitted = (await tuned?.interpolations?.()) ?? [];
    return fitted.length === 0 ? combinations : [...combinations, "interpolate"];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}

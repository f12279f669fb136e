/**
 * The weights of a model as tensors of a file: the expected tensors, and checks that a file has exactly these with
 * finite numbers.
 */
import { UserError } from "../errors.js";
import { shown } from "../shown.js";
import type { ModelConfig } from "../model/config.js";
import { weightShapes } from "../model/weight-shapes.js";
import { outputWidth, pooledWidth } from "../model/widths.js";
import { fromBf16, fromF16 } from "./half-floats.js";
import type { Dtype, StoredTensor } from "./safetensors.js";

/** A tensor that a file must have. */
export interface ExpectedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Default: one of FLOATS. */
  readonly dtype?: Dtype;
}

/** The types in which floats are read; those of 16 bits become float32. */
const FLOATS: readonly Dtype[] = ["F32", "F64", "F16", "BF16"];

/** The two tensors in which a matrix of int8 is stored: its elements, and one scale a row. */
export function quantizedTensors(
  name: string,
  shape: readonly number[],
): [q: ExpectedWeight, scale: ExpectedWeight] {
  return [
    { name, shape, dtype: "I8" },
    { name: `${name}.scale`, shape: [shape[0]!] },
  ];
}

/** The tensors that the weights file of a model has, by its config alone. */
export function* expectedWeights(config: ModelConfig): Generator<ExpectedWeight> {
  for (const weight of weightShapes(config)) {
    if (config.weights === "int8" && weight.shape.length === 2)
      yield* quantizedTensors(weight.name, weight.shape);
    else yield weight;
  }
  yield* headShapes(config);
}

/** The tensors of a classifier's head, C labels on vectors of D numbers, which are floats in every model: none of others. */
export function headShapes(config: ModelConfig): ExpectedWeight[] {
  const { classifier } = config;
  if (!classifier) return [];
  const C = classifier.labels.length;
  return [
    { name: "classifier.weight", shape: [C, pooledWidth(classifier.pool, outputWidth(config))] },
    { name: "classifier.bias", shape: [C] },
  ];
}

/**
 * Checks that a file's tensors are exactly those of a model; their data are not looked at.
 * @param where how messages name them, such as the file's path
 * @throws UserError that names the first which is missing, of another shape or type, or not of this model
 */
export function checkWeights(
  stored: Iterable<Required<ExpectedWeight>>,
  expected: Iterable<ExpectedWeight>,
  where: string,
): void {
  const torn = (problem: string) =>
    new UserError(
      `${where} does not fit the model's config.json: ${problem}; the folder is torn, restore it from a copy or train again.`,
    );
  const rest = new Map([...stored].map((tensor) => [tensor.name, tensor]));
  for (const { name, shape, dtype } of expected) {
    const found = rest.get(name);
    if (found === undefined) throw torn(`${name} is missing`);
    if (found.shape.length !== shape.length || found.shape.some((size, i) => size !== shape[i])) {
      throw torn(`${name} has the shape [${found.shape.join(", ")}], not [${shape.join(", ")}]`);
    }
    const dtypes = dtype ? [dtype] : FLOATS;
    if (!dtypes.includes(found.dtype)) {
      throw torn(
        `${name} has the dtype ${found.dtype}, not ${dtypes.join(", ").replace(/, (\w+)$/, " or $1")}`,
      );
    }
    rest.delete(name);
  }
  for (const name of rest.keys()) throw torn(`${shown(name)} belongs to no layer`);
}

/**
 * Weights to compute with: those of 16 bits as float32, the others as they are.
 * @throws UserError that names the first weight or scale that is not finite, or the first scale below zero
 */
export function usableWeights(
  stored: ReadonlyMap<string, StoredTensor>,
  where: string,
): Map<string, StoredTensor> {
  const usable = new Map<string, StoredTensor>();
  for (const [name, tensor] of stored) {
    const read = asFloats(tensor);
    if (read.data instanceof Float32Array || read.data instanceof Float64Array) {
      checkFinite(read.data, read.shape, `${where}: ${name}`);
      if (stored.get(name.replace(/\.scale$/, ""))?.dtype === "I8")
        checkScales(read.data, `${where}: ${name}`);
    }
    usable.set(name, read);
  }
  return usable;
}

function asFloats(tensor: StoredTensor): StoredTensor {
  const { dtype, shape, data } = tensor;
  if (dtype === "BF16") return { dtype: "F32", shape, data: fromBf16(data as Uint16Array) };
  if (dtype === "F16") return { dtype: "F32", shape, data: fromF16(data as Uint16Array) };
  return tensor;
}

/** @throws UserError for the first element that is NaN or infinite, also as a float32, in which engines compute */
export function checkFinite(
  data: Float32Array | Float64Array,
  shape: readonly number[],
  subject: string,
): void {
  // 0 · x is 0 for finite numbers and NaN for others: one pass without a branch.
  const zero = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += zero * Math.fround(data[i]!);
  if (sum === 0) return;
  const at = data.findIndex((x) => !Number.isFinite(Math.fround(x)));
  const row = Math.floor(at / (shape.at(-1) ?? 1));
  const place = shape.length === 2 ? `row ${row}` : `element ${at}`;
  throw new UserError(
    `${subject}, ${place} holds ${data[at]}, with which nothing can be computed; the file is damaged or its training went wrong, restore it from a copy or train again.`,
  );
}

function checkScales(scales: Float32Array | Float64Array, subject: string): void {
  const row = scales.findIndex((scale) => scale < 0);
  if (row < 0) return;
  throw new UserError(
    `${subject}, row ${row} holds ${scales[row]}, but a scale is a number from 0 up; the file is damaged, restore it from a copy or quantize again.`,
  );
}

/** The weights of a model as tensors of a file: which there are to be, and whether they are there. */
import { UserError } from "../errors.js";
import type { Dtype, StoredTensor } from "./safetensors.js";

/** What is known of a parameter before its weights are read; `Parameter` is one. */
export interface ExpectedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** F32 or F64 where not said. */
  readonly dtype?: Dtype;
}

/** The two tensors in which a matrix of int8 is stored: its elements, and one scale a row. */
export function quantizedTensors(
  name: string,
  shape: readonly number[],
): [q: ExpectedWeight, scale: ExpectedWeight] {
  return [
    { name, shape, dtype: "I8" },
    { name: `${name}.scale`, shape: [shape[0]!], dtype: "F32" },
  ];
}

/**
 * Checks that stored weights are exactly those of a model.
 * @param where how messages name them, such as the file's path
 * @throws UserError that names the first which is missing, of another shape or type, or not of this model
 */
export function checkWeights(
  weights: ReadonlyMap<string, StoredTensor>,
  expected: Iterable<ExpectedWeight>,
  where: string,
): void {
  const torn = (problem: string) =>
    new UserError(
      `${where} does not fit the model's config.json: ${problem}; the folder is torn, restore it from a copy or train again.`,
    );
  const rest = new Set(weights.keys());
  for (const { name, shape, dtype } of expected) {
    const stored = weights.get(name);
    if (stored === undefined) throw torn(`${name} is missing`);
    if (stored.shape.length !== shape.length || stored.shape.some((size, i) => size !== shape[i])) {
      throw torn(`${name} has the shape [${stored.shape.join(", ")}], not [${shape.join(", ")}]`);
    }
    const dtypes: readonly Dtype[] = dtype ? [dtype] : ["F32", "F64"];
    if (!dtypes.includes(stored.dtype)) {
      throw torn(`${name} has the dtype ${stored.dtype}, not ${dtypes.join(" or ")}`);
    }
    rest.delete(name);
  }
  for (const name of rest) throw torn(`${JSON.stringify(name)} belongs to no layer`);
}

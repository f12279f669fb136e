/** The weights of a model as tensors of a file, and back. */
import type { Engine, Floats, Tensor } from "../engine/engine.js";
import { checkWeights, usableWeights } from "../format/model-weights.js";
import type { NamedTensor, StoredTensor, TensorData } from "../format/safetensors.js";
import type { LanguageModel } from "../model/language-model.js";

/** How a safetensors file names the type of these numbers. */
const dtypeOf = (data: Floats): "F32" | "F64" => (data instanceof Float64Array ? "F64" : "F32");

/** A tensor as one of a file. Its data may be the engine's own memory: see `Engine.read`. */
export function fileTensor(
  engine: Engine,
  name: string,
  shape: readonly number[],
  tensor: Tensor,
): NamedTensor {
  const data = engine.read(tensor);
  return { name, shape, dtype: dtypeOf(data), data: data as TensorData };
}

/** The weights as they are now, not necessarily copies. */
export function weightsOf({ engine, parameters }: LanguageModel): NamedTensor[] {
  return parameters.map(({ name, shape, value }) => fileTensor(engine, name, shape, value));
}

/** Tensors by name, with data of their own. */
export function copiedTensors(tensors: readonly NamedTensor[]): ReadonlyMap<string, StoredTensor> {
  return new Map(tensors.map(({ name, shape, dtype, data }) => [name, { shape, dtype, data: data.slice() }]));
}

/** The metadata of model.safetensors. */
export function weightsMetadata(loss: number | undefined): Record<string, string> {
  return { format: "pt", ...(loss !== undefined && { validation_loss: String(loss) }) };
}

/**
 * Puts stored weights into a model.
 * @param where names their source in messages
 * @throws UserError where they are not exactly the model's, or not numbers
 */
export function putWeights(
  model: LanguageModel,
  weights: ReadonlyMap<string, StoredTensor>,
  where: string,
): void {
  const named = [...weights].map(([name, tensor]) => ({ name, ...tensor }));
  checkWeights(named, model.parameters, where);
  const stored = usableWeights(weights, where);
  for (const { name, value } of model.parameters) model.engine.write(stored.get(name)!.data as Floats, value);
  model.weightsChanged();
}

/** The files of a model's folder as a page takes them: checked, weights as float32 or int8, without its training. */
import { readModelFolder } from "../format/model-folder.js";
import { encodeWithChecksum, type NamedTensor } from "../format/safetensors.js";
import { configJson } from "../model/config.js";
import { load } from "./load.js";

/**
 * config.json, tokenizer.json and model.safetensors.
 * @throws UserError where the folder is no model, is newer or torn
 */
export async function storedModelFiles(folder: string): Promise<Record<string, Uint8Array>> {
  // All that can be wrong with a model is found by loading it.
  const { config } = await load(folder);
  const { tokenizerJson, weights } = await readModelFolder(folder);
  const tensors = [...weights].map(([name, { shape, dtype, data }]): NamedTensor => {
    if (dtype !== "F64") return { name, shape, dtype, data };
    return { name, shape, dtype: "F32", data: Float32Array.from(data as Float64Array) };
  });
  const utf8 = new TextEncoder();
  return {
    "config.json": utf8.encode(JSON.stringify(configJson(config))),
    "tokenizer.json": utf8.encode(JSON.stringify(tokenizerJson)),
    "model.safetensors": encodeWithChecksum(tensors),
  };
}

/**
 * The binary form of an n-gram model: its arrays as they are in memory, in a safetensors file, so that it loads at once. The
 * tensors are those of `TrieArrays`; `begins` too, and `words` is the words' UTF-8, a newline after each.
 * The metadata say what the words are.
 */
import { UserError } from "../errors.js";
import type { NamedTensor, Safetensors } from "../format/safetensors.js";
import { CUTTING_KINDS } from "./ngram-model.js";
import { NgramTrie, type TrieArrays } from "./ngram-trie.js";

const FORMAT = "recurra n-gram model 1";
/** The metadata that says what the words are; absent where it is not known. */
const CUTTING_KEY = "cutting";

/** The tensors and metadata of a file. */
export function ngramTensors({ words, arrays, cutting }: NgramTrie): {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
} {
  const text = new TextEncoder().encode(words.map((word) => `${word}\n`).join(""));
  const ints = (name: string, data: Int32Array<ArrayBuffer>): NamedTensor => ({
    name,
    dtype: "I32",
    shape: [data.length],
    data,
  });
  const floats = (name: string, data: Float32Array<ArrayBuffer>): NamedTensor => ({
    name,
    dtype: "F32",
    shape: [data.length],
    data,
  });
  return {
    tensors: [
      ints("begins", Int32Array.from(arrays.begins)),
      ints("word", arrays.word),
      floats("probability", arrays.probability),
      floats("backoff", arrays.backoff),
      ints("first_child", arrays.firstChild),
      ints("suffix", arrays.suffix),
      { name: "words", dtype: "U8", shape: [text.length], data: text },
    ],
    metadata: { format: FORMAT, ...(cutting && { [CUTTING_KEY]: cutting }) },
  };
}

/** @param where names the file in messages @throws UserError where it holds no n-gram model, or a damaged one */
export function ngramOf({ tensors, metadata }: Safetensors, where: string): NgramTrie {
  if (metadata.format !== FORMAT)
    throw new UserError(
      `${where} is a safetensors file and not an n-gram model; give an ARPA file, or a model that recurra ngram train wrote.`,
    );
  const ints = (name: string): Int32Array<ArrayBuffer> => {
    const data = tensors.get(name)?.data;
    return data instanceof Int32Array ? data : refuse(where);
  };
  const floats = (name: string): Float32Array<ArrayBuffer> => {
    const data = tensors.get(name)?.data;
    return data instanceof Float32Array ? data : refuse(where);
  };
  const text = tensors.get("words")?.data;
  if (!(text instanceof Uint8Array)) refuse(where);
  const words = new TextDecoder("utf-8", { ignoreBOM: true }).decode(text).split("\n");
  words.pop();
  const arrays: TrieArrays = {
    begins: [...ints("begins")],
    word: ints("word"),
    probability: floats("probability"),
    backoff: floats("backoff"),
    firstChild: ints("first_child"),
    suffix: ints("suffix"),
  };
  if (!isSound(arrays, words.length)) refuse(where);
  const cutting = CUTTING_KINDS.find((kind) => kind === metadata[CUTTING_KEY]);
  if (metadata[CUTTING_KEY] !== undefined && cutting === undefined) refuse(where);
  try {
    return new NgramTrie(words, arrays, cutting);
  } catch (error) {
    if (error instanceof RangeError) refuse(where);
    throw error;
  }
}

/** Whether every walk through the arrays ends, and stays inside of them. */
function isSound({ begins, word, probability, backoff, firstChild, suffix }: TrieArrays, V: number): boolean {
  const N = begins.at(-1) ?? 0;
  const M = begins.at(-2) ?? 0;
  if (begins.length < 3 || begins[0] !== 0 || begins[1] !== 1) return false;
  if (begins.some((begin, i) => i > 0 && begin < begins[i - 1]!)) return false;
  // Of a model of order 1 the unigrams are the longest.
  if ((begins[2] ?? N) !== 1 + V || [word, probability, suffix].some(({ length }) => length !== N))
    return false;
  if (backoff.length !== M || firstChild.length !== M + 1 || firstChild[M] !== N) return false;
  for (let level = 0; level + 2 < begins.length; level++) {
    if (firstChild[begins[level]!] !== begins[level + 1]) return false;
    for (let node = begins[level]!; node < begins[level + 1]!; node++)
      if (firstChild[node]! > firstChild[node + 1]!) return false;
  }
  for (let w = 0; w < V; w++) if (word[1 + w] !== w) return false;
  for (let level = 1; level + 1 < begins.length; level++) {
    for (let node = begins[level]!; node < begins[level + 1]!; node++) {
      if (!(word[node]! >= 0 && word[node]! < V && suffix[node]! >= 0 && suffix[node]! < begins[level]!))
        return false;
      if (!(probability[node]! <= 0 && probability[node]! > -Infinity)) return false;
    }
  }
  return backoff.every(Number.isFinite) && suffix[0] === 0;
}

function refuse(where: string): never {
  throw new UserError(`${where} is damaged: its n-grams do not fit together; restore it or make it again.`);
}

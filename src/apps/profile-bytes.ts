/**
 * The content of a profile's file, as safetensors: for each point k and each weight
 *
 *   k.NAME.left (m, r), k.NAME.right (r, n)   factors of a matrix's change (I8), k.NAME.scale (r) of their products (F32),
 *                                             k.NAME.rows (m) where it has not all rows (I32)
 *   k.NAME (n)                                a vector's change (BF16)
 *
 * The rest stands in the metadata. Touches no files itself.
 */
import { UserError } from "../errors.js";
import { fromBf16 } from "../format/half-floats.js";
import { parseJson } from "../format/json.js";
import type { NamedTensor, Safetensors, StoredTensor } from "../format/safetensors.js";
import type { DTYPES } from "../format/safetensors-header.js";
import { toBf16 } from "../format/to-bf16.js";
import type { WeightShape } from "../model/weight-shapes.js";
import type { LowRank } from "./low-rank.js";
import type { Profile, ProfilePoint } from "./profile.js";
import type { ChangedWeight, WeightChange } from "./weight-change.js";

const FORMAT = "recurra profile";
const VERSION = "1";
const KEY = /^[0-9a-f]{32}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const FIGURES = ["tokens", "characters", "bits", "plain_bits"] as const;

/** A profile, and the key of its model (model-key.ts). */
export interface KeptProfile {
  readonly model: string;
  readonly profile: Profile;
}

/** What a profile's file holds. */
export interface ProfileContent {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

export function profileContent({ model, profile }: KeptProfile): ProfileContent {
  const tensors: NamedTensor[] = [];
  const points = profile.points.map(({ number, at, tokens, characters, bits, plainBits, change }) => {
    const keep: Record<string, number> = {};
    for (const [name, changed] of change) {
      keep[name] = changed.keep;
      tensors.push(...changeTensors(`${number}.${name}`, changed.part));
    }
    return { number, at, tokens, characters, bits, plain_bits: plainBits, keep };
  });
  const metadata = {
    format: FORMAT,
    version: VERSION,
    model,
    off: String(profile.off),
    points: JSON.stringify(points),
  };
  return { tensors, metadata };
}

function changeTensors(name: string, part: ChangedWeight["part"]): NamedTensor[] {
  if (part instanceof Float32Array)
    return [{ name, dtype: "BF16", shape: [part.length], data: toBf16(part) }];
  const { rank, rows, scale, left, right } = part;
  if (rank === 0) return [];
  const factor = (end: string, shape: readonly number[], values: ArrayLike<number>) =>
    ({ name: name + end, dtype: "I8", shape, data: Int8Array.from(values) }) as const;
  return [
    factor(".left", [left.length / rank, rank], left),
    factor(".right", [rank, right.length / rank], right),
    { name: `${name}.scale`, dtype: "F32", shape: [rank], data: Float32Array.from(scale) },
    ...(rows
      ? [{ name: `${name}.rows`, dtype: "I32" as const, shape: [rows.length], data: Int32Array.from(rows) }]
      : []),
  ];
}

/** The key of the model that a profile's file names. @throws UserError where it is no profile, or a newer one */
export function profileModel(metadata: Readonly<Record<string, string>>, where: string): string {
  if (metadata["format"] !== FORMAT)
    throw new UserError(`${where} is no profile: recurra adapt did not write it; name another one.`);
  const { version = "", model = "" } = metadata;
  if (version !== VERSION) {
    if (!(Number(version) > Number(VERSION))) throw damaged(where, '"version"');
    throw new UserError(
      `${where} is of version ${version}, and this recurra knows ${VERSION}; use a newer recurra, or name another profile.`,
    );
  }
  if (!KEY.test(model)) throw damaged(where, '"model"');
  return model;
}

/**
 * Reads it back, for a model with these weights.
 * @param content whose checksum was compared
 * @throws UserError where it is damaged
 */
export function parseProfile(
  { tensors, metadata }: Safetensors,
  shapes: readonly WeightShape[],
  where: string,
): Profile {
  profileModel(metadata, where);
  const { off, points: text = "" } = metadata;
  if (off !== "true" && off !== "false") throw damaged(where, '"off"');
  const listed = parseJson(text, `"points" of ${where}`);
  if (!Array.isArray(listed)) throw damaged(where, '"points"');
  const known = new Map(shapes.map(({ name, shape }) => [name, shape]));
  let used = 0;
  let before = 0;
  const points = listed.map((entry: unknown): ProfilePoint => {
    const record = objectOf(entry);
    const { number, at } = record;
    if (!Number.isSafeInteger(number) || (number as number) <= before) throw damaged(where, '"number"');
    before = number as number;
    if (typeof at !== "string" || !TIME.test(at)) throw damaged(where, '"at"');
    const [tokens, characters, bits, plainBits] = FIGURES.map((name) => {
      const value = record[name];
      if (typeof value !== "number" || !(value >= 0 && value < Infinity)) throw damaged(where, `"${name}"`);
      return value;
    }) as [number, number, number, number];
    const change = new Map<string, ChangedWeight>();
    for (const [name, keep] of Object.entries(objectOf(record["keep"]))) {
      const shape = known.get(name);
      if (!shape || typeof keep !== "number" || !Number.isFinite(keep)) throw damaged(where, '"keep"');
      const tensor = (end: string): StoredTensor | undefined => {
        const found = tensors.get(`${before}.${name}${end}`);
        if (found) used++;
        return found;
      };
      change.set(name, { keep, part: partOf(tensor, shape, where) });
    }
    return { number: before, at, tokens, characters, bits, plainBits, change: change as WeightChange };
  });
  if (used !== tensors.size) throw damaged(where, "it has tensors of no point");
  return { off: off === "true", points };
}

function partOf(
  tensor: (end: string) => StoredTensor | undefined,
  shape: readonly number[],
  where: string,
): ChangedWeight["part"] {
  const [n, k] = shape as [number, number?];
  if (k === undefined) return fromBf16(dataOf(tensor(""), "BF16", [n], where));
  const [left, right, scale, rows] = [".left", ".right", ".scale", ".rows"].map(tensor);
  if (!left && !right && !scale && !rows)
    return {
      rank: 0,
      rows: undefined,
      scale: new Float32Array(0),
      left: new Int8Array(0),
      right: new Int8Array(0),
    };
  const [m, rank] = left?.shape ?? [];
  if (rank === undefined || rank < 1 || m! > n) throw damaged(where, "the shape of a tensor");
  const listed = rows && rowsOf(rows, m!, n, where);
  if (!listed && m !== n) throw damaged(where, "the shape of a tensor");
  return {
    rank,
    rows: listed,
    scale: dataOf(scale, "F32", [rank], where),
    left: dataOf(left, "I8", [m!, rank], where),
    right: dataOf(right, "I8", [rank, k], where),
  } satisfies LowRank;
}

function dataOf<Type extends "BF16" | "F32" | "I8">(
  tensor: StoredTensor | undefined,
  dtype: Type,
  shape: readonly number[],
  where: string,
): InstanceType<(typeof DTYPES)[Type]> {
  if (tensor?.dtype !== dtype || tensor.shape.join() !== shape.join())
    throw damaged(where, "the shape of a tensor");
  const data = tensor.data as InstanceType<(typeof DTYPES)[Type]>;
  const numbers = dtype === "BF16" ? fromBf16(data as Uint16Array) : (data as ArrayLike<number>);
  if (!Array.from(numbers).every(Number.isFinite)) throw damaged(where, "a number is not finite");
  return data;
}

function rowsOf({ dtype, shape, data }: StoredTensor, m: number, n: number, where: string): Int32Array {
  if (dtype !== "I32" || shape.length !== 1 || shape[0] !== m) throw damaged(where, "the shape of a tensor");
  const rows = data as Int32Array;
  if (!rows.every((row, i) => row < n && row > (i === 0 ? -1 : rows[i - 1]!))) throw damaged(where, "a row");
  return rows;
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function damaged(where: string, what: string): UserError {
  return new UserError(
    `${where} is a damaged profile: ${what} is wrong; restore it from a copy, or delete it (recurra profile delete).`,
  );
}

/**
 * The content of a profile's file, as safetensors: for each point k and each weight
 *
 *   k.NAME.left (m, r), k.NAME.right (r, n)   factors of a matrix's change; k.NAME.rows (m) where it has not all rows
 *   k.NAME (n)                                a vector's change
 *
 * in BF16 (rows I32); the rest stands in the metadata. Touches no files itself.
 */
import { UserError } from "../errors.js";
import { fromBf16 } from "../format/half-floats.js";
import { parseJson } from "../format/json.js";
import type { NamedTensor, Safetensors, StoredTensor } from "../format/safetensors.js";
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
  if (part instanceof Float32Array) return [bf16(name, [part.length], part)];
  const { rank, rows, left, right } = part;
  if (rank === 0) return [];
  return [
    bf16(`${name}.left`, [left.length / rank, rank], left),
    bf16(`${name}.right`, [rank, right.length / rank], right),
    ...(rows
      ? [{ name: `${name}.rows`, dtype: "I32" as const, shape: [rows.length], data: Int32Array.from(rows) }]
      : []),
  ];
}

const bf16 = (name: string, shape: readonly number[], values: Float32Array): NamedTensor => ({
  name,
  dtype: "BF16",
  shape,
  data: toBf16(values),
});

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
  if (k === undefined) return numbersOf(tensor(""), [n], where);
  const [left, right, rows] = [tensor(".left"), tensor(".right"), tensor(".rows")];
  if (!left && !right && !rows)
    return { rank: 0, rows: undefined, left: new Float32Array(0), right: new Float32Array(0) };
  const [m, rank] = left?.shape ?? [];
  if (rank === undefined || rank < 1 || m! > n) throw damaged(where, "the shape of a tensor");
  const listed = rows && rowsOf(rows, m!, n, where);
  if (!listed && m !== n) throw damaged(where, "the shape of a tensor");
  return {
    rank,
    rows: listed,
    left: numbersOf(left, [m!, rank], where),
    right: numbersOf(right, [rank, k], where),
  } satisfies LowRank;
}

function numbersOf(tensor: StoredTensor | undefined, shape: readonly number[], where: string): Float32Array {
  if (tensor?.dtype !== "BF16" || tensor.shape.join() !== shape.join())
    throw damaged(where, "the shape of a tensor");
  const values = fromBf16(tensor.data as Uint16Array);
  if (!values.every(Number.isFinite)) throw damaged(where, "a number is not finite");
  return values;
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

/**
 * The folder of an index: the vectors of a file's lines.
 *
 *   index.json             the record: of which model, made how, of which lines; written last
 *   vectors.f32            (N, D) the vectors as they were pooled, line after line
 *   lines.f64              (N) where each line begins in the file, in bytes
 *   common-….safetensors   lengths (N) without the common part; mean (D) and components (k, D) where they are taken out;
 *                          weights (V) of sif
 *   .lock                  names the process that writes here
 *
 * Rows are only ever added to the two files of rows, and the record says how many count. So a process that is killed leaves
 * the index as it was; before rows are taken away a record is written that has no more than stay.
 */
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { readJsonFile, writeJsonFile } from "../format/json-file.js";
import { readSafetensors, writeSafetensors } from "../format/safetensors-file.js";
import type { NamedTensor } from "../format/safetensors.js";
import { isValue } from "../options/check.js";
import { INDEX_OPTIONS } from "../options/vector-options.js";
import type { LineForm } from "../text/corpus/line-places.js";
import { CommonPart } from "./common-part.js";
import type { PoolingSettings } from "./embed-options.js";
import type { RowCount } from "./rows-file.js";

const FORMAT = "recurra index";
const VERSION = 1;
/** Bytes of a record; one has some hundred. */
const MOST_BYTES = 65_536;
const NAME = "index.json";
const COMMON = /^common-[0-9a-f]{8}\.safetensors$/;
const OTHERS = ["vectors.f32", "lines.f64", ".lock"];

/** The lines that an index has. */
export interface IndexedLines {
  readonly form: LineForm;
  /** Bytes of the file that they are, and their SHA-256. */
  readonly bytes: number;
  readonly sha256: string;
  /** The last of them has its line end. */
  readonly ended: boolean;
}

export interface IndexRecord {
  /** Of the model that made the vectors. */
  readonly model: string;
  readonly settings: PoolingSettings;
  readonly width: number;
  readonly lines: IndexedLines;
  readonly vectors: RowCount;
  readonly places: RowCount;
  /** Name of its file; undefined where there is no line. */
  readonly common: string | undefined;
}

/** What belongs to all lines. */
export interface IndexCommon {
  /** ‖v'‖ (N) */
  readonly lengths: Float32Array;
  readonly common: CommonPart | undefined;
  /** By token, of sif. */
  readonly weights: Float64Array | undefined;
}

export const indexPaths = (folder: string) => ({
  record: join(folder, NAME),
  vectors: join(folder, "vectors.f32"),
  places: join(folder, "lines.f64"),
  lock: join(folder, ".lock"),
});

/**
 * The record of an index; undefined where there is no folder, or an empty one.
 * @throws UserError for a folder of other files, and a record that is damaged or newer
 */
export async function readIndexRecord(folder: string): Promise<IndexRecord | undefined> {
  const { record } = indexPaths(folder);
  if (!existsSync(record)) {
    checkOwn(folder);
    return undefined;
  }
  return parseIndexRecord(await readJsonFile(record, MOST_BYTES), record);
}

/** @throws UserError where it is no folder, or has files that are not of an index */
function checkOwn(folder: string): void {
  const status = statSync(folder, { throwIfNoEntry: false });
  if (!status) return;
  if (!status.isDirectory())
    throw new UserError(`${folder} is a file, and an index is a folder; name another one.`);
  const other = readdirSync(folder).find((name) => !OTHERS.includes(name) && !COMMON.test(name));
  if (other !== undefined)
    throw new UserError(
      `${folder} is no index: it has ${other} and no ${NAME}; name another folder, or one that is not there yet.`,
    );
}

/** Writes the record; files of an earlier one are then removed. @throws UserError where it cannot be written */
export async function writeIndexRecord(folder: string, record: IndexRecord): Promise<void> {
  const { common } = record;
  await writeJsonFile(indexPaths(folder).record, indexRecordJson(record));
  for (const name of readdirSync(folder))
    if (COMMON.test(name) && name !== common) rmSync(join(folder, name), { force: true });
}

/** The content of index.json. */
export function indexRecordJson({ settings, lines, common, ...rest }: IndexRecord): object {
  return {
    format: FORMAT,
    version: VERSION,
    ...rest,
    ...settings,
    lines: { ...lines.form, bytes: lines.bytes, sha256: lines.sha256, ended: lines.ended },
    ...(common !== undefined && { common }),
  };
}

/** Reads it back. @throws UserError where it is damaged or newer */
export function parseIndexRecord(json: unknown, path: string): IndexRecord {
  const damaged = (what: string): UserError =>
    new UserError(
      `${path} is no record of an index, or a damaged one: ${what}; remove the folder, or name another one.`,
    );
  const record = objectOf(json);
  if (record["format"] !== FORMAT) throw damaged(`its format is not "${FORMAT}"`);
  const { version } = record;
  if (!isCount(version) || version < VERSION) throw damaged('"version"');
  if (version > VERSION)
    throw new UserError(
      `${path} is of version ${version}, and this recurra knows ${VERSION}; use a newer recurra, or name another folder.`,
    );
  const { model, width, common } = record;
  const { pool, sifA, centre, components } = record;
  const settings = { pool, sifA, centre, components };
  for (const [name, value] of Object.entries(settings))
    if (!isValue(value, INDEX_OPTIONS[name as keyof typeof settings].value)) throw damaged(`"${name}"`);
  if (typeof model !== "string") throw damaged('"model"');
  if (!isCount(width) || width === 0) throw damaged('"width"');
  if (common !== undefined && !(typeof common === "string" && COMMON.test(common))) throw damaged('"common"');
  const [vectors, places] = (["vectors", "places"] as const).map((name) => {
    const { count, checksum } = objectOf(record[name]);
    if (!isCount(count) || !isCount(checksum)) throw damaged(`"${name}"`);
    return { count, checksum };
  }) as [RowCount, RowCount];
  const { encoding, field, bytes, sha256, ended } = objectOf(record["lines"]);
  if (
    !isValue(encoding, INDEX_OPTIONS.encoding.value) ||
    !(field === undefined || typeof field === "string") ||
    !isCount(bytes) ||
    typeof sha256 !== "string" ||
    typeof ended !== "boolean"
  )
    throw damaged('"lines"');
  if (vectors.count !== places.count || vectors.count > 0 !== (common !== undefined))
    throw damaged("its counts do not agree");
  const form = { encoding: encoding as LineForm["encoding"], ...(field !== undefined && { field }) };
  return {
    model,
    width,
    settings: settings as PoolingSettings,
    lines: { form, bytes, sha256, ended },
    vectors,
    places,
    common: common as string | undefined,
  };
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** @param name as a record has it @throws UserError where the file cannot be written */
export async function writeIndexCommon(
  folder: string,
  name: string,
  { lengths, common, weights }: IndexCommon,
): Promise<void> {
  const f64 = (tensor: string, data: Float64Array, shape: readonly number[]): NamedTensor => ({
    name: tensor,
    dtype: "F64",
    shape,
    data: Float64Array.from(data),
  });
  const D = common?.mean.length ?? 0;
  const components = common?.components ?? [];
  await writeSafetensors(join(folder, name), [
    { name: "lengths", dtype: "F32", shape: [lengths.length], data: Float32Array.from(lengths) },
    ...(common ? [f64("mean", common.mean, [D])] : []),
    ...(components.length > 0
      ? [f64("components", Float64Array.from(components.flatMap((u) => [...u])), [components.length, D])]
      : []),
    ...(weights ? [f64("weights", weights, [weights.length])] : []),
  ]);
}

/** @throws UserError where it is missing, damaged, or not of the record */
export async function readIndexCommon(
  folder: string,
  { common: name, vectors, width, settings }: IndexRecord,
  vocabulary: number,
): Promise<IndexCommon> {
  const path = join(folder, name!);
  if (!existsSync(path))
    throw new UserError(`The index in ${folder} is not whole: ${name} is missing; make the index anew.`);
  const { tensors } = await readSafetensors(path);
  const { centre, components, pool } = settings;
  const read = <Data>(tensor: string, wanted: boolean, shape: readonly number[]): Data | undefined => {
    if (!wanted) return undefined;
    const found = tensors.get(tensor);
    if (found?.shape.join() !== shape.join() || found.dtype !== (tensor === "lengths" ? "F32" : "F64"))
      throw new UserError(`${path} is not of this index: its ${tensor} do not fit; make the index anew.`);
    return found.data as Data;
  };
  const D = width;
  const mean = read<Float64Array>("mean", centre || components > 0, [D]);
  const rows = read<Float64Array>("components", components > 0, [components, D]);
  return {
    lengths: read<Float32Array>("lengths", true, [vectors.count])!,
    common:
      mean &&
      new CommonPart(
        mean,
        Array.from({ length: components }, (_, i) => rows!.slice(i * D, (i + 1) * D)),
      ),
    weights: read<Float64Array>("weights", pool === "sif", [vocabulary]),
  };
}

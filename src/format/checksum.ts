/**
 * A checksum in a safetensors file's metadata, where other tools pass over it: "crc32": "1c291ca3 of 4096 bytes".
 *
 * It is the CRC-32 of the file as `encodeSafetensors` writes this content with the checksum's own eight digits as
 * zeros. So it detects a changed name, shape or metadata entry as well as a changed weight, while the order and spacing
 * in which another program wrote the same content do not matter. Where the number of bytes of data is another, another
 * program has saved other tensors, perhaps in another type, and kept the metadata: the checksum is not theirs and is
 * ignored.
 */
import { UserError } from "../errors.js";
import { crc32, type Crc32 } from "./crc32.js";
import { type NamedTensor, safetensorsChunks, type StoredTensor } from "./safetensors-chunks.js";

export const CHECKSUM_KEY = "crc32";
const ZEROS = "00000000";
const PATTERN = /^([0-9a-f]{8}) of (0|[1-9]\d{0,15}) bytes$/;

/** The metadata with a checksum of the content. @param crc the function to use: zlib's where there is one */
export function withChecksum(
  tensors: Iterable<NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
  crc: Crc32 = crc32,
): Record<string, string> {
  const named = [...tensors];
  const bytes = named.reduce((sum, { data }) => sum + data.byteLength, 0);
  const unsigned = { ...metadata, [CHECKSUM_KEY]: `${ZEROS} of ${bytes} bytes` };
  let sum = 0;
  for (const chunk of safetensorsChunks(named, unsigned).chunks) {
    // zlib's begins anew at an empty one.
    if (chunk.length > 0) sum = crc(chunk, sum);
  }
  return { ...metadata, [CHECKSUM_KEY]: `${sum.toString(16).padStart(8, "0")} of ${bytes} bytes` };
}

/** @throws UserError where there is a checksum and it is not that of the content */
export function checkContent(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
  where: string,
  crc: Crc32 = crc32,
): void {
  const written = metadata[CHECKSUM_KEY];
  const [, , bytes] = PATTERN.exec(written ?? "") ?? [];
  if (bytes === undefined) return;
  const named = [...tensors].map(([name, tensor]) => ({ name, ...tensor }));
  if (named.reduce((sum, { data }) => sum + data.byteLength, 0) !== Number(bytes)) return;
  if (withChecksum(named, metadata, crc)[CHECKSUM_KEY] === written) return;
  throw new UserError(
    `${where} is damaged: its content does not fit its checksum; restore it from a copy, or make it again. If another program changed it on purpose, let it leave out the "${CHECKSUM_KEY}" of the file's metadata.`,
  );
}

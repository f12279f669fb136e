/** Safetensors whose header is changed: its length stays true, so that what stands in it is read. */
import { type JsonMutation, mutatedJson } from "./mutations.js";

/** Changes the header. */
export function withHeader(bytes: Uint8Array, changes: readonly JsonMutation[]): Uint8Array {
  return rewritten(bytes, (header) => mutatedJson(header, changes));
}

/** Changes the JSON that a checkpoint keeps of its run, in the metadata. */
export function withCheckpointHeader(bytes: Uint8Array, changes: readonly JsonMutation[]): Uint8Array {
  return rewritten(bytes, (header) => {
    const { __metadata__: metadata } = header as { __metadata__?: Record<string, string> };
    const kept = metadata?.["recurra_checkpoint"];
    if (metadata && kept !== undefined)
      metadata["recurra_checkpoint"] = JSON.stringify(mutatedJson(JSON.parse(kept), changes));
    return header;
  });
}

function rewritten(bytes: Uint8Array, change: (header: unknown) => unknown): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header: unknown = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString());
  const text = Buffer.from(JSON.stringify(change(header)) ?? "");
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(text.length), true);
  return new Uint8Array(Buffer.concat([size, text, bytes.subarray(8 + length)]));
}

/** The text of a study as its trials read it: a folder of ids by tokenizer, and the part that trials are measured on. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { EncodedText } from "../text/windows/encode.js";
import { encodeToFile, openIdFile } from "../text/windows/id-file.js";
import type { IdStore, PartText } from "../train/run-store.js";

export class StudyTexts implements IdStore {
  readonly #folder: string;
  readonly #heldOut: number;

  /**
   * @param folder of one process alone
   * @param heldOut characters of the held-out text that are kept, at most; of lines, whole ones
   */
  constructor(folder: string, heldOut: number) {
    this.#folder = folder;
    this.#heldOut = heldOut;
  }

  async encode({ part, chunks, key }: PartText, tokenizer: Tokenizer, lines: boolean): Promise<EncodedText> {
    const most = part === "validation" ? this.#heldOut : Infinity;
    const tokens = hash([tokenizer.toJSON()]);
    const whole = hash([key, tokens, lines, part, most === Infinity ? "all" : most]);
    const path = join(this.#folder, `${tokens}-${part}-${whole.slice(0, 8)}.ids`);
    const kept = most === Infinity ? chunks : () => beginning(chunks(), most, lines);
    return openIdFile(path, whole, tokenizer.size) ?? encodeToFile(kept(), tokenizer, lines, path, whole);
  }
}

/**
 * The first characters of a text, so that models with other tokens are measured on the same text. A surrogate pair counts
 * as two and is not cut; of lines the last one is whole.
 */
export async function* beginning(
  chunks: AsyncIterable<string>,
  most: number,
  lines: boolean,
): AsyncGenerator<string> {
  let left = most;
  for await (const chunk of chunks) {
    if (chunk.length <= left) {
      yield chunk;
      left -= chunk.length;
      continue;
    }
    if (!lines) {
      const isCut = /[\ud800-\udbff]/.test(chunk.charAt(left - 1));
      yield chunk.slice(0, isCut ? left - 1 : left);
      return;
    }
    const end = chunk.indexOf("\n", left);
    if (end >= 0) {
      yield chunk.slice(0, end + 1);
      return;
    }
    // The line goes on in the next chunk.
    yield chunk;
    left = 0;
  }
}

const hash = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

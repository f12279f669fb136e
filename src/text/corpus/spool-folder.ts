/** Copies of inputs that can be read only once: pipes and standard input. */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileError } from "../../format/system-error.js";
import { TemporaryFolder } from "../../format/temporary-folder.js";

/** Bytes that can be read only once, such as a Node stream. */
export type ByteStream = AsyncIterable<Uint8Array | string>;

/** A folder for the copies. */
export class SpoolFolder {
  readonly #folder = new TemporaryFolder();
  #files = 0;

  /**
   * Copies a stream into a file.
   * @param name for messages
   * @returns the file's path
   * @throws UserError when the disk is full
   */
  async keep(stream: ByteStream, name: string): Promise<string> {
    const path = join(this.#folder.path, String(this.#files++));
    try {
      await pipeline(stream, createWriteStream(path));
    } catch (error) {
      throw fileError(error, `keep ${name} in`, path);
    }
    return path;
  }

  remove(): void {
    this.#folder.remove();
  }
}

/** Copies of inputs that can be read only once: pipes and standard input. */
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileError } from "../../format/system-error.js";

/** Bytes that can be read only once, such as a Node stream. */
export type ByteStream = AsyncIterable<Uint8Array | string>;

/** A folder for the copies. It is made when first needed, and removed at the latest when the process exits. */
export class SpoolFolder {
  #path: string | undefined;
  #files = 0;
  readonly #atExit = (): void => this.remove();

  /**
   * Copies a stream into a file.
   * @param name for messages
   * @returns the file's path
   * @throws UserError when the disk is full
   */
  async keep(stream: ByteStream, name: string): Promise<string> {
    if (this.#path === undefined) {
      this.#path = mkdtempSync(join(tmpdir(), "recurra-"));
      process.once("exit", this.#atExit);
    }
    const path = join(this.#path, String(this.#files++));
    try {
      await pipeline(stream, createWriteStream(path));
    } catch (error) {
      throw fileError(error, `keep ${name} in`, path);
    }
    return path;
  }

  remove(): void {
    process.off("exit", this.#atExit);
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}

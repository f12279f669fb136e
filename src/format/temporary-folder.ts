/** A folder in the system's folder of temporary files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileError } from "./system-error.js";

/** It is made when first needed, and removed at the latest when the process exits. */
export class TemporaryFolder {
  #path: string | undefined;
  readonly #atExit = (): void => this.remove();

  /** @throws UserError where it cannot be made */
  get path(): string {
    if (this.#path === undefined) {
      const beginning = join(tmpdir(), "recurra-");
      try {
        this.#path = mkdtempSync(beginning);
      } catch (error) {
        throw fileError(error, "make a temporary folder at", `${beginning}…`);
      }
      process.once("exit", this.#atExit);
    }
    return this.#path;
  }

  /** With all that is in it; where it is needed again it is another one. */
  remove(): void {
    process.off("exit", this.#atExit);
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}

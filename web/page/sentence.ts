import { UserError } from "../../src/errors.js";

/** What a person reads of an error. */
export function sentence(error: unknown): string {
  return error instanceof UserError ? error.message : `This page failed: ${String(error)}`;
}

/** Errors as plain data, which any transport can carry, and back. */
import { UserError, type UserErrorParts } from "../errors.js";

/** What a person can mend, in its parts; or what failed. */
export type ReplyError = UserErrorParts | { readonly message: string };

/** An error for the way. */
export function replyErrorOf(error: unknown): ReplyError {
  if (!(error instanceof UserError)) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
  const { option, problem, advice } = error;
  return { option, problem, advice };
}

/** The error that was sent. */
export function errorOf(error: ReplyError): Error {
  return "problem" in error ? new UserError(error) : new Error(error.message);
}

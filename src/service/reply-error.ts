/** Errors as plain data, which any transport can carry, and back. */
import { UserError, type UserErrorParts } from "../errors.js";

/** A UserError in its parts, or another error's message. */
export type ReplyError = UserErrorParts | { readonly message: string };

/** An error as plain data. */
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

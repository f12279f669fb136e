/** The one error that a person caused and can mend: a clear sentence, no stack trace, exit code 2. */
export class UserError extends Error {
  override name = "UserError";
}

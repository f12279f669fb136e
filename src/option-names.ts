/** Options that nobody knows are mistakes: they are told, not passed over. */
import { UserError } from "./errors.js";
import { nearest } from "./nearest.js";

/** @throws UserError where `options` is no object or has a name that is not known */
export function checkOptionNames(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new UserError(`${what} takes its options as an object, such as { ${known[0]}: … }.`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    const hint = meant === undefined ? `there are ${known.join(", ")}` : `did you mean ${meant}?`;
    throw new UserError(`${what} has no option ${name}; ${hint}${meant === undefined ? "." : ""}`);
  }
}

/**
 * Checks of arguments other than options (a text, a state, a listener): a value of a wrong type is refused with a
 * sentence.
 */
import { UserError } from "./errors.js";
import { shown } from "./shown.js";

/** @param name what it is, at the beginning of a sentence: "The text" @throws UserError where it is not a string */
export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") refuseArgument(name, value, "give a string");
}

/** As `checkText`, for the path of a file or folder. @throws UserError also where no file can have such a name */
export function checkPath(name: string, value: unknown): asserts value is string {
  checkText(name, value);
  if (value.includes("\0")) refuseArgument(name, value, "give a path without the character U+0000");
}

/** @throws UserError where it is not a Uint8Array */
export function checkBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) refuseArgument(name, value, "give a Uint8Array");
}

/** @throws UserError where it is not a plain object */
export function checkObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    refuseArgument(name, value, "give an object");
}

/**
 * Names alone, for what a page loads: the tables of options, which know values too, stay in the worker.
 * @param called the function that takes the options: "next" @throws UserError where they are no object, or for a name
 * not known
 */
export function checkNames(called: string, options: unknown, known: readonly string[]): void {
  checkObject(`The options argument of ${called}`, options);
  const other = Object.keys(options).find((name) => !known.includes(name));
  if (other === undefined) return;
  throw new UserError({
    option: other,
    problem: `${called} has no option ${other}`,
    advice: `there ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`,
  });
}

/** @throws UserError where it is given and is not a function */
export function checkListener(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") refuseArgument(name, value, "give a function");
}

/** @throws UserError where it is given and is not an AbortSignal */
export function checkSignal(name: string, value: unknown): void {
  if (value === undefined) return;
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  if (typeof aborted !== "boolean" || typeof addEventListener !== "function")
    refuseArgument(name, value, "give the signal of an AbortController");
}

/** Whether `for await` goes through it. */
export function isIterable(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return Symbol.iterator in Object(value) || Symbol.asyncIterator in Object(value);
}

/** @throws UserError with the given value and the expected one */
export function refuseArgument(name: string, value: unknown, advice: string): never {
  throw new UserError({ problem: `${name} is ${shown(value)}`, advice });
}

/** Lines of the text forms: a key and what follows it, with the place for messages. */
import { UserError } from "../../errors.js";
import { shown } from "../../shown.js";

export interface KeyedLine {
  readonly key: string;
  /** What follows the key, without white space around it. */
  readonly rest: string;
  readonly where: string;
}

/** The lines "key rest" of a file, blank ones left out; the key ends at white space. */
export function keyedLines(text: string, name: string): KeyedLine[] {
  return text.split("\n").flatMap((line, i) => {
    const [, key, rest] = /^\s*(\S+)\s*([^]*?)\s*$/u.exec(line) ?? [];
    return key === undefined ? [] : [{ key, rest: rest!, where: `${name}, line ${i + 1}` }];
  });
}

/** By key. @throws UserError where a key stands twice */
export function byKey(lines: readonly KeyedLine[]): Map<string, KeyedLine> {
  const found = new Map<string, KeyedLine>();
  for (const line of lines) {
    const earlier = found.get(line.key);
    if (earlier) throw stoodBefore(line.where, line.key, earlier.where);
    found.set(line.key, line);
  }
  return found;
}

/** What is said of an id that stands twice, wherever lines have ids. @param earlier where it stood before */
export function stoodBefore(where: string, id: string, earlier: string): UserError {
  return new UserError(
    `${where}: the id ${shown(id)} stood before, in ${earlier}; keep one of the two, or give each an id of its own.`,
  );
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite number. @param what it is, for messages: "the cost" @throws UserError */
export function numberOf(text: string, where: string, what: string): number {
  const number = NUMBER.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(number))
    throw new UserError(`${where}: ${what} is ${shown(text)}; give a finite number.`);
  return number;
}

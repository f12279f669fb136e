/**
 * Strict JSON that says where it goes wrong. `JSON.parse` makes the value; since its messages differ between engines
 * and often give no place, and since it lets a key stand twice, a scan of the text comes first (RFC 8259).
 */
import { UserError } from "../errors.js";
import { shown } from "../shown.js";

/** Deepest nesting of arrays and objects that is read. */
export const MAX_DEPTH = 100;

/** The value of a JSON text. @throws UserError with line and column: not JSON, a key twice, nested too deeply */
export function parseJson(text: string, where: string): unknown {
  const problem = scanJson(text);
  if (problem === undefined) return JSON.parse(text);
  const before = text.slice(0, problem.at);
  const line = before.split("\n").length;
  const column = problem.at - before.lastIndexOf("\n");
  throw new UserError(`${where} is not valid JSON: line ${line}, column ${column}: ${problem.message}.`);
}

/** The first thing wrong, at an index of the text. */
export interface JsonProblem {
  readonly at: number;
  readonly message: string;
}

/** Undefined when the text is JSON in which no object has a key twice. */
export function scanJson(text: string): JsonProblem | undefined {
  try {
    new Scanner(text).document();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

class Problem extends Error implements JsonProblem {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const SPACE = /[ \t\n\r]*/y;
// Everything that may stand in a string up to what needs a look: its end, an escape, a control character.
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value(0);
    if (this.#at < this.#text.length) this.#fail(`${this.#here()} stands after the end`);
  }

  /** A value with the space around it. */
  #value(depth: number): void {
    if (depth > MAX_DEPTH) this.#fail(`it is nested more than ${MAX_DEPTH} levels deep`);
    this.#skip(SPACE);
    const char = this.#text[this.#at];
    if (char === "{") this.#object(depth);
    else if (char === "[") this.#array(depth);
    else if (char === '"') this.#string();
    else if (!this.#skip(NUMBER) && !this.#skip(WORD)) {
      this.#fail(`a value is expected, but ${this.#here()} is there`);
    }
    this.#skip(SPACE);
  }

  #object(depth: number): void {
    const keys = new Set<string>();
    this.#at++;
    this.#skip(SPACE);
    if (this.#take("}")) return;
    do {
      this.#skip(SPACE);
      const start = this.#at;
      if (this.#text[start] !== '"') this.#fail(`a key in quotes is expected, but ${this.#here()} is there`);
      this.#string();
      const quoted = this.#text.slice(start, this.#at);
      const key = quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
      if (keys.has(key)) throw new Problem(start, `the key ${shown(key)} stands twice in one object`);
      keys.add(key);
      this.#skip(SPACE);
      if (!this.#take(":")) this.#fail(`":" is expected, but ${this.#here()} is there`);
      this.#value(depth + 1);
    } while (this.#take(","));
    if (!this.#take("}")) this.#fail(`"," or "}" is expected, but ${this.#here()} is there`);
  }

  #array(depth: number): void {
    this.#at++;
    this.#skip(SPACE);
    if (this.#take("]")) return;
    do this.#value(depth + 1);
    while (this.#take(","));
    if (!this.#take("]")) this.#fail(`"," or "]" is expected, but ${this.#here()} is there`);
  }

  #string(): void {
    const start = this.#at++;
    for (;;) {
      this.#skip(PLAIN);
      if (this.#take('"')) return;
      if (this.#at >= this.#text.length) throw new Problem(start, "this string has no end");
      if (!this.#skip(ESCAPE)) {
        const escape = this.#text[this.#at] === "\\";
        this.#fail(
          escape ? "this escape does not exist" : `${this.#here()} may not stand in a string as it is`,
        );
      }
    }
  }

  /** Goes past what the sticky pattern matches here; false when it is nothing. */
  #skip(pattern: RegExp): boolean {
    const start = this.#at;
    pattern.lastIndex = start;
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
    return this.#at > start;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #here(): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return "the end";
    if (code < 0x20) return `the character U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    return `"${String.fromCodePoint(code)}"`;
  }

  #fail(message: string): never {
    throw new Problem(this.#at, message);
  }
}

/**
 * Names of fields: camelCase in the library, snake_case in JSON that is written for others to read (metrics.jsonl, what
 * the commands print with --json). Converted only here. Files with a format of their own (config.json, tokenizer.json,
 * checkpoints) keep theirs.
 */

/** bitsPerChar → bits_per_char */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** bits_per_char → bitsPerChar */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A value as one line of JSON, the names of all its fields in snake_case. */
export function snakeCaseJson(value: unknown): string {
  return JSON.stringify(renamed(value, toSnake));
}

/** The parsed JSON, with the names of all its fields in camelCase. @throws SyntaxError */
export function parseSnakeCaseJson(text: string): unknown {
  return renamed(JSON.parse(text), toCamel);
}

const MOST_KNOWN = 1000;

/** Converted names: the same ones recur with every step and line. */
function remembered(rename: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    let turned = known.get(name);
    if (turned === undefined) {
      turned = rename(name);
      // A file may have any number of names: the table is bounded.
      if (known.size < MOST_KNOWN) known.set(name, turned);
    }
    return turned;
  };
}

const toSnake = remembered(snakeCase);
const toCamel = remembered(camelCase);

/** Plain JSON data with renamed fields. */
function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  const turned: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const inner = renamed((value as Readonly<Record<string, unknown>>)[name], rename);
    const key = rename(name);
    // Defined as an own field, even if it is named `__proto__`.
    if (key === "__proto__") Object.defineProperty(turned, key, { value: inner, enumerable: true });
    else turned[key] = inner;
  }
  return turned;
}

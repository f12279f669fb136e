/**
 * Names of fields: camelCase in the library, snake_case in JSON that is written for others to read (metrics.jsonl,
 * what the commands print with --json). Turned here and nowhere else. Files with a format of their own (config.json,
 * tokenizer.json, checkpoints) keep theirs.
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
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner) ? renamed(inner, snakeCase) : inner,
  );
}

/** What JSON says, the names of all its fields in camelCase. @throws SyntaxError */
export function parseSnakeCaseJson(text: string): unknown {
  return JSON.parse(text, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner) ? renamed(inner, camelCase) : inner,
  );
}

function renamed(value: object, rename: (name: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [rename(name), inner as unknown]));
}

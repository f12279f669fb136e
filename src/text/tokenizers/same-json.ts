/** Parts of parsed JSON looked at without stumbling: only an object's own keys count, and what is shown is short. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Is this an object of JSON, and no list? */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of an object's own key; undefined where it has none, whatever objects inherit under that name. */
export function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The keys of either of two objects. */
export function keysOf(a: JsonObject, b: JsonObject): Set<string> {
  return new Set([...Object.keys(a), ...Object.keys(b)]);
}

/** Equal as JSON values, whatever the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as JsonObject, b as JsonObject];
  const keys = Object.keys(x);
  if (keys.length !== Object.keys(y).length) return false;
  return keys.every((key) => Object.hasOwn(y, key) && sameJson(x[key], y[key]));
}

/** Characters of a value that are shown, and levels of what is nested. */
const SHOWN = 60;
const SHOWN_LEVELS = 4;

/** A value in a message: as JSON, not too much of it. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(shallow(value, SHOWN_LEVELS)) ?? `a ${typeof value}`;
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 3)}…`;
}

/** Without what is nested deeper, and long lists cut: it would not be shown, and may be too deep to be written. */
function shallow(value: unknown, levels: number): unknown {
  if (typeof value === "string") return value.slice(0, SHOWN);
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return "…";
  if (Array.isArray(value)) return value.slice(0, SHOWN).map((item) => shallow(item, levels - 1));
  const entries = Object.entries(value).slice(0, SHOWN);
  // Made from entries, `__proto__` is a key like any other.
  return Object.fromEntries(entries.map(([key, inner]) => [key.slice(0, SHOWN), shallow(inner, levels - 1)]));
}

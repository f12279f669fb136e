/** A value of a file, or one that code gave, for a message: cut to a bounded length. */

/** Characters, those of a string by itself, and levels of nesting, that are shown. */
const MOST_SHOWN = 60;
const MOST_OF_TEXT = 40;
const MOST_LEVELS = 4;

/** The value as JSON, cut where it is long; a value without a form in JSON by its type. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "number") return String(value);
  if (typeof value === "object" && value !== null) {
    const type = classOf(value);
    if (type !== undefined) return `of type ${type}`;
    if (Object.keys(value).length === 0) return Array.isArray(value) ? "an empty list" : "an object";
  }
  const isLong = typeof value === "string" && value.length > MOST_OF_TEXT;
  const some = isLong ? `${value.slice(0, MOST_OF_TEXT - 1)}…` : shallow(value, MOST_LEVELS);
  const text = JSON.stringify(some) ?? `a ${typeof value}`;
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN - 3)}…`;
}

/** The name of an object's class; undefined for lists and for what JSON can have. */
function classOf(value: object): string | undefined {
  if (Array.isArray(value)) return undefined;
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: unknown } | null;
  const type = prototype?.constructor;
  return typeof type === "function" && type !== Object && type.name !== "" ? type.name : undefined;
}

/**
 * The value without deeper levels and with long lists cut: these would not be shown, and may be too deep to serialise.
 */
function shallow(value: unknown, levels: number): unknown {
  if (typeof value === "string") return value.slice(0, MOST_SHOWN);
  // JSON has no form for these.
  const infinite = typeof value === "number" && !Number.isFinite(value);
  if (infinite || typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return "…";
  if (Array.isArray(value)) return value.slice(0, MOST_SHOWN).map((item) => shallow(item, levels - 1));
  const entries = Object.entries(value).slice(0, MOST_SHOWN);
  // Made from entries, `__proto__` is a key like any other.
  return Object.fromEntries(
    entries.map(([key, inner]) => [key.slice(0, MOST_SHOWN), shallow(inner, levels - 1)]),
  );
}

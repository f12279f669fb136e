/** A value of a file for a message: as JSON, cut to a bounded length. */

/** Characters, and levels of nesting, that are shown. */
const MOST_SHOWN = 60;
const MOST_LEVELS = 4;

/** The value as JSON, cut where it is long; a value without a form in JSON by its type. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(shallow(value, MOST_LEVELS)) ?? `a ${typeof value}`;
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN - 3)}…`;
}

/**
 * The value without deeper levels and with long lists cut: these would not be shown, and may be too deep to serialise.
 */
function shallow(value: unknown, levels: number): unknown {
  if (typeof value === "string") return value.slice(0, MOST_SHOWN);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return "…";
  if (Array.isArray(value)) return value.slice(0, MOST_SHOWN).map((item) => shallow(item, levels - 1));
  const entries = Object.entries(value).slice(0, MOST_SHOWN);
  // Made from entries, `__proto__` is a key like any other.
  return Object.fromEntries(
    entries.map(([key, inner]) => [key.slice(0, MOST_SHOWN), shallow(inner, levels - 1)]),
  );
}

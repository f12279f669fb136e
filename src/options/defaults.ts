/** Defaults: the value, and its text in help and docs. */
import type { OptionDescription, OptionTable } from "./description.js";

/** The default of an option, by the words of others where it depends on them; undefined where it is computed. */
export function defaultOf(
  table: OptionTable,
  name: string,
  given: Readonly<Record<string, unknown>> = {},
): string | number | boolean | undefined {
  const { defaultBy = {}, default: usual } = table[name]!;
  for (const [other, values] of Object.entries(defaultBy)) {
    const word = given[other] ?? defaultOf(table, other, given);
    if (typeof word === "string" && Object.hasOwn(values, word)) return values[word];
  }
  return usual;
}

/**
 * "0.004; sgd: 1", "bpe: 4096; else all there are", "32, fewer for short texts", "by the size of the text"; undefined
 * where there is no text to show.
 */
export function defaultText({
  default: usual,
  defaultBy = {},
  defaultNote,
}: OptionDescription): string | undefined {
  const special = Object.values(defaultBy).flatMap((values) =>
    Object.entries(values).map(([word, value]) => `${word}: ${value}`),
  );
  const value = usual === undefined || usual === false ? [] : [String(usual)];
  const values = [...value, ...special].join("; ");
  const parts = [values, defaultNote ?? ""].filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join(special.length > 0 ? "; " : ", ");
}

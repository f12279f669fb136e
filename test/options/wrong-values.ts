/** Values that a description does not allow: of every kind, out of every range, mistyped. */
import type { NumberRule, OptionDescription } from "../../src/options/description.js";

const OF_EVERY_KIND: readonly unknown[] = [
  null,
  Number.NaN,
  Infinity,
  -1,
  0.5,
  1,
  2 ** 60,
  "",
  "x",
  "1",
  true,
  {},
  { length: 1 },
  [],
  ["x"],
  [1],
  [2, 1],
  [[1]],
  [""],
  Symbol.iterator,
  10n,
  () => {},
];

const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);

/** What of these a kind takes; all else is wrong. */
const TAKES: Readonly<Record<OptionDescription["value"]["kind"], (value: unknown) => boolean>> = {
  flag: (value) => typeof value === "boolean",
  text: (value) => typeof value === "string" && value !== "",
  // Numbers are tried at the ends of their range, below.
  number: isNumber,
  // Also in a list.
  numbers: (value) => (Array.isArray(value) ? value.length > 0 && value.every(isNumber) : isNumber(value)),
  word: () => false,
  texts: (value) => Array.isArray(value) && value.every((text) => typeof text === "string" && text !== ""),
  words: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => one === "surprise"),
  ascending: (value) => Array.isArray(value) && value.length === 1 && value[0] === 1,
  code: (value) => typeof value === "function",
};

export function wrongValues({ value: rule }: OptionDescription): unknown[] {
  const ofOtherKinds = OF_EVERY_KIND.filter(
    (value) =>
      !TAKES[rule.kind](value) &&
      !(rule.kind === "text" && rule.empty && value === "") &&
      !(rule.kind === "texts" && rule.empty && Array.isArray(value) && value.every((text) => text === "")) &&
      !isThing(value, rule),
  );
  return [...ofOtherKinds, ...mistyped(rule)];
}

/** An object of plain data, where such may stand in place of a word or a text: what it says is checked apart. */
function isThing(value: unknown, rule: OptionDescription["value"]): boolean {
  if ((rule.kind !== "word" && rule.kind !== "text") || !rule.thing || rule.thing.method !== undefined)
    return false;
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Numbers out of range, words with a slip. */
function mistyped(rule: OptionDescription["value"]): unknown[] {
  if (rule.kind === "word") return rule.words.flatMap((word) => [`${word}x`, word.toUpperCase(), [word]]);
  if (rule.kind === "numbers") {
    const least = rule.each.min ?? 0;
    const wrong = outOfRange(rule.each);
    return [
      ...wrong,
      ...wrong.flatMap((one) => [[one], [least, one]]),
      Array.from({ length: rule.most + 1 }, () => least),
    ];
  }
  return rule.kind === "number" ? outOfRange(rule) : [];
}

function outOfRange({ min, max, above, below, whole }: NumberRule): unknown[] {
  const step = whole ? 1 : 1e-6;
  return [
    ...(min === undefined ? [] : [above ? min : min - step]),
    ...(max === undefined ? [] : [below ? max : max + Math.max(step, max * 1e-12)]),
    ...(whole ? [(min ?? 0) + 0.5] : []),
    String(min ?? 1),
  ];
}

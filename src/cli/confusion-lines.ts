/** A confusion matrix as lines: rows are the labels that texts have, columns those that they were told to have. */
import type { Colors } from "./colors.js";
import { grouped } from "./numbers.js";

/** Labels of a matrix that is shown whole; of more, the pairs that are mistaken most often. */
const MOST_SHOWN = 12;
const MOST_PAIRS = 20;
/** Columns of a label's name. */
const NAME = 14;

const cut = (name: string): string => (name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name);

export function confusionLines(
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
  colors: Colors,
): string[] {
  return labels.length <= MOST_SHOWN
    ? wholeMatrix(labels, confusion, colors)
    : pairs(labels, confusion, colors);
}

function wholeMatrix(
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
  colors: Colors,
): string[] {
  const names = labels.map(cut);
  const first = Math.max(...names.map(({ length }) => length), "is \\ told".length);
  const widths = names.map(
    (name, c) => 2 + Math.max(name.length, ...confusion.map((row) => grouped(row[c]!).length)),
  );
  return [
    colors.dim("is \\ told".padEnd(first) + names.map((name, c) => name.padStart(widths[c]!)).join("")),
    ...confusion.map((row, c) => {
      const cells = row.map((count, told) => {
        const cell = grouped(count).padStart(widths[told]!);
        return told === c ? colors.bold(cell) : cell;
      });
      return names[c]!.padEnd(first) + cells.join("");
    }),
  ];
}

function pairs(
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
  colors: Colors,
): string[] {
  const mistaken = confusion.flatMap((row, c) =>
    row.flatMap((count, told) => (told === c || count === 0 ? [] : [{ c, told, count }])),
  );
  mistaken.sort((a, b) => b.count - a.count);
  if (mistaken.length === 0) return [];
  const shown = mistaken.slice(0, MOST_PAIRS);
  return [
    colors.dim("mistaken most often"),
    ...shown.map(
      ({ c, told, count }) => `${grouped(count).padStart(7)}  ${labels[c]} told as ${labels[told]}`,
    ),
  ];
}

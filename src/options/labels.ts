/** How a page spells options: by the labels of its fields. */
import type { OptionSpelling } from "../errors.js";
import { GENERATE_OPTIONS } from "./generate-options.js";
import type { OptionTable } from "./description.js";
import { TRAIN_OPTIONS } from "./train-options.js";

const TABLES: readonly OptionTable[] = [TRAIN_OPTIONS, GENERATE_OPTIONS];

/** "Batch size", "Cell GRU"; an option without a field as in code. */
export const labelSpelling: OptionSpelling = ({ option, value }) => {
  const description = TABLES.find((table) => Object.hasOwn(table, option))?.[option];
  const name = description?.label ?? option;
  if (value === undefined) return name;
  const labels = description?.value.kind === "word" ? description.value.labels : undefined;
  return `${name} ${labels?.[value] ?? value}`;
};

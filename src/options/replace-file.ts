/** Of what writes to a file that is named: whether one that is there may be replaced. */
import type { OptionDescription } from "./description.js";

export const REPLACE_FILE = {
  value: { kind: "flag" },
  default: false,
  needs: "out",
  help: "replace the file that is there",
  offered: ["command line"],
} as const satisfies OptionDescription;

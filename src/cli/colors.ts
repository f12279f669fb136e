/** Colours, where they are wanted. */
import picocolors from "picocolors";
import { type Io, type Output, wantsColor } from "./io.js";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Functions that colour text for this output; where no colours are wanted they return it unchanged. */
export function colorsFor(output: Output, env: Io["env"]): Colors {
  return picocolors.createColors(wantsColor(output, env));
}

export const NO_COLORS: Colors = picocolors.createColors(false);

/** Colours, where they are wanted. */
import picocolors from "picocolors";
import { type Io, type Output, wantsColor } from "./io.js";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** What paints text for this output; leaves it as it is where no colours are wanted. */
export function colorsFor(output: Output, env: Io["env"]): Colors {
  return picocolors.createColors(wantsColor(output, env));
}

export const NO_COLORS: Colors = picocolors.createColors(false);

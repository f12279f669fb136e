/** One line on standard error that says how far a work is, each time in place of what it said before. */
import { type Io, isTerminal } from "./io.js";

/** @param quiet nothing is shown @returns shows a text; "" clears the line. Without a terminal nothing is shown. */
export function progressLine(io: Io, quiet = false): (text: string) => void {
  const shown = !quiet && isTerminal(io.stderr, io.env);
  return (text) => void (shown && io.stderr.write(`\r\u001b[2K${text}`));
}

/** An explanation on a terminal: the text in colours, and a line for each piece. */
import { type Explanation, type ExplainedPiece, strongest } from "../explain/explanation.js";
import { escapeControls, escapedLine } from "../visible-text.js";
import { fourFigures, grouped, share } from "./numbers.js";

/** Of 256 colours, from weak to strong: blue for what made the target more probable, orange for less. */
const MORE = [153, 111, 33] as const;
const LESS = [223, 216, 208] as const;
/** Parts of the strongest effect from which on a colour is used. */
const LEVELS = [0.1, 0.35, 0.7] as const;
const BAR = 20;
/** Integrated gradients whose sum is further off are told to be. */
const INCOMPLETE = 0.01;

export function explanationLines(explanation: Explanation, colored: boolean): string[] {
  const { pieces, target, probability, logProbability, earlier, against, completeness } = explanation;
  const most = strongest(pieces);
  const shown = JSON.stringify(escapeControls(target));
  const told = `→ ${shown}  ${share(probability, 1, 1)}, ln p ${fourFigures(logProbability)}`;
  const other =
    against &&
    `   and not ${JSON.stringify(escapeControls(against.text))}  ${share(Math.exp(against.logProbability), 1, 1)}, ln p ${fourFigures(against.logProbability)}`;
  const text = pieces.map((piece) => inColor(escapedLine(piece.text), piece, most, colored)).join("");
  return [
    ...(earlier > 0 ? [`… (${grouped(earlier)} earlier tokens were read, too)`] : []),
    text,
    told,
    ...(other ? [other] : []),
    ...pieces.map((piece) => row(piece, most, colored)),
    ...(completeness && completeness.gap > INCOMPLETE
      ? [
          `the effects add up to what they should but for ${(100 * completeness.gap).toFixed(1)} %, after ${grouped(completeness.points)} points`,
        ]
      : []),
  ];
}

/** "   +1.23  ▇▇▇▇▇                 storm" */
function row(piece: ExplainedPiece, most: number, colored: boolean): string {
  const { effect, text } = piece;
  const number = effect === null ? "–" : `${effect < 0 ? "−" : "+"}${Math.abs(effect).toFixed(3)}`;
  const length = most === 0 ? 0 : Math.round((BAR * Math.abs(effect ?? 0)) / most);
  const bar = foreground("▇".repeat(length), effect ?? 0, colored) + " ".repeat(BAR - length);
  return `${number.padStart(9)}  ${bar}  ${escapedLine(text).trim() || JSON.stringify(text)}`;
}

function inColor(text: string, { effect }: ExplainedPiece, most: number, colored: boolean): string {
  if (!colored || effect === null || most === 0) return text;
  const level = LEVELS.findLastIndex((least) => Math.abs(effect) >= least * most);
  if (level < 0) return text;
  // The white space before a word keeps no colour, so that words are seen apart.
  const [, space, word] = /^(\s*)([^]*)$/.exec(text)!;
  return `${space}\x1b[38;5;16;48;5;${(effect < 0 ? LESS : MORE)[level]}m${word}\x1b[0m`;
}

function foreground(text: string, effect: number, colored: boolean): string {
  if (!colored || text === "") return text;
  return `\x1b[38;5;${(effect < 0 ? LESS : MORE)[2]}m${text}\x1b[39m`;
}

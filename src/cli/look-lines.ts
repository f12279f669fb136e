/** A look into a model as lines of a terminal: of each chapter the most telling figures. */
import type { LookReport, MissingChapter } from "../apps/look.js";
import type { ChapterName } from "../look/chapters.js";
import type { HardPlace, Surprise } from "../look/surprise/surprise.js";
import type { Colors } from "./colors.js";
import { counted, fourFigures, grouped } from "./numbers.js";
import { inOneLine } from "./visible-text.js";

type Data<Name extends ChapterName> = Exclude<NonNullable<LookReport["chapters"][Name]>, MissingChapter>;

const TITLES: Readonly<Record<ChapterName, string>> = {
  surprise: "Where it is surprised",
};

const LINES: { readonly [Name in ChapterName]: (data: Data<Name>, colors: Colors) => string[] } = {
  surprise: surpriseLines,
};

export function lookLines({ model, text, chapters }: LookReport, colors: Colors): string[] {
  const sizes = `${model.cell.toUpperCase()}, ${model.layers} × ${[...new Set(model.hidden)].join(", ")}`;
  const unknown = text.unknown === 0 ? "" : `, ${grouped(text.unknown)} of them unknown`;
  const lines = [
    `${sizes}; a text of ${counted(text.characters, "character")}, ${counted(text.tokens, "token")}${unknown}`,
  ];
  for (const [name, data] of Object.entries(chapters) as [
    ChapterName,
    LookReport["chapters"][ChapterName],
  ][]) {
    lines.push("", colors.bold(TITLES[name]));
    if (data === undefined) continue;
    if ("missing" in data) lines.push(`  not told: ${data.missing}`);
    else lines.push(...(LINES[name] as (data: unknown, colors: Colors) => string[])(data, colors));
  }
  return lines;
}

const PLACES = 5;
const KINDS = 9;

function surpriseLines(found: Surprise, colors: Colors): string[] {
  const { tokens, bits, expectedBits, bitsPerCharacter, perplexity, calibration, hardest, kinds } = found;
  const mean = bits / tokens;
  const expected = expectedBits / tokens;
  return [
    `  ${fourFigures(mean)} bits a token (perplexity ${fourFigures(perplexity)}), ${fourFigures(bitsPerCharacter)} a character; it expected ${fourFigures(expected)}`,
    `  its first guess is right in ${(100 * calibration.accuracy).toFixed(1)} %, and it says ${(100 * calibration.confidence).toFixed(1)} %: expected calibration error ${(100 * calibration.error).toFixed(1)} %`,
    "",
    `  ${"bits a token by kind".padEnd(38)}${"tokens".padStart(10)}${"bits".padStart(18)}${"of all bits".padStart(14)}`,
    ...kinds
      .slice(0, 3)
      .flatMap(({ kinds: each }) =>
        each
          .slice(0, KINDS)
          .map(
            ({ name, tokens: count, surprisal, error, share }) =>
              `  ${name.padEnd(38)}${grouped(count).padStart(10)}${`${fourFigures(surprisal)} ± ${fourFigures(error)}`.padStart(18)}${`${(100 * share).toFixed(1)} %`.padStart(14)}`,
          ),
      ),
    "",
    "  the hardest places",
    ...hardest.slice(0, PLACES).map((place) => placeLine(place, colors)),
  ];
}

/** "  12.3 bits  … the text before ▸x◂ (expected " ", "a", "e")" */
function placeLine({ before, text, surprisal, expected }: HardPlace, colors: Colors): string {
  const guesses = expected
    .slice(0, 3)
    .map(({ text: guess }) => inOneLine(guess))
    .join("  ");
  return `  ${surprisal.toFixed(1).padStart(5)} bits  …${inOneLine(before.slice(-36))}${colors.bold(`▸${inOneLine(text)}◂`)}  expected: ${guesses}`;
}

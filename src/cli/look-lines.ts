/** A look into a model as lines of a terminal: of each chapter the most telling figures. */
import type { LookReport, MissingChapter } from "../apps/look.js";
import type { ChapterName } from "../look/chapters.js";
import type { Gates } from "../look/gates/gates.js";
import type { Lens } from "../look/lens.js";
import type { Memory } from "../look/memory/memory.js";
import type { Units } from "../look/units/units.js";
import type { HardPlace, Surprise } from "../look/surprise/surprise.js";
import type { Why } from "../look/why.js";
import type { WordMap } from "../look/word-map.js";
import type { Colors } from "./colors.js";
import { counted, fourFigures, grouped } from "./numbers.js";
import { inOneLine } from "./visible-text.js";

type Data<Name extends ChapterName> = Exclude<NonNullable<LookReport["chapters"][Name]>, MissingChapter>;

const TITLES: Readonly<Record<ChapterName, string>> = {
  surprise: "Where it is surprised",
  why: "Why this word",
  units: "What the units do",
  gates: "Gates",
  memory: "How far it remembers",
  lens: "What each layer would predict",
  words: "Its words",
};

const LINES: { readonly [Name in ChapterName]: (data: Data<Name>, colors: Colors) => string[] } = {
  surprise: surpriseLines,
  why: whyLines,
  units: unitLines,
  gates: gateLines,
  memory: memoryLines,
  lens: lensLines,
  words: wordLines,
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

function gateLines({ layers }: Gates): string[] {
  return [
    `  ${"".padEnd(22)}${"mean".padStart(8)}${"below 0.1".padStart(12)}${"above 0.9".padStart(12)}${"always shut".padStart(14)}${"always open".padStart(14)}`,
    ...layers.flatMap((layer, l) => [
      ...layer.gates.map(
        ({ name, letter, mean, shut, open, alwaysShut, alwaysOpen }) =>
          `  ${`layer ${l + 1}, ${name} (${letter})`.padEnd(22)}${mean.toFixed(3).padStart(8)}${percents(shut).padStart(12)}${percents(open).padStart(12)}${grouped(alwaysShut.length).padStart(14)}${grouped(alwaysOpen.length).padStart(14)}`,
      ),
      `  layer ${l + 1} keeps what it has for ${fourFigures(layer.medianTime)} tokens (median of ${counted(layer.units, "unit")}; the longest ${fourFigures(Math.max(...layer.timeConstants))})${layer.dead.length === 0 ? "" : `; ${counted(layer.dead.length, "dead unit")}`}`,
    ]),
  ];
}

const percents = (part: number): string => `${(100 * part).toFixed(1)} %`;

function memoryLines(found: Memory): string[] {
  const { places, full, truncated, halfLife, far, shuffled, replaced, layers } = found;
  const withError = ({ mean, error }: { mean: number; error: number }): string =>
    `${mean.toFixed(3).replace(/^-(?=0\.0*$)/, "")} ± ${error.toFixed(3)}`;
  const series = [
    truncated,
    shuffled,
    replaced,
    ...(layers.length > 1 ? layers : []).map((of) => of.forgotten),
  ];
  const contexts = [...new Set(series.flat().map(({ context }) => context))].toSorted((a, b) => a - b);
  const heads = ["the last k only", `shuffled, of ${far}`, "replaced"];
  if (layers.length > 1) for (const { layer } of layers) heads.push(`layer ${layer + 1} at zero`);
  return [
    `  half of what context gains is gained with ${halfLife === null ? "none: context gains nothing" : `${fourFigures(halfLife)} tokens`} (${counted(places, "place")}, ${withError(full)} nats with ${grouped(full.context)} tokens)`,
    ...gradientLine(found),
    "",
    `  nats lost with the last k tokens only, with what lies further back shuffled or replaced${layers.length > 1 ? ", and with a layer set to zero k tokens before" : ""}`,
    `  ${"k".padStart(5)}${heads.map((head) => head.padStart(19)).join("")}`,
    ...contexts.map((k) => {
      const cells = series.map((losses) => {
        const at = losses.find(({ context }) => context === k);
        return (at ? withError(at) : "").padStart(19);
      });
      return `  ${grouped(k).padStart(5)}${cells.join("")}`.trimEnd();
    }),
  ];
}

/** Where the gradient has fallen to a tenth of its greatest. */
function gradientLine({ gradients }: Memory): string[] {
  if (!gradients) return [];
  const greatest = Math.max(...gradients.map(({ mean }) => mean));
  const last = gradients.findLastIndex(({ mean }) => mean >= greatest / 10) + 1;
  return [
    `  the gradient by what was read is less than a tenth of its greatest from ${counted(last + 1, "token")} back on`,
  ];
}

/** "r 0.618", "0.948", "0.948 low" where the unit is low where the property is. */
const followed = (measure: "auc" | "r", value: number): string =>
  measure === "r"
    ? `r ${value.toFixed(3)}`
    : value >= 0.5
      ? value.toFixed(3)
      : `${(1 - value).toFixed(3)} low`;

const PROPERTIES = 10;
const PASSAGES = 4;

function unitLines({ units, properties, rare, phrase }: Units): string[] {
  const signed = (value: number): string => value.toFixed(3).replace(/^-(?=0\.0*$)/, "");
  const lines = [
    `  of ${counted(units, "unit")} that which follows a property best, by the half of the text that was not searched`,
    "",
    `  ${"".padEnd(40)}${"layer, unit".padStart(13)}${"AUC or r".padStart(12)}${"p".padStart(8)}${"nats lost without".padStart(20)}${"elsewhere".padStart(12)}`,
    ...properties.slice(0, PROPERTIES).map(({ name, measure, units: [best], ablation }) => {
      const { layer, unit, told, p, significant } = best!;
      const chance = p === null ? "?" : p.toFixed(3);
      const lost = ablation ? [signed(ablation.there.mean), signed(ablation.elsewhere.mean)] : ["", ""];
      return `  ${name.padEnd(40)}${`${layer + 1}, ${unit + 1}`.padStart(13)}${followed(measure, told).padStart(12)}${chance.padStart(8)}${lost[0]!.padStart(20)}${lost[1]!.padStart(12)}${significant ? "" : "  maybe chance"}`;
    }),
  ];
  if (properties.length === 0) lines.push("  none of the properties is frequent enough in this text");
  if (rare.length > 0) lines.push("", `  too rare here, or too frequent: ${rare.join(", ")}`);
  if (phrase)
    lines.push(
      "",
      `  over ${inOneLine(JSON.stringify(phrase.phrase))} ${counted(phrase.units.length, "unit")} are on, and of those the strongest: ${phrase.units
        .slice(0, 8)
        .map(({ layer, unit }) => `${layer + 1}.${unit + 1}`)
        .join(", ")}`,
      ...phrase.passages
        .slice(0, PASSAGES)
        .map(
          ({ score, before, text, after }) =>
            `  ${score.toFixed(2)}  …${inOneLine(before)}▸${inOneLine(text)}◂${inOneLine(after)}`,
        ),
    );
  return lines;
}

const PIECES = 12;

function whyLines({ target, probability, against, pieces, agreement, gap }: Why): string[] {
  const effect = (value: number | null): string =>
    (value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`).padStart(14);
  const rho = (value: number | null): string => (value === null ? "–" : value.toFixed(2));
  return [
    `  why ${inOneLine(JSON.stringify(target))} (${percents(probability)})${against ? ` and not ${inOneLine(JSON.stringify(against.text))} (${percents(against.probability)})` : ""}, in nats`,
    "",
    `  ${"".padEnd(24)}${"erasure".padStart(14)}${"gradient × in".padStart(14)}${"integrated".padStart(14)}`,
    ...pieces
      .slice(-PIECES)
      .map(
        ({ text, erasure, gradient, integrated }) =>
          `  ${inOneLine(text).trim().padEnd(24)}${effect(erasure)}${effect(gradient)}${effect(integrated)}`,
      ),
    "",
    `  rank correlation with erasure: gradient × input ${rho(agreement.erasureAndGradient)}, integrated gradients ${rho(agreement.erasureAndIntegrated)}${gap !== null && gap > 0.01 ? `; integrated gradients are ${percents(gap)} off their sum` : ""}`,
  ];
}

function lensLines({ layers, tokens }: Lens): string[] {
  return [
    `  ${"".padEnd(14)}${"nats".padStart(8)}${"KL to the end".padStart(16)}${"agrees".padStart(10)}${"right".padStart(10)}${"decided here".padStart(15)}`,
    ...layers.map(
      ({ nats, divergence, agrees, right, decides }, l) =>
        `  ${`layer ${l + 1}`.padEnd(14)}${nats.toFixed(3).padStart(8)}${divergence.toFixed(3).padStart(16)}${percents(agrees).padStart(10)}${percents(right).padStart(10)}${percents(decides).padStart(15)}`,
    ),
    `  over ${counted(tokens, "token")}`,
  ];
}

function wordLines({ words, components }: WordMap): string[] {
  return [
    `  the ${grouped(words.length)} most frequent tokens; what stands at the ends of the first components of their vectors`,
    ...components.map(
      ({ share, low, high }, c) =>
        `  ${c + 1} (${percents(share)})  ${low.slice(0, 6).map(inOneLine).join(" ")}  …  ${high.slice(0, 6).toReversed().map(inOneLine).join(" ")}`,
    ),
  ];
}

/** What is told of a study: its plan, its trials, the best of them. */
import { rungFactor } from "../tune/asha.js";
import { flagName } from "../tune/flag-name.js";
import { learnedOf } from "../tune/learned.js";
import { learnedSentences } from "../tune/learned-words.js";
import type { Setting } from "../tune/space.js";
import type { StudyHeader, StudyLine } from "../tune/study-lines.js";
import type { Study, Trial } from "../tune/study.js";
import { escapedLine } from "../visible-text.js";
import { optionFlags } from "./flag-spelling.js";
import { counted, duration, fourFigures, grouped, percent, shortNumber } from "./numbers.js";
import { shellPath } from "./visible-text.js";

/** Trials in the table, at most. */
const MOST_ROWS = 12;

/** What a study is going to do, or has set out to do. */
export function headerLines({
  length,
  eta,
  rungs,
  space,
  constraints,
  sampler,
  seed,
}: StudyHeader): string[] {
  const far = (rung: number): string => {
    const amount = length.amount * rungFactor(rung, eta);
    return length.unit === "seconds" ? duration(amount) : counted2(amount, "pass", "passes");
  };
  const ways = Array.from({ length: rungs }, (_, rung) => far(rung)).join(", ");
  const limits = Object.entries(constraints).map(
    ([name, most]) => `${LIMITS[name]} at most ${shortNumber(Number(most))}`,
  );
  return [
    `Looking among ${Object.keys(space as object)
      .map(escapedLine)
      .join(", ")}.`,
    rungs === 1
      ? `Every trial trains for ${ways}; ${sampler}, seed ${seed}.`
      : `Trials train for ${ways}, one in ${eta} goes on each time; ${sampler}, seed ${seed}.`,
    ...(limits.length > 0 ? [`Only models with ${limits.join(", ")}.`] : []),
  ];
}

const counted2 = (amount: number, one: string, many: string): string =>
  `${shortNumber(amount)} ${amount === 1 ? one : many}`;

const LIMITS: Readonly<Record<string, string>> = {
  maxParameters: "weights",
  maxFileSize: "megabytes",
  maxLatency: "milliseconds a token",
};

/** A line of the record in words; undefined for one that is not told. */
export function newsLine(line: StudyLine, study: Study): string | undefined {
  switch (line.type) {
    case "session": {
      const { slots, threads, measured = [] } = line;
      const speeds = measured.map(
        (each) => `${each.slots} × ${counted(each.threads, "thread")}: ${grouped(each.speed)}`,
      );
      const why = speeds.length > 0 ? ` (measured, tokens a second in all: ${speeds.join(", ")})` : "";
      return `${counted(slots, "trial")} side by side, ${counted(threads, "thread")} each${why}.`;
    }
    case "measured": {
      const { trial, rung, bitsPerChar, seconds, partial } = line;
      const where = partial ? "ended" : `rung ${rung}`;
      const best = study.best()?.line === line || study.best()?.line.bitsPerChar === bitsPerChar;
      const setting = rung === 0 ? `  ${settingText(study.trials[trial]!)}` : "";
      return `trial ${trial}  ${where}  ${duration(seconds)}  ${bitsPerChar.toFixed(4)} bits a character${best ? "  the best so far" : ""}${setting}`;
    }
    case "refused":
      return `trial ${line.trial}  refused: ${LIMITS[line.constraint]!} ${shortNumber(line.value)}  ${settingText(study.trials[line.trial]!)}`;
    case "failed":
      return `trial ${line.trial}  failed: ${escapedLine(line.message)}`;
    case "finishing":
      return `trial ${line.trial} was the best; it trains to its end`;
    default:
      return undefined;
  }
}

/** A setting as flags; what was tried, and not what follows from it. */
export const settingText = ({ setting }: Pick<Trial, "setting">): string => optionFlags(ordered(setting));

/** Options in the order of `train`'s help, whatever was drawn first. */
function ordered(setting: Setting): Setting {
  return Object.fromEntries(Object.entries(setting).toSorted(([a], [b]) => rank(a) - rank(b)));
}

const ORDER = [
  "tokenizer",
  "vocabSize",
  "cell",
  "mogrifierRounds",
  "layers",
  "hidden",
  "embedding",
  "dropout",
  "weightDrop",
];
const rank = (name: string): number => {
  const index = ORDER.indexOf(name);
  return index < 0 ? ORDER.length : index;
};

/** The best trials as a table, best first. */
export function tableLines(study: Study): string[] {
  const ranking = study.ranking();
  const rows = ranking.slice(0, MOST_ROWS).map(({ trial, line }) => {
    const { begun } = trial;
    return [
      String(trial.trial),
      line.bitsPerChar.toFixed(4),
      `${line.rung}${line.partial ? "*" : ""}`,
      duration(line.seconds),
      shortNumber(line.passes),
      begun ? grouped(begun.parameters) : "",
      begun ? fourFigures(begun.bytes / 1e6) : "",
      begun ? shortNumber(begun.latency) : "",
      settingText(trial),
    ];
  });
  if (rows.length === 0) return ["No trial has been measured yet."];
  const heads = ["trial", "bits/char", "rung", "time", "passes", "weights", "MB", "ms/token", "options"];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const last = heads.length - 1;
  const format = (row: readonly string[]): string =>
    row.map((cell, i) => (i === last ? cell : cell.padStart(widths[i]!))).join("  ");
  const more = ranking.length - rows.length;
  const partial = ranking.slice(0, MOST_ROWS).some(({ line }) => line.partial);
  return [
    format(heads),
    ...rows.map(format),
    ...(more > 0 ? [`and ${counted(more, "other trial")}`] : []),
    ...(partial ? ["* ended by the clock on the way to the rung"] : []),
  ];
}

/** Options that are listed with their importance, at most; a pair of them that is worth naming. */
const MOST_OPTIONS = 8;
const LEAST_PAIR = 0.05;
const WIDEST_BAR = 20;

/** What was learned of the text: how much each option matters, and sentences; none where it is too early for that. */
export function learnedLines(study: Study): string[] {
  const learned = learnedOf(study);
  if (!learned) return [];
  const options = learned.options.slice(0, MOST_OPTIONS);
  const width = Math.max(...options.map(({ name }) => flagName(name).length));
  const pairs = learned.interactions.filter(({ share }) => share >= LEAST_PAIR).slice(0, 3);
  return [
    `What mattered (part of the difference between models that each option explains, from ${counted(learned.trials, "trial")}):`,
    ...options.map(
      ({ name, importance }) =>
        `  ${flagName(name).padEnd(width)}  ${percent(importance).padStart(5)}  ${"█".repeat(Math.round(WIDEST_BAR * importance))}`,
    ),
    ...pairs.map(
      ({ names, share }) => `  ${names.map(flagName).join(" with ")}: ${percent(share)} only together`,
    ),
    ...learnedSentences(learned),
  ];
}

/** How many trials there were, and what became of them. */
export function countLine(study: Study): string {
  const { trials, promotions, spent } = study;
  const refused = trials.filter((trial) => trial.refused).length;
  const failed = trials.filter((trial) => trial.failed !== undefined).length;
  const parts = [
    counted(trials.length, "trial"),
    ...(promotions.length > 0 ? [counted(promotions.length, "promotion")] : []),
    ...(refused > 0 ? [`${grouped(refused)} refused`] : []),
    ...(failed > 0 ? [`${grouped(failed)} failed`] : []),
  ];
  return `${parts.join(", ")}, in ${duration(spent)}.`;
}

/** The best model, and how to train it again. @param folder where it lies; undefined where it does not yet */
export function bestLines(study: Study, folder: string | undefined): string[] {
  const { finished, header } = study;
  const best = study.best();
  if (!best) return [];
  const { trial } = best;
  const measured = finished
    ? `${finished.bitsPerChar.toFixed(4)} bits a character on all of the held-out text, perplexity ${fourFigures(finished.perplexity)}`
    : `${best.line.bitsPerChar.toFixed(4)} bits a character, not yet trained to its end`;
  const number = finished?.trial ?? trial.trial;
  const { begun } = study.trials[number]!;
  return [
    `Best: trial ${number}, ${measured}.`,
    `${folder === undefined ? "It has" : `In ${escapedLine(folder)}:`}${begun ? ` ${counted(begun.parameters, "weight")}, ${fourFigures((finished?.bytes ?? begun.bytes) / 1e6)} MB, ${shortNumber(begun.latency)} ms a token` : ""}.`,
    ...(begun
      ? [
          "The same options by themselves, with a rate that falls over the whole run:",
          `  recurra train ${header.inputs.map(shellPath).join(" ")} ${optionFlags({ ...header.fixed, ...ordered(study.trials[number]!.setting) })} --max-minutes ${shortNumber(Math.max(1, (finished?.seconds ?? best.line.seconds) / 60))}`,
        ]
      : []),
  ];
}

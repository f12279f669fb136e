/** `recurra rescore`: chooses among a recogniser's hypotheses, and tells the word errors before and after. */
import type { RescoreOptions } from "../apps/rescore.js";
import type { Rescoring } from "../apps/rescore-utterances.js";
import type { EngineName } from "../engine/create.js";
import { RESCORE_COMMAND } from "../options/command-options.js";
import type { ChangedUtterance, ErrorRates, RescoringReport } from "../speech/rescoring.js";
import { escapeControls } from "../visible-text.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { NO_MODEL } from "./model-argument.js";
import { counted, fourFigures, grouped, percent, shortNumber } from "./numbers.js";
import { loadProfiledUnlessNone } from "./profiled.js";
import { progressLine } from "./progress-line.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions extends Omit<RescoreOptions, "tune" | "onProgress" | "signal"> {
  readonly tune?: readonly string[];
  readonly profile?: string;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function rescoreCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", `folder of a model, or ${NO_MODEL} where only the n-gram model is to score`)
    .argument("<lists...>", "lists of hypotheses: JSON, Kaldi's, SRILM's, ESPnet's; files or folders");
  addFlags(command, RESCORE_COMMAND)
    .addHelpText(
      "after",
      `
Of each utterance the hypothesis is taken whose weighted sum of scores is the greatest: the recogniser's own scores (the
rank, where it gave none), ln p by the model, and the number of words. Where lists have no references, the chosen
hypotheses are printed.

Examples:
  recurra rescore book.model test.json --tune dev.json --weights weights.json
  recurra rescore book.model nbest/ --refs test.trn --weights weights.json --out best.txt
  recurra rescore none test.json --tune dev.json --ngram words.arpa`,
    )
    .action((folder: string, lists: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runRescore(io, folder, lists, options, signal)),
    );
}

async function runRescore(
  io: Io,
  folder: string,
  lists: readonly string[],
  { threads, engine, profile, json = false, ...options }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const { rescore } = await import("../apps/rescore.js");
  const named = { folder, others: lists, command: "rescore" };
  const loaded = await loadProfiledUnlessNone(io, named, { threads, engine, profile });
  const show = progressLine(io, json);
  try {
    const result = await rescore(loaded, lists, {
      ...options,
      signal,
      onProgress: (done, total) =>
        show(`scoring: ${percent(done / total)} of ${counted(total, "utterance")}`),
      onNotice: (message) => {
        show("");
        io.stderr.write(`${escapeControls(message)}\n`);
      },
    });
    show("");
    io.stdout.write(json ? jsonLine(resultJson(result)) : `${resultLines(result, options).join("\n")}\n`);
  } catch (error) {
    show("");
    throw error;
  }
}

function resultJson({ report, tuned, weights, chosen, hypotheses, seconds }: Rescoring): object {
  return {
    ...(report ? reportJson(report) : { chosen }),
    weights,
    ...(tuned && { tuned: reportJson({ ...tuned, changed: [] }) }),
    hypotheses,
    seconds,
    ...(report && { changed: report.changed }),
  };
}

const reportJson = ({
  utterances,
  words,
  first,
  rescored,
  oracle,
  interval,
  p,
}: RescoringReport): object => ({
  utterances,
  words,
  werFirst: first.wer,
  werRescored: rescored.wer,
  werOracle: oracle.wer,
  sentenceErrorsFirst: first.sentenceErrorRate,
  sentenceErrorsRescored: rescored.sentenceErrorRate,
  sentenceErrorsOracle: oracle.sentenceErrorRate,
  interval: [interval.low, interval.high],
  p,
});

/** Changed utterances that are told of. */
const MOST_TOLD = 5;

function resultLines(result: Rescoring, { out }: TypedOptions): string[] {
  const { report, tuned, weights, chosen, hypotheses, seconds } = result;
  const list = Object.entries(weights).map(([name, weight]) => `${name} ${shortNumber(weight)}`);
  const told = [
    row("weights", list.join(", ")),
    row("speed", `${grouped(hypotheses)} hypotheses in ${fourFigures(seconds)} s`),
  ];
  if (!report) {
    const lines = chosen.map(({ id, text }) => escapeControls(`${id} ${text}`.trimEnd()));
    return out === undefined ? lines : [row("utterances", grouped(chosen.length)), ...told];
  }
  return [
    ...(tuned ? ["Tuned on", ...reportLines(tuned), "", "Result"] : []),
    ...reportLines(report),
    ...told,
    ...changedLines(report),
  ];
}

function reportLines({ utterances, words, first, rescored, oracle, interval, p }: RescoringReport): string[] {
  const rates = (rate: ErrorRates): string =>
    `${percents(rate.wer)} of words, ${percents(rate.sentenceErrorRate)} of utterances`;
  const sign = (value: number): string =>
    `${value > 0 ? "+" : value < 0 ? "−" : ""}${percents(Math.abs(value))}`;
  return [
    row("utterances", `${grouped(utterances)}, ${counted(words, "word")}`),
    row("errors, first", rates(first)),
    row("errors, rescored", rates(rescored)),
    row("errors, oracle", rates(oracle)),
    row(
      "difference",
      `${sign(rescored.wer - first.wer)}, at 95 % from ${sign(interval.low)} to ${sign(interval.high)}, p ${p < 0.0001 ? "below 0.0001" : fourFigures(p)}`,
    ),
  ];
}

function changedLines({ changed }: RescoringReport): string[] {
  if (changed.length === 0) return [row("changed", "nothing")];
  const better = changed.filter(({ errorsFirst, errorsChosen }) => errorsChosen < errorsFirst);
  const worse = changed.filter(({ errorsFirst, errorsChosen }) => errorsChosen > errorsFirst);
  const same = changed.length - better.length - worse.length;
  const told = [...better.slice(0, MOST_TOLD), ...worse.slice(0, MOST_TOLD)];
  return [
    row(
      "changed",
      `${grouped(changed.length)}: ${grouped(better.length)} better, ${grouped(worse.length)} worse, ${grouped(same)} as good`,
    ),
    ...told.flatMap(changedText),
  ];
}

const changedText = ({
  id,
  reference,
  first,
  chosen,
  errorsFirst,
  errorsChosen,
}: ChangedUtterance): string[] =>
  [
    "",
    `${id}: ${counted(errorsFirst, "error")} before, ${errorsChosen} after`,
    `  said    ${reference}`,
    `  first   ${first}`,
    `  chosen  ${chosen}`,
  ].map(escapeControls);

const percents = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
const row = (name: string, text: string): string => `${name.padEnd(20)}${text}`;

/** `recurra eval --completion`: how many keystrokes a model's suggestions save on a text. */
import type { TextModel } from "../apps/text-model.js";
import { option, sentence, UserError } from "../errors.js";
import { checkBelonging } from "../options/check.js";
import { EVAL_COMMAND } from "../options/command-options.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import type { Io } from "./io.js";
import { fourFigures, grouped, percent } from "./numbers.js";
import { escapeControls } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface Measuring {
  readonly completionWords?: number;
  readonly encoding?: TextEncoding;
  readonly field?: string;
  readonly signal: AbortSignal;
  /** Shows how far it is. */
  readonly show: (text: string) => void;
}

/** @throws UserError for options that do not go together */
export function checkCompletion({
  completion,
  completionWords,
  batchSize,
}: {
  readonly completion: boolean;
  readonly completionWords: number | undefined;
  readonly batchSize: number | undefined;
}): void {
  checkBelonging({ completionWords, ...(completion && { completion }) }, EVAL_COMMAND);
  if (completion && batchSize !== undefined)
    throw new UserError({
      option: "batchSize",
      problem: sentence`${option("completion")} reads the text as it would be typed, and ${option("batchSize")} cuts it into streams`,
      advice: sentence`leave ${option("batchSize")} out`,
    });
}

export async function evalCompletion(
  io: Io,
  model: TextModel,
  inputs: readonly string[],
  { show, ...measuring }: Measuring,
  json: boolean,
): Promise<void> {
  const { measureCompletion } = await import("../apps/measure-completion.js");
  const measured = await measureCompletion(model, inputs, {
    ...measuring,
    stdin: io.stdin,
    onProgress: (done, total) => show(`completing: ${percent(done / total)} of ${grouped(total)} words`),
    onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
  });
  show("");
  if (json) {
    io.stdout.write(jsonLine(measured));
    return;
  }
  const { words, ofWords, positions, measures } = measured;
  const which = words === ofWords ? "" : ` of ${grouped(ofWords)}, spread evenly`;
  const lines = [
    `words       ${grouped(words)}${which}`,
    `positions   ${grouped(positions)}`,
    "",
    "suggestions   keystrokes saved   mean reciprocal rank",
    ...measures.map(({ suggestions, keystrokesSaved, meanReciprocalRank }) => {
      const saved = `${(100 * keystrokesSaved).toFixed(2)} %`;
      return `${String(suggestions).padStart(11)}${saved.padStart(19)}${fourFigures(meanReciprocalRank).padStart(23)}`;
    }),
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
}

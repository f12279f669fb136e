/**
 * A speech recogniser made better, with real parts: sentences of Moby-Dick are spoken by flite, recognised by pocketsphinx,
 * and rescored by a model that was trained on the rest of the book.
 *
 *     apt-get install flite pocketsphinx pocketsphinx-en-us
 *     npx tsx --conditions recurra-source examples/speech/run.ts
 *
 * Takes about four minutes, most of them to recognise. The exit code is 1 if there are not fewer errors.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rescoreUtterances, train } from "recurra";
import { knownWords, missingTools, recognise } from "./recognise.js";
import { splitSentences } from "./sentences.js";

/** Sentences to tune on, and as many to measure with. */
const SENTENCES = 100;
/** Hypotheses of each. */
const HYPOTHESES = 50;
const STEPS = 2000;

const missing = missingTools();
if (missing !== undefined) {
  console.error(`${missing} is missing: apt-get install flite pocketsphinx pocketsphinx-en-us`);
  process.exit(2);
}
const book = readFileSync(fileURLToPath(new URL("../../dist/book/moby-dick.txt", import.meta.url)), "utf8");
const { text, dev, test } = splitSentences(book, SENTENCES, knownWords());

const folder = mkdtempSync(join(tmpdir(), "recurra-speech-"));
try {
  console.log(`${2 * SENTENCES} sentences are spoken and recognised …`);
  const [tune, heard] = [dev, test].map((sentences, i) =>
    recognise(sentences, join(folder, String(i)), HYPOTHESES),
  );
  console.log(`a model reads ${text.length.toLocaleString("en")} characters of the book …`);
  const { model } = await train({ text, tokenizer: "bpe", lines: true, steps: STEPS, seed: 1 });
  const { report, hypotheses, seconds } = await rescoreUtterances(model, heard!, { tune: tune! });
  const { first, rescored, oracle, interval, p, changed } = report!;
  const percents = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
  for (const { reference, first: before, chosen, errorsFirst, errorsChosen } of changed.slice(0, 8))
    console.log(
      `\nsaid    ${reference}\nheard   ${before} (${errorsFirst} wrong)\nchosen  ${chosen} (${errorsChosen} wrong)`,
    );
  console.log(`\n${hypotheses} hypotheses scored in ${seconds.toFixed(1)} s`);
  console.log(
    `word errors: ${percents(first.wer)} as recognised, ${percents(rescored.wer)} rescored, ${percents(oracle.wer)} at best`,
  );
  console.log(
    `difference at 95 %: ${percents(interval.low)} to ${percents(interval.high)}, p ${p.toPrecision(2)}`,
  );
  if (rescored.wer >= first.wer) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** `recurra ngram`: n-gram models: trained on a text, measured on another, and asked about sentences. */
import type { NgramFigures, ScoredSentence } from "../ngram/measure-ngram.js";
import type { TrainNgramOptions } from "../ngram/train-ngram.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { NGRAM_EVAL_COMMAND, NGRAM_QUERY_COMMAND, NGRAM_TRAIN_COMMAND } from "../options/ngram-options.js";
import { interruptible, whenWritten } from "./interruption.js";
import type { Io } from "./io.js";
import { nothingPiped } from "./lines-of-input.js";
import { measuredCutting, modelTokenizer, type TypedCutting } from "./ngram-cutting.js";
import { fourFigures, grouped, share } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { escapeControls, escapedLine } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface TypedTraining
  extends Omit<TrainNgramOptions, "tokenizer" | "stdin" | "onNotice" | "signal">, TypedCutting {
  readonly json?: boolean;
  readonly out: string;
  readonly overwrite?: boolean;
}

interface TypedMeasuring extends TypedCutting {
  readonly json?: boolean;
  readonly encoding?: TextEncoding;
  readonly field?: string;
}

const TEXTS = "files, folders, globs (.txt, .gz, .jsonl), or - for standard input";
const FILE = "an n-gram model: .arpa, .arpa.gz or .ngram";

export function ngramCommand(command: RecurraCommand, { io }: CommandContext): void {
  const add = (name: string, usage: string, description: string): RecurraCommand =>
    command.command(name).usage(usage).description(description) as RecurraCommand;
  addFlags(
    add("train", "[options] <text...>", "train one: interpolated modified Kneser–Ney").argument(
      "<text...>",
      TEXTS,
    ) as RecurraCommand,
    NGRAM_TRAIN_COMMAND,
  )
    .addHelpText(
      "after",
      "\nEvery line is a sentence.\n\nExamples:\n  recurra ngram train train.txt --order 5 --out words.arpa.gz\n  recurra ngram train train.txt --prune 0,0,1 --model wiki.model --out words.ngram",
    )
    .action((inputs: string[], options: TypedTraining) => {
      let writing = false;
      const work = (signal: AbortSignal) => runTrain(io, inputs, options, signal, () => (writing = true));
      return interruptible(
        io,
        work,
        whenWritten(io, () => writing),
      );
    });
  addFlags(
    add(
      "eval",
      "[options] <ngram> <text...>",
      "measure one on a text: perplexity with and without unknown words",
    )
      .argument("<ngram>", FILE)
      .argument("<text...>", TEXTS) as RecurraCommand,
    NGRAM_EVAL_COMMAND,
  ).action((path: string, inputs: string[], options: TypedMeasuring) =>
    interruptible(io, (signal) => runEval(io, path, inputs, options, signal)),
  );
  addFlags(
    add(
      "query",
      "[options] <ngram>",
      "the probability of every word of standard input, as KenLM's query writes it",
    ).argument("<ngram>", FILE) as RecurraCommand,
    NGRAM_QUERY_COMMAND,
  )
    .addHelpText(
      "after",
      "\nA line is a sentence; of each word its id, the length of the n-gram it was found in, and log10 of its probability.\n\nExample:\n  echo 'the white whale' | recurra ngram query words.arpa",
    )
    .action((path: string, options: TypedMeasuring) =>
      interruptible(io, (signal) => runQuery(io, path, options, signal)),
    );
}

async function runTrain(
  io: Io,
  inputs: readonly string[],
  { out, overwrite = false, model: folder, json = false, ...options }: TypedTraining,
  signal: AbortSignal,
  onWriting: () => void,
): Promise<void> {
  const [{ trainNgram }, { checkNgramPath, writeNgram }, { checkNotThere }] = await Promise.all([
    import("../ngram/train-ngram.js"),
    import("../ngram/write-ngram.js"),
    import("../format/existing-file.js"),
  ]);
  checkNgramPath(out);
  checkNotThere(out, overwrite);
  const tokenizer = await modelTokenizer({ ...options, ...(folder !== undefined && { model: folder }) });
  const { model, sentences, tokens, discounts } = await trainNgram(inputs, {
    ...options,
    ...(tokenizer && { tokenizer }),
    stdin: io.stdin as AsyncIterable<Uint8Array>,
    onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
    signal,
  });
  signal.throwIfAborted();
  onWriting();
  await writeNgram(model, out, { overwrite });
  const { order, counts } = model;
  if (json) io.stdout.write(jsonLine({ out, order, sentences, tokens, counts, discounts }));
  else
    io.stdout.write(
      [
        row("sentences", grouped(sentences)),
        row("tokens", grouped(tokens)),
        ...counts.map((count, i) =>
          row(`${i + 1}-grams`, `${grouped(count)}, discounts ${discounts[i]!.map(fourFigures).join(", ")}`),
        ),
        row("written to", escapedLine(out)),
        "",
      ].join("\n"),
    );
}

async function runEval(
  io: Io,
  path: string,
  inputs: readonly string[],
  { json = false, encoding, field, ...typed }: TypedMeasuring,
  signal: AbortSignal,
): Promise<void> {
  const [{ loadNgram }, { openCorpus }, { NgramMeasure }, { sentencesOf }] = await ngramParts();
  const model = await loadNgram(path);
  const cutting = await measuredCutting(model, path, typed);
  const corpus = await openCorpus(inputs, {
    stdin: io.stdin as AsyncIterable<Uint8Array>,
    ...(encoding && { encoding }),
    ...(field !== undefined && { field }),
  });
  const measure = new NgramMeasure(model);
  try {
    for (const notice of corpus.notices) io.stderr.write(`${escapeControls(notice)}\n`);
    for await (const words of sentencesOf(corpus.chunks(), cutting, { name: corpus.name })) {
      signal.throwIfAborted();
      measure.add(words);
    }
  } finally {
    corpus.dispose();
  }
  const figures = measure.figures();
  for (const notice of measure.notices()) io.stderr.write(`${notice}\n`);
  io.stdout.write(json ? jsonLine(figuresJson(figures)) : `${figureRows(figures).join("\n")}\n`);
}

async function runQuery(
  io: Io,
  path: string,
  { json = false, encoding, ...typed }: TypedMeasuring,
  signal: AbortSignal,
): Promise<void> {
  const [{ loadNgram }, , { NgramMeasure }, { sentencesOf }] = await ngramParts();
  const { decodeText } = await import("../text/corpus/decode-text.js");
  const model = await loadNgram(path);
  const cutting = await measuredCutting(model, path, typed);
  const measure = new NgramMeasure(model);
  const name = "standard input";
  const text = decodeText(io.stdin as AsyncIterable<Uint8Array>, encoding ?? "utf-8", name);
  for await (const words of sentencesOf(text, cutting, { name })) {
    if (signal.aborted) return;
    const scored = measure.add(words);
    io.stdout.write(
      json ? jsonLine(sentenceJson(scored)) : sentenceLine(scored, (word) => model.wordId(word) ?? 0),
    );
  }
  const figures = measure.figures();
  if (figures.sentences === 0) throw nothingPiped("sentence to score");
  for (const notice of measure.notices()) io.stderr.write(`${notice}\n`);
  if (json) return;
  io.stdout.write(
    [
      `Perplexity including OOVs:\t${figures.perplexity}`,
      `Perplexity excluding OOVs:\t${figures.knownPerplexity}`,
      `OOVs:\t${figures.outOfVocabulary}`,
      `Tokens:\t${figures.tokens}`,
      "",
    ].join("\n"),
  );
}

const ngramParts = () =>
  Promise.all([
    import("../ngram/load-ngram.js"),
    import("../text/corpus/corpus.js"),
    import("../ngram/measure-ngram.js"),
    import("../ngram/read-sentences.js"),
  ]);

const row = (name: string, text: string): string => `${name.padEnd(28)}${text}`;
const log10 = (natural: number): number => natural / Math.LN10;

function figuresJson(figures: NgramFigures): object {
  const { logProbability, knownLogProbability, knownPerplexity, lengths, ...rest } = figures;
  return {
    ...rest,
    knownPerplexity: Number.isFinite(knownPerplexity) ? knownPerplexity : null,
    log10Probability: log10(logProbability),
    knownLog10Probability: log10(knownLogProbability),
    ngramLengths: lengths,
  };
}

function figureRows({
  sentences,
  tokens,
  outOfVocabulary,
  perplexity,
  knownPerplexity,
  lengths,
}: NgramFigures): string[] {
  return [
    row("sentences", grouped(sentences)),
    row("tokens, ends counted", grouped(tokens)),
    row("perplexity", fourFigures(perplexity)),
    row("without unknown words", Number.isFinite(knownPerplexity) ? fourFigures(knownPerplexity) : "–"),
    row(
      "unknown words",
      outOfVocabulary === 0 ? "0" : `${grouped(outOfVocabulary)} (${share(outOfVocabulary, tokens, 2)})`,
    ),
    ...lengths.map((count, i) =>
      row(`found as ${i + 1}-grams`, count === 0 ? "0 %" : share(count, tokens, 1)),
    ),
  ];
}

function sentenceJson({ words, scores }: ScoredSentence): object {
  return {
    words: scores.map(({ logProbability, length, outOfVocabulary }, i) => ({
      word: words[i],
      log10Probability: log10(logProbability),
      ngramLength: length,
      outOfVocabulary,
    })),
    log10Probability: log10(scores.reduce((sum, { logProbability }) => sum + logProbability, 0)),
    outOfVocabulary: scores.filter(({ outOfVocabulary }) => outOfVocabulary).length,
  };
}

/** As KenLM's query writes a sentence: "word=id length log10p", a tab after each, then the totals. */
function sentenceLine({ words, scores }: ScoredSentence, idOf: (word: string) => number): string {
  const figure = (natural: number): string => String(Number(log10(natural).toPrecision(8)));
  const each = scores.map(
    ({ logProbability, length }, i) =>
      `${escapeControls(words[i]!)}=${idOf(words[i]!)} ${length} ${figure(logProbability)}\t`,
  );
  const total = scores.reduce((sum, { logProbability }) => sum + logProbability, 0);
  const unknown = scores.filter(({ outOfVocabulary }) => outOfVocabulary).length;
  return `${each.join("")}Total: ${figure(total)} OOV: ${unknown}\n`;
}

/** `recurra similar`: the lines of a file nearest to a text, or the tokens nearest to a word. */
import type { IndexOptions } from "../apps/index-options.js";
import type { SimilarLine } from "../apps/line-index.js";
import type { SimilarToken } from "../apps/similar-tokens.js";
import type { EngineName } from "../engine/create.js";
import { option, sentence, UserError } from "../errors.js";
import { SIMILAR_COMMAND } from "../options/command-options.js";
import { escapeControls } from "../visible-text.js";
import { type Colors, colorsFor } from "./colors.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { linesOfInput, nothingPiped, readsInput } from "./lines-of-input.js";
import { grouped, percent } from "./numbers.js";
import { progressLine } from "./progress-line.js";
import { loadProfiled } from "./profiled.js";
import { addFlags } from "./option-flags.js";
import { unescaped } from "./parse-values.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { inOneLine, jsonLine } from "./visible-text.js";

interface TypedOptions extends Omit<IndexOptions, "onNotice" | "onProgress" | "signal"> {
  readonly neighbours?: number;
  readonly word?: string;
  readonly profile?: string;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function similarCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model")
    .argument("[corpus]", "file of lines, or of records (.jsonl), to search")
    .argument("[query...]", "texts to look for, each by itself; - or a pipe: the lines of standard input");
  addFlags(command, SIMILAR_COMMAND)
    .addHelpText(
      "after",
      `
Each result is the cosine of the two vectors, the number of the line, and the line. Where there are several queries, an empty
line ends the answer to each. In queries that are typed, \\n is a newline, \\t a tab, \\\\ a backslash. An index is kept up to
date: lines at the end of the corpus that it has not yet are added; what is not said of vectors is as it has them.

Examples:
  recurra similar book.model lines.txt "a storm at sea" --index lines.index --centre
  recurra similar book.model lines.txt - -k 3 --json < queries.txt
  recurra similar wiki.model --word whale`,
    )
    .action((folder: string, corpus: string | undefined, queries: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runSimilar(io, folder, corpus, queries, options, signal)),
    );
}

async function runSimilar(
  io: Io,
  folder: string,
  corpus: string | undefined,
  typed: readonly string[],
  { threads, engine, profile, json = false, word, neighbours, ...options }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const others = [...(corpus === undefined ? [] : [corpus]), ...typed];
  const loaded = () => loadProfiled(io, { folder, others, command: "similar" }, { threads, engine, profile });
  const most = { ...(neighbours !== undefined && { neighbours }) };
  const colors = colorsFor(io.stdout, io.env);
  if (word !== undefined) {
    const common = commonOnly(corpus, options);
    const { similarTokens } = await import("../apps/similar-tokens.js");
    const found = await similarTokens(await loaded(), unescaped(word), { ...most, ...common });
    io.stdout.write(found.map((one, i) => tokenLine(one, i + 1, json, colors)).join(""));
    return;
  }
  if (corpus === undefined)
    throw new UserError({
      option: "word",
      problem: "recurra similar needs a corpus, a file of lines, after the model",
      advice: sentence`give one, and a text to look for, or a word with ${option("word")}`,
    });
  const fromInput = readsInput(
    io,
    typed,
    'recurra similar needs a text to look for: give it after the corpus, or pipe lines in and give "-".',
  );
  const [{ openIndex }, { indexSettings }] = await Promise.all([
    import("../apps/line-index.js"),
    import("../apps/index-options.js"),
  ]);
  // Before the model is read.
  indexSettings(options);
  const show = progressLine(io);
  const index = await openIndex(await loaded(), corpus, {
    ...options,
    signal,
    onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
    onProgress: (done, total) => show(`${escapeControls(corpus)}: ${percent(done / total)} read`),
  }).finally(() => show(""));
  try {
    let count = 0;
    for await (const query of fromInput
      ? linesOfInput(io, options.encoding ?? "utf-8")
      : typed.map(unescaped)) {
      if (signal.aborted) return;
      count++;
      const found = await index.search(query, { ...most, signal });
      const isLast = !fromInput && count === typed.length;
      io.stdout.write(`${found.map((one) => resultLine(one, json, colors)).join("")}${isLast ? "" : "\n"}`);
      if (found.length === 0 && !json) io.stderr.write("All lines of the corpus are empty.\n");
    }
    if (count === 0) throw nothingPiped("text to look for");
  } finally {
    await index.close();
  }
}

/** What the vectors of tokens can be given: the others are of lines. @throws UserError */
function commonOnly(
  corpus: string | undefined,
  { centre, components, ...others }: IndexOptions,
): Pick<IndexOptions, "centre" | "components"> {
  if (corpus !== undefined)
    throw new UserError({
      option: "word",
      problem: sentence`${option("word")} looks in the model's vocabulary, and there is a corpus after the model`,
      advice: sentence`leave the corpus out, or ${option("word")}`,
    });
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new UserError({
      option: other,
      problem: sentence`${option(other)} is of lines, and ${option("word")} looks in the vocabulary`,
      advice: sentence`leave ${option(other)} out`,
    });
  return { ...(centre !== undefined && { centre }), ...(components !== undefined && { components }) };
}

function resultLine(result: SimilarLine, json: boolean, colors: Colors): string {
  if (json) return jsonLine(result);
  const { score, line, text } = result;
  const number = `line ${grouped(line)}`.padEnd(12);
  return `${cosine(score)}  ${colors.dim(number)}  ${inOneLine(text)}\n`;
}

function tokenLine({ id, token, score }: SimilarToken, rank: number, json: boolean, colors: Colors): string {
  if (json) return jsonLine({ rank, score, id, token });
  return `${cosine(score)}  ${colors.bold(inOneLine(token))}\n`;
}

const cosine = (score: number): string => score.toFixed(4).padStart(7);

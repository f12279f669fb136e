/**
 * How well vectors find texts of the same kind, beside BM25 (MiniSearch) and chance:
 *
 *     npx tsx bench/search.ts --model wiki.model --articles wiki.test.tokens [--queries 500] [--pools mean,sif,concat]
 *         [--components 1,3] [--seed 1] [--threads 2] [--json]
 *     npx tsx bench/search.ts --model mail.model --labelled mail.jsonl
 *
 * Texts are the paragraphs of articles under lines = Title =, each of its article's kind, or labelled lines: label, tab, text;
 * or records with label and text. Each of some texts is a query among all others; relevant is what has its label. Told are the
 * mean of precision at 10 and mean average precision, each with its standard error over the queries. Texts are put in a
 * drawn order first, so that equal scores favour none.
 */
import { readFileSync } from "node:fs";
import MiniSearch from "minisearch";
import type { Engine } from "../src/engine/engine.js";
import { Random } from "../src/engine/random.js";
import { UserError } from "../src/errors.js";
import { load } from "../src/index.js";
import { POOLS } from "../src/options/words.js";
import { type LabelledText, shuffled } from "./labelled-texts.js";
import { chosen, type OptionSpec, optionHelp, positive, readOptions, runBench } from "./options.js";

const OPTIONS = {
  model: { value: "folder", help: "the model" },
  articles: { value: "file", help: "paragraphs under lines = Title =" },
  labelled: { value: "file", help: "lines of label, tab, text; or .jsonl with label and text" },
  queries: { value: "n", help: "queries, drawn among the texts (default: 500)" },
  pools: { value: "list", help: `ways of pooling (default: ${POOLS.join(",")})` },
  components: { value: "list", help: "principal components to take out of centred vectors (default: 1,3)" },
  seed: { value: "n", help: "of the order and the queries (default: 1)" },
  threads: { value: "n", help: "threads (default: 2)" },
  json: { help: "a line of JSON for each way" },
  help: { help: "this help" },
} as const satisfies Record<string, OptionSpec>;

/** How good the orders of some queries are. */
interface Quality {
  readonly way: string;
  readonly precisionAt10: number;
  readonly precisionError: number;
  readonly meanAveragePrecision: number;
  readonly averagePrecisionError: number;
  readonly milliseconds: number;
}

const TITLE = /^\s*=\s+([^=].*?)\s+=\s*$/;
const AT = 10;

/** Paragraphs by their article; headings inside of articles are none. */
function articles(text: string): LabelledText[] {
  let label = "";
  return text.split("\n").flatMap((line) => {
    const title = TITLE.exec(line)?.[1];
    if (title !== undefined) label = title;
    const own = line.trim();
    return title !== undefined || label === "" || own === "" || own.startsWith("=")
      ? []
      : [{ label, text: own }];
  });
}

function labelled(path: string): LabelledText[] {
  const lines = readFileSync(path, "utf8").split(/\r?\n/);
  return lines.flatMap((line, n) => {
    if (line.trim() === "") return [];
    if (!path.endsWith(".jsonl")) {
      const tab = line.indexOf("\t");
      if (tab < 0) throw new UserError(`${path}, line ${n + 1}: there is no tab after a label.`);
      return [{ label: line.slice(0, tab), text: line.slice(tab + 1) }];
    }
    const { label, text } = JSON.parse(line) as Partial<LabelledText>;
    if (label === undefined || typeof text !== "string")
      throw new UserError(`${path}, line ${n + 1}: the record has no label and text.`);
    return [{ label: String(label), text }];
  });
}

/** Scores of all texts for some queries; a greater one is nearer. */
type Score = (query: number) => Float64Array | Promise<Float64Array>;

async function quality(
  way: string,
  texts: readonly LabelledText[],
  queries: readonly number[],
  score: Score,
  preparing = 0,
): Promise<Quality> {
  const precisions: number[] = [];
  const averages: number[] = [];
  const begun = performance.now();
  for (const query of queries) {
    const scores = await score(query);
    const order = Array.from(texts.keys()).filter((n) => n !== query);
    order.sort((a, b) => scores[b]! - scores[a]! || a - b);
    let found = 0;
    let sum = 0;
    let first = 0;
    for (const [i, n] of order.entries()) {
      if (texts[n]!.label !== texts[query]!.label) continue;
      found++;
      if (i < AT) first++;
      sum += found / (i + 1);
    }
    precisions.push(first / AT);
    averages.push(sum / found);
  }
  const [p, a] = [precisions, averages].map(meanAndError) as [[number, number], [number, number]];
  return {
    way,
    precisionAt10: p[0],
    precisionError: p[1],
    meanAveragePrecision: a[0],
    averagePrecisionError: a[1],
    milliseconds: preparing + performance.now() - begun,
  };
}

function meanAndError(values: readonly number[]): [mean: number, error: number] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return [mean, Math.sqrt(squares / Math.max(1, values.length - 1) / values.length)];
}

/** Cosines of vectors of length 1 with one of them. */
function cosines(engine: Engine, vectors: readonly Float32Array[]): Score {
  const [N, D] = [vectors.length, vectors[0]!.length];
  const [all, one, out] = [engine.tensor(N * D), engine.tensor(D), engine.tensor(N)];
  const data = new Float32Array(N * D);
  vectors.forEach((vector, n) => data.set(vector, n * D));
  engine.write(data, all);
  return (query) => {
    engine.write(vectors[query]!, one);
    engine.linear(one, all, out, 1, D, N);
    return Float64Array.from(engine.read(out));
  };
}

function bm25(texts: readonly LabelledText[]): Score {
  const index = new MiniSearch<{ id: number; text: string }>({ fields: ["text"] });
  index.addAll(texts.map(({ text }, id) => ({ id, text })));
  return (query) => {
    const scores = new Float64Array(texts.length);
    for (const { id, score } of index.search(texts[query]!.text)) scores[id as number] = score;
    return scores;
  };
}

await runBench(async (argv) => {
  const given = readOptions(argv, OPTIONS);
  const [folder, file, lines] = [given.get("model"), given.get("articles"), given.get("labelled")];
  if (given.has("help") || folder === undefined || (file === undefined) === (lines === undefined))
    return console.log(optionHelp(OPTIONS));
  const random = new Random(positive("seed", given.get("seed") ?? "1", true));
  const threads = positive("threads", given.get("threads") ?? "2", true);
  const most = positive("queries", given.get("queries") ?? "500", true);
  const pools = chosen("pool", given.get("pools") ?? POOLS.join(), POOLS) as (typeof POOLS)[number][];
  const components = (given.get("components") ?? "1,3")
    .split(",")
    .map((n) => positive("components", n, true));
  const read = file === undefined ? labelled(lines!) : articles(readFileSync(file, "utf8"));
  const texts = shuffled(read, random);
  const counts = new Map<string, number>();
  for (const { label } of texts) counts.set(label, (counts.get(label) ?? 0) + 1);
  const possible = Array.from(texts.keys()).filter((n) => counts.get(texts[n]!.label)! > 1);
  if (possible.length === 0)
    throw new UserError("No two texts have the same label; there is nothing to find.");
  const queries = possible.slice(0, most);
  const model = await load(folder, { threads });
  const results: Quality[] = [];
  const add = (result: Quality): void => {
    results.push(result);
    if (given.has("json")) console.log(JSON.stringify(result));
  };
  add(await quality("chance", texts, queries, () => Float64Array.from(texts, () => random.next())));
  const indexing = performance.now();
  const search = bm25(texts);
  add(await quality("BM25", texts, queries, search, performance.now() - indexing));
  for (const pool of pools)
    for (const common of [
      {},
      { centre: true },
      ...components.map((n) => ({ centre: true, components: n })),
      // As its authors have it.
      ...(pool === "sif" ? [{ components: 1 }] : []),
    ]) {
      const begun = performance.now();
      const vectors = await model.embed(
        texts.map(({ text }) => text),
        { pool, ...common },
      );
      const name = [
        pool,
        ...Object.entries(common).map(([key, value]) => (value === true ? key : `${key} ${value}`)),
      ];
      const score = cosines(model.model.engine, vectors);
      add(await quality(name.join(", "), texts, queries, score, performance.now() - begun));
    }
  if (given.has("json")) return;
  console.log(`${texts.length} texts of ${counts.size} labels, ${queries.length} queries`);
  console.log("| way | precision at 10 | mean average precision | seconds |\n|---|---|---|---|");
  for (const one of results) {
    const figure = (value: number, error: number): string => `${value.toFixed(3)} ± ${error.toFixed(3)}`;
    const cells = [
      one.way,
      figure(one.precisionAt10, one.precisionError),
      figure(one.meanAveragePrecision, one.averagePrecisionError),
      (one.milliseconds / 1000).toFixed(1),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
});

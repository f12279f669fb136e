/**
 * Hypotheses per second of scoring lists: in batches with shared beginnings, as `recurra rescore` does it, beside one
 * after the other, as `recurra score` does.
 *
 *     npx tsx bench/rescoring.ts --model wiki.model --lists test.json [--utterances 200] [--rounds 3] [--threads 2] [--json]
 *
 * Rounds of both follow each other; medians.
 */
import { cpus } from "node:os";
import { load } from "../src/apps/load.js";
import { scoreLine } from "../src/apps/score.js";
import { readLists } from "../src/speech/read-lists.js";
import { scoreTexts } from "../src/speech/score-lists.js";
import { median } from "./measure.js";
import { type OptionSpec, optionHelp, positive, readOptions, runBench } from "./options.js";

const OPTIONS = {
  model: { value: "folder", help: "the model" },
  lists: { value: "file", help: "lists of hypotheses" },
  utterances: { value: "n", help: "the first so many (default: 200)" },
  rounds: { value: "n", help: "rounds of each (default: 3)" },
  threads: { value: "n", help: "threads (default: 2)" },
  json: { help: "a line of JSON" },
  help: { help: "this help" },
} as const satisfies Record<string, OptionSpec>;

await runBench(async (argv) => {
  const given = readOptions(argv, OPTIONS);
  const [folder, file] = [given.get("model"), given.get("lists")];
  if (given.has("help") || folder === undefined || file === undefined)
    return console.log(optionHelp(OPTIONS));
  const rounds = positive("rounds", given.get("rounds") ?? "3", true);
  const threads = positive("threads", given.get("threads") ?? "2", true);
  const most = positive("utterances", given.get("utterances") ?? "200", true);
  const { model, tokenizer } = await load(folder, { threads });
  const utterances = (await readLists([file])).slice(0, most);
  const texts = utterances.map(({ hypotheses }) => hypotheses.map(({ text }) => text));
  const hypotheses = texts.reduce((sum, list) => sum + list.length, 0);

  const speed = async (work: () => Promise<void>): Promise<number> => {
    const begun = performance.now();
    await work();
    return (1000 * hypotheses) / (performance.now() - begun);
  };
  let rows = 0;
  let tokens = 0;
  const together = async (): Promise<void> => {
    ({ rows, tokens } = await scoreTexts({ model, tokenizer }, texts));
  };
  const alone = async (): Promise<void> => {
    for (const text of texts.flat()) scoreLine(model, tokenizer, text);
  };
  const speeds: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const which of order) speeds[which].push(await speed(which === 0 ? together : alone));
  }
  const [batched, single] = speeds.map((xs) => Math.round(median(xs))) as [number, number];
  const ratios = speeds[0].map((x, r) => x / speeds[1][r]!);
  const about = { cpu: cpus()[0]!.model, isa: model.engine.isa, threads, rounds };
  const result = {
    utterances: texts.length,
    hypotheses,
    tokens,
    rows,
    batched,
    single,
    ratio: median(ratios),
  };
  if (given.has("json")) return console.log(JSON.stringify({ ...result, ...about }));
  console.log(
    Object.entries(about)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
  );
  console.log(
    "| hypotheses | tokens | rows read for them | together, a second | one by one, a second | ratio |",
  );
  console.log("|---|---|---|---|---|---|");
  const cells = [hypotheses, tokens, rows, batched, single].map((x) => x.toLocaleString("en"));
  console.log(`| ${cells.join(" | ")} | ${result.ratio.toFixed(1)} |`);
});

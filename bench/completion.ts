/**
 * Milliseconds from a key to its suggestions, on Node and in a page of Chromium:
 *
 *     npx tsx bench/completion.ts [--model book.model] [--text book.txt] [--keys 1000] [--threads 2] [--until word]
 *         [--chromium /usr/bin/chromium] [--json]
 *
 * The text is typed key by key from its tenth thousandth character on; every tenth time a key is deleted and typed again, and
 * every hundredth time the caret jumps back and to the end again: each of these is one question for five suggestions. Without
 * a model one of 2 × 650 with 33,278 words and int8 weights is made, of random text. With --chromium the same is asked in a
 * page, which needs the built package (npm run build:ts).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { Random } from "../src/engine/random.js";
import { UserError } from "../src/errors.js";
import { type Until, load, quantize, train } from "../src/index.js";
import { orSayWhy, positive } from "./options.js";
import { servePage } from "./page-server.js";

const root = fileURLToPath(new URL("../", import.meta.url));
/** Characters that stand before the first key. */
const BEFORE = 10_000;
const DELETES = 10;
const JUMPS = 100;
/** As many different words as WikiText-2 has. */
const WORDS = 33_278;

interface Latencies {
  readonly where: string;
  readonly keys: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  /** The first question, with which all that stands before is read. */
  readonly first: number;
}

/** The texts before the caret, question by question. */
function questions(text: string, keys: number): string[] {
  const asked: string[] = [];
  const start = Math.min(BEFORE, Math.floor(text.length / 2));
  for (let at = start; asked.length < keys && at <= text.length; at++) {
    asked.push(text.slice(0, at));
    if (at % DELETES === 0) asked.push(text.slice(0, at - 1), text.slice(0, at));
    if (at % JUMPS === 0) asked.push(text.slice(0, Math.floor(at / 2)), text.slice(0, at));
  }
  return asked.slice(0, keys);
}

function latencies(where: string, times: readonly number[]): Latencies {
  const [first = 0, ...others] = times;
  const sorted = others.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
  return { where, keys: sorted.length, p50: at(0.5), p99: at(0.99), most: sorted.at(-1)!, first };
}

async function onNode(
  folder: string,
  asked: readonly string[],
  until: Until,
  threads: number,
): Promise<Latencies> {
  const model = await load(folder, { threads });
  const completer = await model.completer();
  const times: number[] = [];
  for (const text of asked) {
    const start = performance.now();
    await completer.complete(text, { until });
    times.push(performance.now() - start);
  }
  const { name, isa } = model.model.engine;
  return latencies(`${name} ${isa}`, times);
}

/** A string, as the page's own types are not known here. */
const PAGE = `<!doctype html><title>bench</title><script type="module">
import { startRecurra } from "/dist/browser-bundle/recurra.js";
window.measure = async (asked, until, threads) => {
  const recurra = await startRecurra({ threads });
  const model = await recurra.load("/model/");
  const times = [];
  for (const text of asked) {
    const start = performance.now();
    await model.complete(text, { until });
    times.push(performance.now() - start);
  }
  recurra.dispose();
  return { isa: recurra.engine.isa, times };
};
document.title = "ready";
</script>`;

async function inChromium(
  path: string,
  folder: string,
  asked: readonly string[],
  until: Until,
  threads: number,
): Promise<Latencies> {
  const server = servePage(PAGE, { model: folder });
  const browser = await chromium.launch({ executablePath: path, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("document.title === 'ready'");
    const { isa, times } = await page.evaluate<{ isa: string; times: number[] }>(
      `measure(${JSON.stringify(asked)}, ${JSON.stringify(until)}, ${threads})`,
    );
    return latencies(`Chromium ${browser.version()} ${isa}`, times);
  } finally {
    await browser.close();
    server.close();
  }
}

/** Words of letters, as often as Zipf's law has them, each at least twice. */
function madeText(random: Random): string {
  const letters = "etaoinshrdlu";
  const wordOf = (n: number): string => {
    let word = "";
    for (let rest = n + 1; rest > 0; rest = Math.floor(rest / letters.length))
      word += letters[rest % letters.length]!;
    return word;
  };
  const lines: string[] = [];
  for (let n = 0; n < WORDS - 2; n++) {
    const often = Math.floor(WORDS ** random.next()) - 1;
    lines.push(`${wordOf(n)} ${wordOf(often)} ${wordOf(n)}${n % 8 === 7 ? "\n" : ""}`);
  }
  return lines.join(" ");
}

/** A model of words with int8 weights, hardly trained: what a question costs does not depend on what it has learned. */
async function makeWords(folder: string, text: string, threads: number): Promise<string> {
  const float = join(folder, "float.model");
  const out = join(folder, "int8.model");
  await train({
    text,
    tokenizer: "word",
    minCount: 1,
    hidden: 650,
    layers: 2,
    steps: 1,
    batchSize: 4,
    seqLen: 8,
    seed: 1,
    out: float,
    threads,
  });
  await quantize(float, { out, threads });
  return out;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      model: { type: "string" },
      text: { type: "string" },
      keys: { type: "string", default: "1000" },
      threads: { type: "string", default: "2" },
      until: { type: "string", default: "word" },
      chromium: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const keys = positive("keys", values.keys, true);
  const threads = positive("threads", values.threads, true);
  const until = values.until as Until;
  const path = values.chromium;
  if (path !== undefined && !existsSync(path)) throw new UserError(`There is no ${path}; name a Chromium.`);
  const folder = mkdtempSync(join(tmpdir(), "recurra-bench-"));
  try {
    const made = values.model === undefined ? madeText(new Random(1)) : undefined;
    const model = values.model ?? (await makeWords(folder, made!, threads));
    const book = values.text ?? join(root, "dist/book/moby-dick.txt");
    const asked = questions(made ?? readFileSync(book, "utf8"), keys);
    const measured = [await onNode(model, asked, until, threads)];
    if (path !== undefined) measured.push(await inChromium(path, model, asked, until, threads));
    const about = { cpu: cpus()[0]!.model, node: process.version, threads, until };
    if (!values.json) console.log(`${about.cpu}, Node ${about.node}, ${threads} threads, milliseconds a key`);
    for (const each of measured) {
      const { where, keys: count, p50, p99, most, first } = each;
      if (values.json) console.log(JSON.stringify({ ...each, ...about }));
      else {
        const figures = { p50, p99, most, first };
        const shown = Object.entries(figures).map(([name, ms]) => `${name} ${ms.toFixed(2)}`);
        console.log(`${where}: ${shown.join(", ")} (${count} keys)`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await orSayWhy(main);

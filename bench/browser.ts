/**
 * The library in a page of Chromium, as a page of one's own has it: characters a second of training, measuring and
 * writing, and how long the page's own thread was ever busy meanwhile.
 *
 *   npx tsx bench/browser.ts [--rounds 3] [--seconds 6] [--chromium /usr/bin/chromium]
 *
 * Moby-Dick by characters, an LSTM of one layer, 32 × 64 a step. Sizes and numbers of threads take turns; the median of
 * the rounds is printed. Needs the built package (npm run build:ts).
 */
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { UserError } from "../src/errors.js";
import { orSayWhy, positive } from "./options.js";
import { servePage } from "./page-server.js";
import { spread } from "./statistics.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const SIZES = [128, 256];
const THREADS = [1, 2];

/** What the page is to measure, and its answer. */
interface Measurement {
  readonly hidden: number;
  readonly threads: number;
  readonly seconds: number;
}
interface Measured {
  readonly isa: string;
  readonly training: number;
  readonly measuring: number;
  readonly writing: number;
  /** Milliseconds of the longest task of the page's own thread while a model was in training; 0: none over 50. */
  readonly longestTask: number;
}

/** The first steps are what the browser needs to compile the kernels to fast code. */
const WARM_UP = 20;

/** Too short a time for more than that. */
interface TooShort {
  readonly steps: number;
}

/** A string, as the page's own types are not known here. */
const PAGE = `<!doctype html><title>bench</title><script type="module">
import { startRecurra } from "/dist/browser-bundle/recurra.js";
const text = await (await fetch("/dist/book/moby-dick.txt")).text();
window.measure = async ({ hidden, threads, seconds }) => {
  const recurra = await startRecurra({ threads });
  let first, last, longestTask = 0;
  const watch = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
  });
  const settings = { hidden, layers: 1, batchSize: 32, seqLen: 64, dropout: 0, seed: 1, validateEvery: 1e9 };
  const run = recurra.train({ text, ...settings, checkpointSeconds: 1e6, maxMinutes: seconds / 60 }, {
    onEvent: (event) => {
      if (event.type !== "step") return;
      if (!first && event.step >= ${WARM_UP}) {
        first = event;
        watch.observe({ type: "longtask" });
      }
      last = event;
    },
  });
  const model = await run.model;
  await run.done;
  watch.disconnect();
  if (!first || last === first) {
    recurra.dispose();
    return { steps: last?.step ?? 0 };
  }
  const { tokensPerSecond } = await model.evaluate(text.slice(-200_000));
  const start = performance.now();
  let written = 0;
  for await (const piece of model.generate({ length: 20_000, seed: 1 })) written += piece.text.length;
  const writing = (1000 * written) / (performance.now() - start);
  recurra.dispose();
  return {
    isa: recurra.engine.isa,
    training: (last.tokens - first.tokens) / (last.elapsedSeconds - first.elapsedSeconds),
    measuring: tokensPerSecond,
    writing,
    longestTask,
  };
};
document.title = "ready";
</script>`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "6" },
      chromium: { type: "string", default: process.env["CHROMIUM"] ?? "/usr/bin/chromium" },
    },
  });
  const rounds = positive("rounds", values.rounds, true);
  const seconds = positive("seconds", values.seconds);
  if (!existsSync(values.chromium))
    throw new UserError(`There is no ${values.chromium}; name a Chromium with --chromium.`);
  if (!existsSync(join(root, "dist/browser-bundle/recurra.js")))
    throw new UserError("The package is not built; npm run build:ts builds it.");
  const server = servePage(PAGE);
  const browser = await chromium.launch({ executablePath: values.chromium, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("document.title === 'ready'");
    const cases = SIZES.flatMap((hidden) =>
      THREADS.map((threads): Measurement => ({ hidden, threads, seconds })),
    );
    const measured = cases.map((): Measured[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, measurement] of cases.entries()) {
        const found = await page.evaluate<Measured | TooShort>(`measure(${JSON.stringify(measurement)})`);
        if ("steps" in found)
          throw new UserError(
            `In ${seconds} s the page trained ${found.steps} steps, and the first ${WARM_UP} do not count; give more time with --seconds.`,
          );
        measured[i]!.push(found);
      }
    }
    const { isa } = measured[0]![0]!;
    console.log(
      `${cpus()[0]!.model}, Chromium ${browser.version()}, ${isa}, ${rounds} rounds of ${seconds} s`,
    );
    console.log("| units | threads | training | measuring | writing | longest task while training |");
    console.log("|---|---|---|---|---|---|");
    for (const [i, { hidden, threads }] of cases.entries()) {
      const figures = (["training", "measuring", "writing"] as const).map((work) =>
        Math.round(spread(measured[i]!.map((each) => each[work])).median).toLocaleString("en"),
      );
      const longest = Math.max(...measured[i]!.map(({ longestTask }) => longestTask));
      const task = longest === 0 ? "none over 50 ms" : `${Math.round(longest)} ms`;
      console.log(`| ${[hidden, threads, ...figures, task].join(" | ")} |`);
    }
  } finally {
    await browser.close();
    server.close();
  }
}

await orSayWhy(main);

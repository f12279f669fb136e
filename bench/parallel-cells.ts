/**
 * Tokens per second of training an LSTM and the cells without weights on h_{t−1}, at the same width and the same
 * number of tokens a step, over windows of growing length (the batch shrinks as they grow):
 *
 *     npx tsx bench/parallel-cells.ts [--threads 2] [--rounds 5] [--seconds 1] [--steps 64,256,1024,4096] [--json]
 *
 * Rounds of the cells alternate, so that all meet the same moods of the machine; medians are printed. --json prints
 * one line a window length and cell.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { nativeEngine } from "../src/engine/native-loader.js";
import { median, tokensPerSecond } from "./measure.js";
import { trainingStep } from "./training-step.js";

/** T·B of every window. */
const TOKENS = 4096;
const CELLS = ["lstm", "minlstm", "mingru"] as const;
const SIZES = { vocabulary: 96, embedding: 256, hidden: 256, layers: 2, optimizer: "adam" } as const;

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
    steps: { type: "string", default: "64,256,1024,4096" },
    json: { type: "boolean", default: false },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const lengths = values.steps.split(",").map(Number);
if (![threads, rounds, seconds].every((x) => x > 0)) {
  console.error("--threads, --rounds and --seconds are numbers above 0.");
  process.exit(2);
}
for (const T of lengths) {
  if (!(T > 0 && Number.isInteger(TOKENS / T))) {
    console.error(`--steps are lengths that divide ${TOKENS}, such as 64,256; "${values.steps}" are not.`);
    process.exit(2);
  }
}

const engine = nativeEngine(threads, process.env["RECURRA_ISA"]);
const about = { cpu: cpus()[0]!.model, isa: engine.isa, threads, rounds, seconds };
const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
if (!values.json) {
  console.log(
    Object.entries(about)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
  );
  console.log(row(["T × B", ...CELLS, "minlstm / lstm", "mingru / lstm"]));
  console.log(row(["---", ...CELLS, "", ""].map(() => "---")));
}

for (const T of lengths) {
  const B = TOKENS / T;
  const steps = CELLS.map((cell) => trainingStep(engine, { ...SIZES, cell, batch: B, steps: T }));
  const speeds: number[][] = CELLS.map(() => []);
  for (const step of steps) step();
  for (let round = 0; round < rounds; round++)
    for (const [c, step] of steps.entries()) speeds[c]!.push(tokensPerSecond(step, TOKENS, seconds, 1));
  const medians = speeds.map((xs) => Math.round(median(xs)));
  if (values.json) {
    for (const [c, cell] of CELLS.entries()) {
      const from = Math.round(Math.min(...speeds[c]!));
      const to = Math.round(Math.max(...speeds[c]!));
      console.log(JSON.stringify({ cell, T, B, tokens_per_s: medians[c], from, to, ...SIZES, ...about }));
    }
  } else {
    const ratios = [1, 2].map((c) => (medians[c]! / medians[0]!).toFixed(2));
    console.log(row([`${T} × ${B}`, ...medians.map((x) => x.toLocaleString("en")), ...ratios]));
  }
}

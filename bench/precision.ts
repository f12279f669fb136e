/**
 * Training with products of bf16 beside float32, the same workload in both:
 *
 *     npx tsx bench/precision.ts [--only W3,W7] [--isa avx2,…] [--threads 2] [--rounds 9] [--seconds 1] [--json]
 *
 * Rounds of the two alternate, so that both meet the same moods of the machine; medians, and the spread of the ratio
 * round by round, are printed, for each instruction set that runs here or those that --isa names.
 */
import { cpus } from "node:os";
import { instructionSets, nativeEngine } from "../src/engine/native-loader.js";
import { tokensPerSecond } from "./measure.js";
import { type OptionSpec, chosen, optionHelp, positive, readOptions, runBench } from "./options.js";
import { ratios, spread } from "./statistics.js";
import { trainingStep } from "./training-step.js";
import { TRAINING } from "./workloads.js";

const OPTIONS = {
  only: { value: "names", help: "training workloads, with commas between (default: all)" },
  isa: { value: "names", help: "instruction sets, with commas between (default: all that run here)" },
  threads: { value: "n", help: "default: 2" },
  rounds: { value: "n", help: "default: 9" },
  seconds: { value: "s", help: "length of a measurement (default: 1)" },
  json: { help: "one JSON object a line" },
  help: { help: "this" },
} as const satisfies Record<string, OptionSpec>;

function main(argv: readonly string[]): void {
  const given = readOptions<keyof typeof OPTIONS>(argv, OPTIONS);
  if (given.has("help")) return console.log(optionHelp(OPTIONS));
  const running = instructionSets()
    .filter(({ runs }) => runs)
    .map(({ name }) => name);
  const workloads = Object.keys(TRAINING);
  const names = chosen("workload", given.get("only") ?? workloads.join(), workloads);
  const sets = chosen("instruction set", given.get("isa") ?? running.join(), running);
  const threads = positive("threads", given.get("threads") ?? "2", true);
  const rounds = positive("rounds", given.get("rounds") ?? "9", true);
  const seconds = positive("seconds", given.get("seconds") ?? "1");
  const about = { cpu: cpus()[0]!.model, threads, rounds, seconds };
  if (!given.has("json")) {
    console.log(`${about.cpu}, ${threads === 1 ? "1 thread" : `${threads} threads`}`);
    console.log("| workload | set | f32, tokens/s | bf16, tokens/s | ratio | rounds, from – to |");
    console.log("|---|---|---|---|---|---|");
  }
  for (const name of names) {
    const workload = TRAINING[name]!;
    const tokens = workload.batch * workload.steps;
    const lanes = sets.map((isa) =>
      (["float", "bf16"] as const).map((operands) => {
        const step = trainingStep(nativeEngine(threads, isa, operands), workload);
        step();
        return { step, speeds: [] as number[] };
      }),
    );
    for (let round = 0; round < rounds; round++)
      for (const { step, speeds } of lanes.flat()) speeds.push(tokensPerSecond(step, tokens, seconds, 1));
    for (const [s, isa] of sets.entries()) {
      const [f32, bf16] = lanes[s]!.map(({ speeds }) => speeds) as [number[], number[]];
      const a = spread(f32);
      const b = spread(bf16);
      const ratio = spread(ratios(bf16, f32));
      const figures = { workload: name, isa, f32: Math.round(a.median), bf16: Math.round(b.median) };
      const [middle, from, to] = [ratio.median, ratio.from, ratio.to].map((x) => x.toFixed(2));
      if (given.has("json")) {
        const numbers = { ratio: Number(middle), from: Number(from), to: Number(to) };
        console.log(JSON.stringify({ ...figures, ...numbers, ...about }));
      } else {
        const speeds = [figures.f32, figures.bf16].map((x) => x.toLocaleString("en"));
        console.log(`| ${[name, isa, ...speeds, `**${middle}**`, `${from} – ${to}`].join(" | ")} |`);
      }
    }
  }
}

await runBench(main);

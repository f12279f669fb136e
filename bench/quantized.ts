/**
 * int8 weights beside float32 ones, the same model in both:
 *
 *     npx tsx bench/quantized.ts [--only G1,G2,E1,E2] [--threads 2] [--rounds 9] [--seconds 1] [--json]
 *
 * G: tokens per second of generation at batch 1 (forward, softmax at temperature 0.8, draw). E: tokens per second of
 * evaluation in windows of batch × steps. Rounds of the two alternate, so that both meet the same moods of the machine;
 * medians, and the spread of the ratio, are printed.
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { nativeEngine } from "../src/engine/native-loader.js";
import { Random } from "../src/engine/random.js";
import { Sampler } from "../src/generate/sampling.js";
import { samplingSettings } from "../src/generate/sampling-settings.js";
import type { LanguageModel } from "../src/model/language-model.js";
import { bothModels } from "./float-and-int8.js";
import { median } from "./measure.js";

interface Workload {
  readonly vocabulary: number;
  readonly hidden: number;
  /** LSTM layers. */
  readonly layers: number;
  /** Rows side by side and steps of a window; none: generation. */
  readonly window?: readonly [batch: number, steps: number];
}

const WORKLOADS: Readonly<Record<string, Workload>> = {
  G1: { vocabulary: 96, hidden: 512, layers: 2 },
  G2: { vocabulary: 33_278, hidden: 650, layers: 2 },
  E1: { vocabulary: 96, hidden: 512, layers: 2, window: [1, 64] },
  E2: { vocabulary: 33_278, hidden: 650, layers: 2, window: [20, 35] },
};

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(WORKLOADS).join(",") },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "9" },
    seconds: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

/** A step, and the tokens that it reads. */
function stepOf(model: LanguageModel, { vocabulary, window }: Workload): [step: () => void, tokens: number] {
  const random = new Random(1);
  if (window) {
    const [B, T] = window;
    const draw = () => new Int32Array(T * B).map(() => random.below(vocabulary));
    const ids = { T, B, inputs: draw(), targets: draw() };
    const state = model.zeroState(B);
    return [() => void model.evaluate(ids, state), T * B];
  }
  const sampler = new Sampler(vocabulary, samplingSettings({ temperature: 0.8 }), [], model);
  const state = model.zeroState(1);
  const id = Int32Array.of(0);
  return [() => void (id[0] = sampler.draw(model.logits(id, state), random).id), 1];
}

/** Tokens per second over some seconds, at least three steps. */
function measure([step, tokens]: readonly [() => void, number]): number {
  const start = performance.now();
  let steps = 0;
  while (steps < 3 || performance.now() - start < seconds * 1000) {
    step();
    steps++;
  }
  return (steps * tokens * 1000) / (performance.now() - start);
}

function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return "no git";
  }
}

const engine = nativeEngine(threads, process.env["RECURRA_ISA"]);
const about = { cpu: cpus()[0]!.model, engine: engine.name, isa: engine.isa, threads, commit: commit() };
if (!values.json) {
  console.log(
    Object.entries(about)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
  );
  console.log("workload   float32 tok/s      int8 tok/s   ratio  (from … to)");
}

for (const name of values.only.split(",")) {
  const workload = WORKLOADS[name];
  if (!workload) {
    console.error(`There is no workload ${name}; there are ${Object.keys(WORKLOADS).join(", ")}.`);
    process.exit(2);
  }
  const [float, int8] = bothModels(engine, workload).map((model) => stepOf(model, workload));
  for (const [step] of [float!, int8!]) for (let i = 0; i < 3; i++) step();
  const speeds: { float: number; int8: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes from round to round.
    const first = round % 2 === 0 ? measure(float!) : undefined;
    const quantized = measure(int8!);
    speeds.push({ float: first ?? measure(float!), int8: quantized });
  }
  const ratios = speeds.map((speed) => speed.int8 / speed.float);
  const result = {
    workload: name,
    float_tokens_per_s: Number(median(speeds.map((speed) => speed.float)).toPrecision(4)),
    int8_tokens_per_s: Number(median(speeds.map((speed) => speed.int8)).toPrecision(4)),
    ratio: Number(median(ratios).toFixed(2)),
    ratio_from: Number(Math.min(...ratios).toFixed(2)),
    ratio_to: Number(Math.max(...ratios).toFixed(2)),
  };
  if (values.json) {
    console.log(JSON.stringify({ ...result, ...about }));
  } else {
    const columns = [result.float_tokens_per_s, result.int8_tokens_per_s].map((x) => String(x).padStart(16));
    console.log(
      `${name.padEnd(8)}${columns.join("")}${result.ratio.toFixed(2).padStart(8)}  (${result.ratio_from} … ${result.ratio_to})`,
    );
  }
}

/**
 * Tokens per second of training on the workloads, and beside PyTorch where asked for:
 *
 *     npm run bench -- [--only W1,W2] [--threads 2] [--rounds 5] [--seconds 2] [--json]
 *                      [--peer pytorch --python PATH --peer-script torch_lm.py]
 *
 * Rounds of ours and of the peer's alternate, so that both meet the same moods of the machine; medians and the spread of
 * the ratio are printed. The peer's script prints one JSON line a workload with its tokens_per_s.
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { nativeEngine } from "../src/engine/native-loader.js";
import { median, tokensPerSecond } from "./measure.js";
import { flopsPerStep, trainingStep } from "./training-step.js";
import { TRAINING } from "./workloads.js";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(TRAINING).join(",") },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
    peer: { type: "string" },
    python: { type: "string", default: "python3" },
    "peer-script": { type: "string" },
  },
});
const [threads, rounds, seconds] = [Number(values.threads), Number(values.rounds), Number(values.seconds)];
if (values.peer !== undefined && (values.peer !== "pytorch" || !values["peer-script"])) {
  console.error("The peer is pytorch; name its script with --peer-script.");
  process.exit(2);
}

function measurePeer(workload: string): number {
  const script = values["peer-script"]!;
  const options = [script, "--only", workload, "--threads", String(threads), "--seconds", String(seconds)];
  const line = execFileSync(values.python, options, { encoding: "utf8" });
  return (JSON.parse(line) as { tokens_per_s: number }).tokens_per_s;
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
if (!values.json)
  console.log(
    Object.entries(about)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
  );

for (const name of values.only.split(",")) {
  const workload = TRAINING[name];
  if (!workload) {
    console.error(`There is no workload ${name}; there are ${Object.keys(TRAINING).join(", ")}.`);
    process.exit(2);
  }
  const step = trainingStep(engine, workload);
  const tokens = workload.batch * workload.steps;
  step();
  step();
  const ours: number[] = [];
  const peers: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(tokensPerSecond(step, tokens, seconds));
    if (values.peer) peers.push(measurePeer(name));
  }
  const ratios = ours.map((x, i) => x / peers[i]!);
  const speed = median(ours);
  const result = {
    workload: name,
    tokens_per_s: Math.round(speed),
    gflops: Number(((flopsPerStep(workload) / tokens) * speed * 1e-9).toFixed(1)),
    ...(values.peer && {
      peer_tokens_per_s: Math.round(median(peers)),
      ratio: Number(median(ratios).toFixed(2)),
      ratio_from: Number(Math.min(...ratios).toFixed(2)),
      ratio_to: Number(Math.max(...ratios).toFixed(2)),
    }),
  };
  if (values.json) console.log(JSON.stringify({ ...result, ...about }));
  else
    console.log(
      Object.entries(result)
        .map(([key, value]) => `${key} ${value}`)
        .join("  "),
    );
}

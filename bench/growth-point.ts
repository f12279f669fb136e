/** One point of a growth curve, in a process of its own so that its peak of memory is its own: a task as JSON in the
 * arguments, a line of JSON out. */
import { createEngine } from "../src/engine/create.js";
import { train } from "../src/apps/train.js";
import { CORPUS_MODEL, type PointResult, type PointTask } from "./growth-axes.js";
import { median, tokensPerSecond } from "./measure.js";
import { profiledEngine, totalFlops } from "./profiled-engine.js";
import { trainingStep } from "./training-step.js";

const RUNS = 3;

async function measure(task: PointTask): Promise<Omit<PointResult, "peak_rss_mb">> {
  if (task.kind === "corpus") return measureEpoch(task.file, task.out, task.threads);
  const { engine, profile, stop } = profiledEngine(await createEngine({ threads: task.threads }));
  if (task.kind === "empty") return {};
  const { workload, seconds } = task;
  const step = trainingStep(engine, workload);
  const tokens = workload.batch * workload.steps;
  step();
  stop();
  const speeds = Array.from({ length: RUNS }, () => tokensPerSecond(step, tokens, seconds / RUNS, 1));
  const speed = median(speeds);
  return { tokens_per_s: speed, executed_gflops: ((totalFlops(profile) / tokens) * speed) / 1e9 };
}

async function measureEpoch(
  file: string,
  out: string,
  threads: number,
): Promise<Omit<PointResult, "peak_rss_mb">> {
  const start = performance.now();
  let prepared = start;
  let tokens = 0;
  await train({
    inputs: [file],
    out,
    threads,
    epochs: 1,
    seed: 1,
    ...CORPUS_MODEL,
    onEvent: (event) => {
      if (event.type === "prepared") prepared = performance.now();
      if (event.type === "step") tokens = event.tokens;
    },
  });
  const seconds = (performance.now() - prepared) / 1000;
  const reading_seconds = (prepared - start) / 1000;
  return { tokens_per_s: tokens / seconds, reading_seconds, training_seconds: seconds };
}

const result = await measure(JSON.parse(process.argv[2]!) as PointTask);
const peak_rss_mb = (process.resourceUsage().maxRSS * 1024) / 1e6;
console.log(JSON.stringify({ ...result, peak_rss_mb }));

/** `npm run bench:growth`: speed and memory against each size, and time against the size of the corpus. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createEngine } from "../src/engine/create.js";
import { UserError } from "../src/errors.js";
import { writeFileAtomic } from "../src/format/atomic-file.js";
import {
  AXES,
  AXIS_NAMES,
  type AxisName,
  BASE,
  CORPUS_MODEL,
  type GrowthHead,
  type GrowthPoint,
  type PointResult,
  type PointTask,
} from "./growth-axes.js";
import { madeText } from "./made-text.js";
import { chosen, optionHelp, positive, readOptions, runBench } from "./options.js";
import { measurePeak } from "./peak.js";
import { aboutRun, busyWarning } from "./report.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FULL = join(ROOT, "bench/results/growth.jsonl");
const QUICK = join(ROOT, "build/growth.jsonl");
const SECONDS = { full: 1.5, quick: 0.3 };

const OPTIONS = {
  quick: { help: "fewer points and shorter: about two minutes, to see that it works" },
  only: { value: "names", help: `what grows: ${AXIS_NAMES.join(", ")} (default: all)` },
  threads: { value: "n,…", help: "numbers of threads (default: 1,2)" },
  out: {
    value: "file",
    help: `where the results go (default: ${relative(ROOT, FULL)}; ${relative(ROOT, QUICK)} with --quick)`,
  },
  help: { help: "this" },
} as const;

const HELP = `npm run bench:growth -- [options]

Trains an LSTM and lets one size grow at a time; each point is a process of its own. Writes one JSON object a line,
which "npm run bench:plots" turns into figures.

${optionHelp(OPTIONS)}`;

async function main(argv: readonly string[]): Promise<void> {
  const given = readOptions<keyof typeof OPTIONS>(argv, OPTIONS);
  if (given.has("help")) return console.log(HELP);
  const quick = given.has("quick");
  const axes = given.has("only")
    ? (chosen("axis", given.get("only")!, AXIS_NAMES) as AxisName[])
    : AXIS_NAMES;
  const counts = (given.get("threads") ?? "1,2").split(",").map((each) => positive("threads", each, true));
  const out = given.get("out") ?? (quick ? QUICK : FULL);
  await mkdir(dirname(out), { recursive: true });
  const busy = busyWarning();
  if (busy) console.error(busy);

  const head = await growthHead(counts);
  const points: GrowthPoint[] = [];
  const save = () =>
    writeFileAtomic(out, [head, ...points].map((each) => `${JSON.stringify(each)}\n`).join(""));
  for (const axis of axes) {
    for (const value of quick ? AXES[axis].quick : AXES[axis].values) {
      // One epoch is timed with all threads only: what is asked there is whether it grows in a straight line.
      for (const threads of axis === "corpus" ? [Math.max(...counts)] : counts) {
        const result = rounded(
          await measurePoint(axis, value, threads, quick ? SECONDS.quick : SECONDS.full),
        );
        const peak = head.peak_gflops[threads];
        const percent =
          result.executed_gflops !== undefined && peak !== undefined
            ? (100 * result.executed_gflops) / peak
            : undefined;
        const point = {
          axis,
          value,
          threads,
          ...result,
          ...(percent !== undefined && { executed_percent_of_peak: significant(percent) }),
        };
        points.push(point);
        console.log(JSON.stringify(point));
      }
    }
    await save();
  }
  console.log(
    `Written to ${relative(process.cwd(), out)}; now: npm run bench:plots -- ${relative(ROOT, out)}`,
  );
}

async function growthHead(counts: readonly number[]): Promise<GrowthHead> {
  const peaks: Record<string, number> = {};
  for (const threads of counts) {
    const peak = measurePeak(await createEngine({ threads }));
    if (peak !== undefined) peaks[threads] = significant(peak);
  }
  const about = { ...aboutRun(await createEngine({ threads: 1 })) };
  const { peak_rss_mb } = await inChild({ kind: "empty", threads: Math.max(...counts) });
  return {
    about,
    base: BASE,
    corpus_model: CORPUS_MODEL,
    peak_gflops: peaks,
    empty_rss_mb: significant(peak_rss_mb),
  };
}

async function measurePoint(
  axis: AxisName,
  value: number,
  threads: number,
  seconds: number,
): Promise<PointResult> {
  if (axis !== "corpus")
    return inChild({ kind: "step", workload: { ...BASE, [axis]: value }, threads, seconds });
  const folder = await mkdtemp(join(tmpdir(), "recurra-growth-"));
  try {
    const file = join(folder, "made.txt");
    await writeFile(file, madeText(value * 1e6));
    return await inChild({ kind: "corpus", file, out: join(folder, "model"), threads });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inChild(task: PointTask): Promise<PointResult> {
  const script = fileURLToPath(new URL("growth-point.ts", import.meta.url));
  try {
    const args = ["--import", "tsx", script, JSON.stringify(task)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    return JSON.parse(stdout) as PointResult;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const reason = /^(?:\w*Error): (.*)$/m.exec(stderr)?.[1] ?? message;
    throw new UserError(
      `The process that measures ${task.kind} on ${task.threads} threads failed: ${reason}`,
    );
  }
}

const significant = (x: number): number => Number(x.toPrecision(4));

function rounded(result: PointResult): PointResult {
  return Object.fromEntries(
    Object.entries(result).map(([name, x]) => [name, significant(x as number)]),
  ) as unknown as PointResult;
}

await runBench(main);

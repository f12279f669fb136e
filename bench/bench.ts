/** `npm run bench`: how fast it is, beside the machine's own limit and, on request, beside PyTorch. */
import { createEngine } from "../src/engine/create.js";
import type { Engine } from "../src/engine/engine.js";
import { TRAIN_PRECISIONS, type TrainPrecision } from "../src/train/run-settings.js";
import { UserError } from "../src/errors.js";
import { type Lane, type Result, type Rounds, measureWorkload } from "./compare.js";
import { type Given, chosen, optionHelp, positive, readOptions, runBench } from "./options.js";
import { PEERS, type PeerSettings } from "./peer.js";
import { measurePeak } from "./peak.js";
import { printProfile } from "./profile.js";
import {
  aboutRun,
  busyWarning,
  columnCount,
  meanRatios,
  peakRecord,
  resultRecord,
  startUpRecord,
  tableHead,
  tableLine,
} from "./report.js";
import { isBuilt, measureStartUp } from "./start-up.js";
import { START_UP, USUAL_WORKLOADS, WITHOUT_PEER, WORKLOADS } from "./workloads.js";

const OPTIONS = {
  only: {
    value: "names",
    help: `workloads, with commas between: ${WORKLOADS.join(", ")} (default: all but ${Object.keys(WITHOUT_PEER).join(", ")})`,
  },
  threads: { value: "n,…", help: "numbers of threads, a row each (default: 2)" },
  rounds: { value: "n", help: "measurements of each, of which the median counts (default: 5)" },
  seconds: { value: "s", help: "length of a measurement (default: 2)" },
  precision: { value: "name", help: "of training's products: f32 or bf16 (default: f32)" },
  json: { help: "one JSON object a line" },
  peer: { value: "name", help: "measure pytorch in turn, and print the ratios" },
  python: { value: "path", help: "a Python that has torch (default: python3)" },
  "peer-script": {
    value: "path",
    help: "another script than bench/pytorch-peer.py, started for each measurement",
  },
  profile: { help: "say where a step's time goes, and measure nothing else" },
  help: { help: "this" },
} as const;
type Option = keyof typeof OPTIONS;

const HELP = `npm run bench -- [options]

W1 … W7, WT2: training, and C3, M3, M3R, which are measured where they are named only; G1, G2: generation at batch 1; E1: evaluation; S1: start-up. docs/performance.md says what each is.

${optionHelp(OPTIONS)}

Examples:
  npm run bench -- --only W3,G1 --threads 1,2
  npm run bench -- --peer pytorch --python /path/to/python
  npm run bench -- --only W6 --profile
The peak is float32's; where the processor multiplies bf16, --precision bf16 may pass it.
"% of peak" counts the operations that a workload stands for, "executed" only those that were made and not spared.
RECURRA_ISA and RECURRA_ENGINE choose the instruction set and the engine.`;

async function main(argv: readonly string[]): Promise<void> {
  const given = readOptions<Option>(argv, OPTIONS);
  if (given.has("help")) return console.log(HELP);
  const names = given.has("only") ? chosen("workload", given.get("only")!, WORKLOADS) : USUAL_WORKLOADS;
  const counts = threadCounts(given.get("threads") ?? "2");
  const rounds: Rounds = {
    rounds: positive("rounds", given.get("rounds") ?? "5", true),
    seconds: positive("seconds", given.get("seconds") ?? "2"),
  };
  const peer = peerSettings(given);
  const alone = names.find((name) => name in WITHOUT_PEER);
  if (peer && alone)
    throw new UserError(`PyTorch has no cell like that of ${alone}; leave out ${alone} or --peer.`);
  if (given.has("only") && names.includes(START_UP) && !isBuilt() && !given.has("profile"))
    throw new UserError('S1 starts the built program and there is none; run "npm run build" first.');

  if (given.has("profile") && (peer || names.every((name) => name === START_UP)))
    throw new UserError("--profile looks into our own steps: it takes no --peer, and S1 has none.");
  const busy = busyWarning();
  if (busy) console.error(busy);
  const engines: Engine[] = [];
  const [precision] = chosen("precision", given.get("precision") ?? "f32", TRAIN_PRECISIONS);
  for (const threads of counts) engines.push(await engineWith(threads, precision as TrainPrecision));
  if (given.has("profile")) return printProfile(engines, names, rounds.seconds, given.has("json"));
  await measureAll(names, engines, rounds, peer, given.has("json"));
}

async function measureAll(
  names: readonly string[],
  engines: readonly Engine[],
  rounds: Rounds,
  peer: PeerSettings | undefined,
  json: boolean,
): Promise<void> {
  const about = aboutRun(engines[0]!);
  const print = (text: string, record: object) => console.log(json ? JSON.stringify(record) : text);
  if (!json)
    console.log(
      `${about.machine} × ${about.cores}; engine ${about.engine} ${about.isa}, products of ${about.operands}; commit ${about.commit}; Node ${about.node}`,
    );
  const peaks = await measurePeaks(engines);
  for (const [threads, peak] of peaks)
    print(
      `peak, ${threads} thread${threads > 1 ? "s" : ""}: ${peak.toFixed(1)} GFLOPS`,
      peakRecord(threads, peak, about),
    );
  const lanes: Lane[] = engines.map((engine) => ({ engine, peak: peaks.get(engine.threads) }));
  const columns = columnCount(peer !== undefined, lanes.length > 1);
  if (!json && names.some((name) => name !== START_UP)) console.log(`\n${tableHead(columns)}`);

  const results: Result[] = [];
  for (const name of names.filter((each) => each !== START_UP)) {
    for (const result of await measureWorkload(name, lanes, rounds, peer)) {
      results.push(result);
      print(tableLine(result, columns), resultRecord(result, about));
    }
  }
  for (const { threads, ratio } of meanRatios(results)) {
    const record = { workload: "W1-W7", ratio: Number(ratio.toFixed(2)), threads, ...about };
    const text = `geometric mean of the ratios of W1 … W7, ${threads} threads: ${ratio.toFixed(2)}`;
    print(`\n${text}`, record);
  }
  if (!names.includes(START_UP)) return;
  if (!isBuilt()) {
    console.error(
      '\nS1 was left out: it starts the built program and there is none; run "npm run build" first.',
    );
    return;
  }
  const start = await measureStartUp(rounds.rounds);
  const [help, first] = [start.helpMilliseconds, start.firstTokenMilliseconds].map(
    ({ median, from, to }) => `${median.toFixed(0)} ms (${from.toFixed(0)} – ${to.toFixed(0)})`,
  );
  print(`\nS1  recurra --help: ${help}; first generated token: ${first}`, startUpRecord(start, about));
}

/** The peak at each number of threads from one to the largest requested. */
async function measurePeaks(engines: readonly Engine[]): Promise<Map<number, number>> {
  const peaks = new Map<number, number>();
  const most = Math.max(...engines.map(({ threads }) => threads));
  for (let threads = 1; threads <= most; threads++) {
    const peak = measurePeak(engines.find((each) => each.threads === threads) ?? (await engineWith(threads)));
    if (peak !== undefined) peaks.set(threads, peak);
  }
  return peaks;
}

/** @throws UserError where the engine has not this many */
async function engineWith(threads: number, precision: TrainPrecision = "f32"): Promise<Engine> {
  const engine = await createEngine({ threads, precision });
  if (engine.threads !== threads)
    throw new UserError(
      `The ${engine.name} engine runs ${engine.threads} of ${threads} threads; ask for that many.`,
    );
  return engine;
}

function threadCounts(text: string): number[] {
  return [...new Set(text.split(",").map((each) => positive("threads", each, true)))];
}

function peerSettings(given: Given<Option>): PeerSettings | undefined {
  const peer = given.get("peer");
  if (peer === undefined) {
    const lost = (["python", "peer-script"] as const).find((option) => given.has(option));
    if (lost) throw new UserError(`--${lost} is for a peer; add --peer pytorch.`);
    return undefined;
  }
  chosen("peer", peer, PEERS);
  return { python: given.get("python") ?? "python3", script: given.get("peer-script") };
}

await runBench(main);

/**
 * WebAssembly beside the same kernels compiled natively for vectors of 128 bits ("baseline"), and beside libraries in
 * JavaScript, in turn, in one process.
 *
 *   npx tsx bench/webassembly.ts [--workload W1] [--rounds 7] [--seconds 1] [--peers <folder>]
 *
 * Prints tokens a second (median; least – most) and the ratio to the baseline, round by round. With --peers, the folder
 * where they are installed (bench/javascript-peers.ts), TensorFlow.js trains the same model in turn, with the ratio to
 * it, and products of the recurrence's shapes are measured beside jax-js.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Engine } from "../src/engine/engine.js";
import { nativeEngine } from "../src/engine/native-loader.js";
import { wasmEngine, wasmInstructionSets } from "../src/engine/wasm-loader.js";
import { UserError } from "../src/errors.js";
import { jaxProduct, tensorFlowStep } from "./javascript-peers.js";
import { makeJob } from "./jobs.js";
import { orSayWhy, positive } from "./options.js";
import { ratios, spread } from "./statistics.js";
import { TRAINING } from "./workloads.js";

/** (m, k, n) of products of a recurrence: rows of a batch by packed weights. */
const PRODUCTS = [
  [64, 256, 1024],
  [20, 200, 800],
] as const;

/** Something that is timed in turn with others; `amount` of a step is tokens or operations. */
interface Contestant {
  readonly name: string;
  readonly step: () => unknown;
  readonly amount: number;
  /** Steps of a round at least. */
  readonly atLeast: number;
}

/** Amounts a second of every contestant, in rounds in turn. */
async function inTurn(
  contestants: readonly Contestant[],
  rounds: number,
  seconds: number,
): Promise<number[][]> {
  const speeds = contestants.map((): number[] => []);
  // The first round, not counted, is what the runtime needs to compile the kernels to fast code.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { step, amount, atLeast }] of contestants.entries()) {
      const start = performance.now();
      let steps = 0;
      while (steps < atLeast || performance.now() - start < seconds * 1000) {
        await step();
        steps++;
      }
      if (round > 0) speeds[i]!.push((steps * amount * 1000) / (performance.now() - start));
    }
  }
  return speeds;
}

/** All at this number of threads, and all of these running. */
async function enginesWith(threads: number): Promise<Engine[]> {
  const isas = wasmInstructionSets().flatMap((set) => (set.runs ? [set.name] : []));
  const portable = isas.map((isa) => wasmEngine(threads, isa));
  await Promise.all(portable.map((engine) => engine.ready()));
  return [nativeEngine(threads, "baseline"), ...portable];
}

const nameOf = ({ name, isa, threads }: Engine): string => `${name} ${isa}, ${threads} thread(s)`;

function report(
  contestants: readonly Contestant[],
  speeds: readonly number[][],
  bases: readonly Contestant[],
  shown: (speed: number) => string,
): void {
  for (const [i, { name }] of contestants.entries()) {
    const { median, from, to } = spread(speeds[i]!);
    const others = bases.filter((base) => base !== contestants[i]);
    const beside = others.map((base) => {
      const ratio = spread(ratios(speeds[i]!, speeds[contestants.indexOf(base)]!));
      const digits = ratio.median < 10 ? 2 : 0;
      return `${ratio.median.toFixed(digits)} × ${base.name} (${ratio.from.toFixed(digits)} – ${ratio.to.toFixed(digits)})`;
    });
    console.log(
      `${name.padEnd(30)} ${shown(median).padStart(9)} (${shown(from)} – ${shown(to)})  ${beside.join(", ")}`,
    );
  }
}

async function training(workload: string, rounds: number, seconds: number, peers?: string): Promise<void> {
  const sizes = TRAINING[workload];
  if (!sizes) {
    throw new UserError(
      `There is no workload ${workload} for training; take one of ${Object.keys(TRAINING).join(", ")}.`,
    );
  }
  const tokens = sizes.batch * sizes.steps;
  const theirs = peers === undefined ? undefined : await tensorFlowStep(peers, sizes);
  for (const threads of [1, 2]) {
    console.log(`\n${workload}, ${threads} thread(s): tokens a second`);
    const contestants = (await enginesWith(threads)).map((engine): Contestant => {
      return { name: nameOf(engine), step: makeJob(engine, workload).step, amount: tokens, atLeast: 3 };
    });
    const bases = [contestants[0]!];
    if (theirs) {
      // One step takes it seconds.
      const peer = { ...theirs, amount: tokens, atLeast: 1 };
      contestants.push(peer);
      bases.push(peer);
    }
    report(contestants, await inTurn(contestants, rounds, seconds), bases, (speed) =>
      Math.round(speed).toLocaleString("en"),
    );
  }
}

async function products(rounds: number, seconds: number, peers: string): Promise<void> {
  for (const [m, k, n] of PRODUCTS) {
    console.log(`\n(${m}, ${k}) by (${k}, ${n}): GFLOPS`);
    const amount = 2 * m * k * n;
    const theirs = { ...(await jaxProduct(peers, [m, k, n])), amount, atLeast: 3 };
    const ours = [...(await enginesWith(1)), ...(await enginesWith(2))].map((engine): Contestant => {
      const ones = (count: number) => {
        const tensor = engine.tensor(count);
        engine.fill(tensor, 1);
        return tensor;
      };
      const x = ones(m * k);
      const y = ones(m * n);
      const weights = engine.packed(k, n);
      engine.pack(ones(k * n), weights, false);
      return { name: nameOf(engine), step: () => engine.matmul(x, weights, y, m), amount, atLeast: 3 };
    });
    const contestants = [...ours, theirs];
    report(contestants, await inTurn(contestants, rounds, seconds), [theirs], (speed) =>
      (speed / 1e9).toFixed(1),
    );
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workload: { type: "string", default: "W1" },
      rounds: { type: "string", default: "7" },
      seconds: { type: "string", default: "1" },
      peers: { type: "string" },
    },
  });
  const rounds = positive("rounds", values.rounds, true);
  const seconds = positive("seconds", values.seconds);
  console.log(
    `${cpus()[0]!.model}, Node ${process.versions.node}, ${rounds} rounds of ${seconds} s each, in turn`,
  );
  await training(values.workload, rounds, seconds, values.peers);
  if (values.peers !== undefined) await products(rounds, seconds, values.peers);
}

await orSayWhy(main);
process.exit();

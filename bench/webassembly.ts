/**
 * WebAssembly beside the same kernels compiled natively for vectors of 128 bits ("baseline"), in turn, in one process.
 *
 *   npx tsx bench/webassembly.ts [workload] [rounds] [seconds]      default: W1 7 1
 *
 * Prints tokens a second (median; least – most) and the ratio to the baseline, round by round.
 */
import type { Engine } from "../src/engine/engine.js";
import { nativeEngine } from "../src/engine/native-loader.js";
import { wasmEngine, wasmInstructionSets } from "../src/engine/wasm-loader.js";
import { makeJob } from "./jobs.js";
import { tokensPerSecond } from "./measure.js";
import { ratios, spread } from "./statistics.js";

const [name = "W1", rounds = "7", seconds = "1"] = process.argv.slice(2);

/** Both at the same number of threads, all of them running. */
async function enginesWith(threads: number): Promise<Engine[]> {
  const isas = wasmInstructionSets().flatMap((set) => (set.runs ? [set.name] : []));
  const portable = isas.map((isa) => wasmEngine(threads, isa));
  await Promise.all(portable.map((engine) => engine.ready()));
  return [nativeEngine(threads, "baseline"), ...portable];
}

console.log(`${name}, Node ${process.versions.node}, ${rounds} rounds of ${seconds} s each`);
for (const threads of [1, 2]) {
  const engines = await enginesWith(threads);
  const jobs = engines.map((engine) => makeJob(engine, name));
  const speeds = engines.map((): number[] => []);
  // The first round, not counted, is what the runtime needs to compile the kernels to fast code.
  for (let round = 0; round <= Number(rounds); round++) {
    for (const [i, { step, tokens }] of jobs.entries()) {
      const speed = tokensPerSecond(step, tokens, Number(seconds));
      if (round > 0) speeds[i]!.push(speed);
    }
  }
  for (const [i, engine] of engines.entries()) {
    const { median, from, to } = spread(speeds[i]!);
    const [all, ratio] = [
      [median, from, to].map((x) => Math.round(x).toLocaleString("en")),
      spread(ratios(speeds[i]!, speeds[0]!)),
    ];
    console.log(
      `${engine.name.padEnd(7)} ${engine.isa.padEnd(13)} ${threads} thread(s)  ${all[0]!.padStart(9)} tokens/s (${all[1]} – ${all[2]})  ratio ${ratio.median.toFixed(2)} (${ratio.from.toFixed(2)} – ${ratio.to.toFixed(2)})`,
    );
  }
}

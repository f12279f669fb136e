/**
 * The long form of the fuzzers in test/fuzz: random inputs for every target in turn, and runs that are killed, for as
 * long as asked. Each round is a process of its own. Failures are printed with the seed and the smallest input found.
 *
 *     npm run fuzz -- --minutes 10 --seed 1 --only "tokenizer.json"
 *
 * --seed s: the first round's; the same seed gives the same inputs. --only name: one target, or "kills". --rounds n: so
 * many rounds, whatever time they take. The exit code is 1 when something failed.
 */
import { fork } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { TARGETS } from "../test/fuzz/all-targets.js";
import { killedRun } from "../test/fuzz/kills.js";
import type { RoundFailure } from "../test/fuzz/round.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
  },
});

const KILLS = "kills";
/** Inputs of a round, as a multiple of those of the short test. */
const RUNS_FACTOR = 2;
/** After which a round counts as hanging: without another input. */
const HANGS_SECONDS = 120;
/** A target that failed so often is not run any more. */
const MOST_FAILURES = 3;

const round = fileURLToPath(new URL("../test/fuzz/round.ts", import.meta.url));
const inputFile = join(tmpdir(), `recurra-fuzz-input-${process.pid}`);

/** A round in a process of its own. */
function runRound(name: string, seed: number, runs: number): Promise<RoundFailure | undefined> {
  return new Promise((resolve) => {
    const child = fork(round, [name, String(seed), String(runs)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, RECURRA_FUZZ_INPUT: inputFile },
    });
    let answer: { failure?: RoundFailure } | undefined;
    let errors = "";
    let hung = false;
    const began = Date.now();
    const timer = setInterval(() => {
      const last = statSync(inputFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (Date.now() - Math.max(last, began) < 1000 * HANGS_SECONDS) return;
      hung = true;
      child.kill("SIGKILL");
    }, 1000);
    child.stderr!.on("data", (data) => (errors = (errors + data).slice(-4000)));
    child.on("message", (message) => {
      answer = message as { failure?: RoundFailure };
      // A process that cannot end, since something in it hangs, has already sent its answer.
      setTimeout(() => child.kill("SIGKILL"), 2000).unref();
    });
    child.on("exit", (code, signal) => {
      clearInterval(timer);
      if (answer) return resolve(answer.failure);
      const input = existsSync(inputFile) ? readFileSync(inputFile, "utf8") : "not known";
      const error = hung
        ? `it hung for ${HANGS_SECONDS} seconds`
        : `it died with ${signal ?? code}: ${errors}`;
      resolve({ error, input, path: "none: the last input is shown" });
    });
  });
}

let kills = 0;

async function killRound(seed: number): Promise<RoundFailure | undefined> {
  try {
    kills += await killedRun(seed);
    return undefined;
  } catch (error) {
    return {
      error: (error as Error).stack ?? String(error),
      input: "its moments come from the seed",
      path: "",
    };
  }
}

const names = [...TARGETS.map(({ name }) => name), KILLS].filter((name) => (values.only ?? name) === name);
if (names.length === 0) {
  console.error(
    `There is no target ${values.only}; there are ${TARGETS.map(({ name }) => name).join(", ")}, ${KILLS}.`,
  );
  process.exit(2);
}
const end = performance.now() + 60_000 * Number(values.minutes);
const rounds = values.rounds === undefined ? Infinity : Number(values.rounds);
const firstSeed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const failures = new Map<string, number>();
let inputs = 0;
let made = 0;
for (; made < rounds && (performance.now() < end || values.rounds !== undefined); made++) {
  const live = names.filter((name) => (failures.get(name) ?? 0) < MOST_FAILURES);
  if (live.length === 0) break;
  const name = live[made % live.length]!;
  const seed = firstSeed + made;
  const runs = name === KILLS ? 1 : RUNS_FACTOR * TARGETS.find((target) => target.name === name)!.runs;
  const failure = name === KILLS ? await killRound(seed) : await runRound(name, seed, runs);
  if (name !== KILLS) inputs += runs;
  if (!failure) continue;
  failures.set(name, (failures.get(name) ?? 0) + 1);
  console.log(`\nFAILED: ${name}, seed ${seed}, path ${failure.path}`);
  console.log(`  again: npm run fuzz -- --only ${JSON.stringify(name)} --seed ${seed} --rounds 1`);
  console.log(`  input: ${failure.input.slice(0, 3000)}`);
  console.log(`  ${failure.error.slice(0, 3000).replaceAll("\n", "\n  ")}`);
}
rmSync(inputFile, { force: true });
const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
const outcome = failed === 0 ? "nothing failed" : `${failed} rounds failed`;
console.log(`${inputs} inputs and ${kills} kills in ${made} rounds from seed ${firstSeed}: ${outcome}`);
process.exit(failed === 0 ? 0 : 1);

/** One round of a target, in a process of its own: it may die or hang. Asked by its arguments, it answers in a message. */
import fc from "fast-check";
import { TARGETS } from "./all-targets.js";

/** What went wrong in a round. */
export interface RoundFailure {
  readonly error: string;
  /** The smallest input that was found, and where fast-check found it. */
  readonly input: string;
  readonly path: string;
}

const [name, seed, runs] = process.argv.slice(2);
const target = TARGETS.find((one) => one.name === name)!;
const found = await fc.check(target.property, { seed: Number(seed), numRuns: Number(runs) });
const failure: RoundFailure | undefined = found.failed
  ? {
      error: found.errorInstance instanceof Error ? found.errorInstance.stack! : String(found.errorInstance),
      input: fc.stringify(found.counterexample),
      path: String(found.counterexamplePath),
    }
  : undefined;
process.send!({ failure }, () => process.exit(0));

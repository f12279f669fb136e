/** Hostile command lines: one sentence and exit code 2, and nothing lost. */
import { testTargets } from "./run-targets.js";
import { ARGUMENT_TARGETS } from "./targets/arguments.js";

testTargets(ARGUMENT_TARGETS);

/** Folders of runs to which something happened: gone on with, or refused in one sentence and left as they are. */
import { testTargets } from "./run-targets.js";
import { RUN_TARGETS } from "./targets/runs.js";

testTargets(RUN_TARGETS);

/** Hostile studies: refused in one sentence, or read. */
import { testTargets } from "./run-targets.js";
import { STUDY_TARGETS } from "./targets/studies.js";

testTargets(STUDY_TARGETS);

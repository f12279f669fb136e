/** Hostile texts: refused in one sentence, or read alike wherever they are read. */
import { testTargets } from "./run-targets.js";
import { TEXT_TARGETS } from "./targets/texts.js";

testTargets(TEXT_TARGETS);

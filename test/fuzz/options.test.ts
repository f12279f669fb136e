/** Options and arguments of wrong types: refused in one sentence, never passed over into a fault of the program. */
import { testTargets } from "./run-targets.js";
import { OPTION_TARGETS } from "./targets/options.js";

testTargets(OPTION_TARGETS);

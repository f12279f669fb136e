/** Hostile files of a model: refused in one sentence, or read and fit for use. `npm run fuzz` is the long form. */
import { testTargets } from "./run-targets.js";
import { FILE_TARGETS } from "./targets/files.js";

testTargets(FILE_TARGETS);

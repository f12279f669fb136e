/** Folders of models to which something happened: refused in one sentence, or read and fit for use. */
import { testTargets } from "./run-targets.js";
import { FOLDER_TARGETS } from "./targets/folders.js";

testTargets(FOLDER_TARGETS);

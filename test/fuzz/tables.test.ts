/** Hostile tables: refused in one sentence, or read. */
import { testTargets } from "./run-targets.js";
import { TABLE_TARGETS } from "./targets/tables.js";

testTargets(TABLE_TARGETS);

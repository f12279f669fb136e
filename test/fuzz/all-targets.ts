/** Every target, for the long form of the fuzzers: `npm run fuzz`. */
import type { FuzzTarget } from "./target.js";
import { ARGUMENT_TARGETS } from "./targets/arguments.js";
import { FILE_TARGETS } from "./targets/files.js";
import { FOLDER_TARGETS } from "./targets/folders.js";
import { OPTION_TARGETS } from "./targets/options.js";
import { RUN_TARGETS } from "./targets/runs.js";
import { SERVICE_TARGETS } from "./targets/service.js";
import { STUDY_TARGETS } from "./targets/studies.js";
import { TABLE_TARGETS } from "./targets/tables.js";
import { TEXT_TARGETS } from "./targets/texts.js";

export const TARGETS: readonly FuzzTarget[] = [
  ...FILE_TARGETS,
  ...FOLDER_TARGETS,
  ...RUN_TARGETS,
  ...TEXT_TARGETS,
  ...TABLE_TARGETS,
  ...STUDY_TARGETS,
  ...OPTION_TARGETS,
  ...SERVICE_TARGETS,
  ...ARGUMENT_TARGETS,
];

/** A study in a process of its own, which tests kill: its options come as JSON in the first argument. */
import { runStudy } from "../../src/tune/run-study.js";
import type { StudyOptions } from "../../src/tune/study-options.js";
import { WORKER } from "./worker-program.js";

const options = JSON.parse(process.argv[2]!) as StudyOptions;
await runStudy(
  {
    ...options,
    onEvent: (news) => {
      if (news.type === "line") process.send?.(news.line.type);
    },
  },
  WORKER,
);
process.send?.("over");

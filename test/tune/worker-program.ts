/** The program of a worker as it stands in the sources. */
import { fileURLToPath } from "node:url";
import type { WorkerProgram } from "../../src/tune/local-runner.js";

export const WORKER: WorkerProgram = {
  path: fileURLToPath(new URL("../../src/tune/trial-worker.ts", import.meta.url)),
  execArgv: ["--import", "tsx"],
};

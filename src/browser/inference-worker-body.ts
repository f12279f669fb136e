/** The smaller worker of a page that does not train. */
import { runWorker } from "./run-worker.js";
import { workerHandlers } from "./worker-handlers.js";

runWorker(workerHandlers());

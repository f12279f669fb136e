/** The smaller worker of a page that does not train. */
import { inferenceHandlers } from "./inference-handlers.js";
import { ModelHost } from "./model-host.js";
import { runWorker } from "./run-worker.js";

runWorker(inferenceHandlers(new ModelHost()));

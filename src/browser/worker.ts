/** The worker of a page that trains as well. */
import { inferenceHandlers } from "./inference-handlers.js";
import { ModelHost } from "./model-host.js";
import { runWorker } from "./run-worker.js";
import { trainingHandlers } from "./training-handlers.js";

const host = new ModelHost();
runWorker({ ...inferenceHandlers(host), ...trainingHandlers(host) });

/** The worker of a page that trains as well. */
import { createBrowserEngine } from "./browser-engine.js";
import { inferenceHandlers } from "../service/inference-handlers.js";
import { ModelHost } from "../service/model-host.js";
import { runWorker } from "./run-worker.js";
import { trainingHandlers } from "../service/training-handlers.js";

const host = new ModelHost(createBrowserEngine);
runWorker({ ...inferenceHandlers(host), ...trainingHandlers(host) });

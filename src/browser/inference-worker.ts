/** The smaller worker of a page that does not train. */
import { createBrowserEngine } from "./browser-engine.js";
import { inferenceHandlers } from "../service/inference-handlers.js";
import { ModelHost } from "../service/model-host.js";
import { runWorker } from "./run-worker.js";

runWorker(inferenceHandlers(new ModelHost(createBrowserEngine)));

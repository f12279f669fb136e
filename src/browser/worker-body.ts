/** The worker of a page that trains as well. */
import { trainingHandlers } from "../service/training-handlers.js";
import { runWorker } from "./run-worker.js";
import { workerHandlers } from "./worker-handlers.js";

runWorker(workerHandlers(trainingHandlers));

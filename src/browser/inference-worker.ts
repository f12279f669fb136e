/** The first script of the worker of a page that only uses models. */
import { beginWorker } from "./begin-worker.js";

void beginWorker(import("./inference-worker-body.js"));

/** The first script of the worker of a page that trains as well. */
import { beginWorker } from "./begin-worker.js";

void beginWorker(import("./worker-body.js"));

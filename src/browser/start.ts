/** Starts the package's worker: which files it consists of, and where bundlers find them. */
import { checkListener, checkNames, checkObject, refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { globals, type WorkerPort } from "./platform.js";
import type { EngineSource } from "../service/protocol.js";
import { connectRecurra, type Recurra } from "./recurra.js";

/** How a worker is started. */
export interface RecurraOptions {
  /** False takes the smaller worker, which uses models and does not train. Default true. */
  readonly training?: boolean;
  /** Starts the worker. Default: one of the two beside this file. */
  readonly worker?: () => WorkerPort;
  /** Where the WebAssembly modules are, by name: addresses, or their bytes. Default: in the package. */
  readonly modules?: EngineSource["modules"];
  /** Default: one a core where the page is cross-origin isolated, else one. */
  readonly threads?: number;
}

/** Starts a worker and its engine. @throws UserError for wrong options, or where the browser cannot run it */
export async function startRecurra(options: RecurraOptions = {}): Promise<Recurra> {
  checkNames("startRecurra", options, ["training", "worker", "modules", "threads"]);
  const { training = true, threads } = options;
  if (typeof training !== "boolean") refuseArgument("training", training, "give true or false");
  const {
    worker = training ? wholeWorker : inferenceWorker,
    modules = training ? wholeModules() : inferenceModules(),
  } = options;
  checkListener("worker", worker);
  checkObject("modules", modules);
  if (!globals.Worker) throw new UserError("This browser has no Web Workers, which recurra runs in.");
  return connectRecurra({ worker, modules, threads, inference: !training });
}

// Bundlers find these files by exactly this form.
declare const Worker: new (url: URL, options: { type: "module" }) => WorkerPort;

function wholeWorker(): WorkerPort {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

function inferenceWorker(): WorkerPort {
  return new Worker(new URL("./inference-worker.js", import.meta.url), { type: "module" });
}

function wholeModules(): Readonly<Record<string, string>> {
  return {
    "recurra-simd128.wasm": new URL("../../wasm/recurra-simd128.wasm", import.meta.url).href,
    "recurra-simd128-threads.wasm": new URL("../../wasm/recurra-simd128-threads.wasm", import.meta.url).href,
    "recurra-relaxed-simd.wasm": new URL("../../wasm/recurra-relaxed-simd.wasm", import.meta.url).href,
    "recurra-relaxed-simd-threads.wasm": new URL(
      "../../wasm/recurra-relaxed-simd-threads.wasm",
      import.meta.url,
    ).href,
  };
}

/** Modules without the kernels of training. */
function inferenceModules(): Readonly<Record<string, string>> {
  return {
    "recurra-simd128-inference.wasm": new URL("../../wasm/recurra-simd128-inference.wasm", import.meta.url)
      .href,
    "recurra-relaxed-simd-inference.wasm": new URL(
      "../../wasm/recurra-relaxed-simd-inference.wasm",
      import.meta.url,
    ).href,
  };
}

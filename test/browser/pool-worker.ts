/** A worker of the pool in a browser. */
import { runWasmWorker, type WasmWorkerStart } from "../../src/engine/wasm-worker.js";

const scope = globalThis as unknown as {
  addEventListener(type: "message", listener: (event: { data: WasmWorkerStart }) => void): void;
  postMessage(message: string): void;
};

scope.addEventListener("message", ({ data }) => {
  scope.postMessage("ready");
  runWasmWorker(data);
});

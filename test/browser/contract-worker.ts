/** The contract in a Web Worker: every instruction set, on one thread and (where the page is isolated) on two. */
import { UserError } from "../../src/errors.js";
import { createWasmEngine, type SpawnWasmWorker } from "../../src/engine/wasm-engine.js";
import { wasmFeatures } from "../../src/engine/wasm-features.js";
import type { WasmModule } from "../../src/engine/wasm-types.js";
import { engineContract } from "../engine/contract.js";
import { runCases } from "./vitest-in-page.js";

/** The part of a browser's worker that is used here. */
interface PageWorker {
  addEventListener(type: "message" | "error", listener: (event: { message: string }) => void): void;
  postMessage(message: unknown): void;
  terminate(): void;
}
const scope = globalThis as unknown as {
  readonly Worker: new (url: string, options: { type: "module" }) => PageWorker;
  readonly WebAssembly: { compileStreaming(response: unknown): Promise<WasmModule> };
  postMessage(message: unknown): void;
};

const spawn: SpawnWasmWorker = (start) => {
  const worker = new scope.Worker("/pool-worker.js", { type: "module" });
  const ready = new Promise<void>((resolve, reject) => {
    worker.addEventListener("message", () => resolve());
    worker.addEventListener("error", ({ message }) => reject(new Error(message)));
  });
  worker.postMessage(start);
  return { ready, terminate: () => worker.terminate() };
};
const module = (name: string) => scope.WebAssembly.compileStreaming(fetch(`/${name}`));

async function main(): Promise<object> {
  const { isas, threads: mayShare } = wasmFeatures();
  const engines: string[] = [];
  for (const isa of isas) {
    for (const threads of mayShare ? [1, 2] : [1]) {
      const engine = await createWasmEngine({ module, isa, threads, spawn });
      const name = `${isa}, ${threads} thread(s)`;
      engines.push(name);
      engineContract(name, () => engine);
    }
  }
  const refused = mayShare
    ? undefined
    : await createWasmEngine({ module, threads: 2, spawn }).then(
        () => "nothing",
        (error: unknown) => (error instanceof UserError ? error.message : String(error)),
      );
  return { engines, refused, ...(await runCases()) };
}

main().then(
  (report) => scope.postMessage(report),
  (error: unknown) => scope.postMessage({ error: String(error) }),
);

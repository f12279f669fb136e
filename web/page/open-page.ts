/** How an exported page opens: it unpacks its model, starts its own script as a worker, and builds its interface. */
import { cellLabel } from "../../src/cells.js";
import type { BrowserModel } from "../../src/browser/browser-model.js";
import type { WorkerPort } from "../../src/browser/platform.js";
import type { Port } from "../../src/service/port.js";
import { attachRecurra, connectRecurra, type Recurra } from "../../src/browser/recurra.js";
import { runWorker } from "../../src/browser/run-worker.js";
import { workerHandlers } from "../../src/browser/worker-handlers.js";
import { serve } from "../../src/service/serve.js";
import { widthsText } from "../../src/model/widths.js";
import { sentence } from "./sentence.js";

/** Bytes of base64 that are decoded before the page has its turn. */
const TURN = 1 << 20;

/** @param build makes the page's interface; in a worker nothing is built, and requests are answered */
export function openPage(build: (model: BrowserModel, status: HTMLElement) => void): void {
  if (typeof document === "undefined") runWorker(workerHandlers());
  else void open((document.currentScript as HTMLScriptElement).src, build);
}

async function open(script: string, build: Parameters<typeof openPage>[0]): Promise<void> {
  const status = document.getElementById("status")!;
  try {
    const [module, config, tokenizer, weights] = await Promise.all([
      gunzip("module"),
      gunzip("config"),
      gunzip("tokenizer"),
      decode("weights"),
    ]);
    const recurra = await start(script, module!);
    const model = await recurra.load({
      files: { "config.json": config!, "tokenizer.json": tokenizer!, "model.safetensors": weights! },
    });
    status.textContent = "";
    about(model);
    build(model, status);
  } catch (error) {
    status.textContent = sentence(error);
  }
}

/** In a worker; where a page from a disk may not have one, in slices on this thread. */
async function start(script: string, module: Uint8Array): Promise<Recurra> {
  const source = { modules: { "recurra-simd128-inference.wasm": module }, threads: 1, inference: true };
  try {
    const worker = () => new Worker(script) as unknown as WorkerPort;
    return await connectRecurra({ worker, ...source });
  } catch {
    const { port1, port2 } = new MessageChannel();
    serve(port2 as unknown as Port, workerHandlers());
    return attachRecurra(port1 as unknown as Port, source);
  }
}

async function decode(id: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = document.getElementById(id)!.textContent!;
  const bytes = new Uint8Array(
    (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0),
  );
  for (let from = 0, at = 0; from < text.length; from += TURN) {
    const binary = atob(text.slice(from, from + TURN));
    for (let i = 0; i < binary.length; i++) bytes[at++] = binary.charCodeAt(i);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return bytes;
}

async function gunzip(id: string): Promise<Uint8Array> {
  const stream = new Blob([await decode(id)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function about({ info }: BrowserModel): void {
  const { layers } = info.config;
  const size = `${cellLabel(info.config)}, ${layers} layer${layers === 1 ? "" : "s"} of ${widthsText(info.config)}`;
  document.getElementById("about")!.textContent =
    `${size}, ${info.parameterCount.toLocaleString("en")} weights. It runs here, in this page; nothing is sent anywhere.`;
}

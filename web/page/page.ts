/** The script of an exported page: its interface, and, started as a worker, what answers it. */
import { cellLabel } from "../../src/cells.js";
import type { BrowserModel } from "../../src/browser/browser-model.js";
import type { WorkerPort } from "../../src/browser/platform.js";
import type { Port } from "../../src/service/port.js";
import { attachRecurra, connectRecurra, type Recurra } from "../../src/browser/recurra.js";
import { runWorker } from "../../src/browser/run-worker.js";
import { workerHandlers } from "../../src/browser/worker-handlers.js";
import { serve } from "../../src/service/serve.js";
import { UserError } from "../../src/errors.js";
import { widthsText } from "../../src/model/widths.js";
import { anySeed, promptOf, writeOn } from "../write-on.js";

/** Bytes of base64 that are decoded before the page has its turn. */
const TURN = 1 << 20;
const LENGTH = 300;
/** Of a model of lines. */
const LINES = 10;

if (typeof document === "undefined") runWorker(workerHandlers());
else void open((document.currentScript as HTMLScriptElement).src);

async function open(script: string): Promise<void> {
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
    buildInterface(model, status);
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

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function buildInterface(model: BrowserModel, status: HTMLElement): void {
  const text = element("textarea", {
    id: "text",
    rows: 14,
    spellcheck: false,
    placeholder: "Begin a text …",
  });
  const shown = element("output", { id: "temperature-shown" });
  const temperature = element("input", {
    id: "temperature",
    type: "range",
    min: "0",
    max: "1.5",
    step: "0.05",
    value: "0.7",
  });
  const show = (): void => void (shown.textContent = Number(temperature.value).toFixed(2));
  temperature.addEventListener("input", show);
  show();
  const button = element("button", { id: "continue", type: "button" }, "Continue");
  let running: AbortController | undefined;

  const write = async (): Promise<void> => {
    if (running) return running.abort();
    running = new AbortController();
    button.textContent = "Stop";
    text.readOnly = true;
    status.textContent = "";
    try {
      await unknownsOf(model, promptOf(text.value, model), status);
      const amount = model.info.tokenizer.lines ? LINES : LENGTH;
      const options = { amount, seed: anySeed(), temperature: Number(temperature.value) };
      for await (const piece of writeOn(model, text.value, { ...options, signal: running.signal })) {
        text.value += piece;
        text.scrollTop = text.scrollHeight;
      }
    } catch (error) {
      status.textContent = sentence(error);
    } finally {
      running = undefined;
      button.textContent = "Continue";
      text.readOnly = false;
      text.focus();
      text.setSelectionRange(text.value.length, text.value.length);
    }
  };
  button.addEventListener("click", () => void write());
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void write();
  });
  document
    .getElementById("app")!
    .append(
      element("label", { htmlFor: "text" }, "Text"),
      text,
      element(
        "div",
        { className: "row" },
        element("label", { htmlFor: "temperature" }, "Temperature ", shown),
        temperature,
        button,
      ),
      element("p", { className: "hint" }, "Ctrl-Enter goes on writing."),
    );
  text.focus();
}

async function unknownsOf(model: BrowserModel, text: string, status: HTMLElement): Promise<void> {
  const unknown = (await model.unknowns(text)).slice(0, 10);
  if (unknown.length > 0) {
    status.textContent = `The model does not know ${unknown.map((piece) => JSON.stringify(piece)).join(", ")} and passes over it.`;
  }
}

function sentence(error: unknown): string {
  return error instanceof UserError ? error.message : `This page failed: ${String(error)}`;
}

/** The library of a page: one worker with an engine, the models that it holds, and training. */
import { refuseArgument } from "../argument-checks.js";
import { wasmFeatures } from "../engine/wasm-features.js";
import { UserError } from "../errors.js";
import { BrowserModel } from "./browser-model.js";
import { Client } from "./client.js";
import { filesOf, type ModelSource } from "./model-source.js";
import { type FileLike, globals, type WorkerPort } from "./platform.js";
import { NO_BODY } from "./no-body.js";
import type { Port } from "../service/port.js";
import type { BrowserTrainOptions, EngineInfo, EngineSource } from "../service/protocol.js";
import { Training, type TrainingHooks } from "./training.js";

/** The capabilities of this browser, for a page to show. */
export interface Capabilities {
  /** Models can be run at all. */
  readonly simd: boolean;
  /** The page is cross-origin isolated, so that several threads can share memory. */
  readonly threads: boolean;
  /** Processor cores that the browser reports. */
  readonly cores: number;
}

export function capabilities(): Capabilities {
  return {
    simd: wasmFeatures().isas.length > 0,
    threads: globals.crossOriginIsolated === true && typeof SharedArrayBuffer === "function",
    cores: globals.navigator?.hardwareConcurrency ?? 1,
  };
}

export class Recurra {
  /** The worker's engine. */
  readonly engine: EngineInfo;
  readonly #client: Client;
  readonly #close: () => void;
  #models = 0;

  /** Made by `startRecurra` and `attachRecurra`. */
  constructor(client: Client, engine: EngineInfo, close: () => void) {
    this.#client = client;
    this.engine = engine;
    this.#close = close;
  }

  /**
   * Loads a model: from the address of its folder, from files that a person picked (the folder's, or a zip of it), from
   * the bytes of a zip, or from files by name.
   * @throws UserError where the source is of another type, incomplete, damaged, of a newer version, or cannot be
   * fetched
   */
  async load(source: ModelSource): Promise<BrowserModel> {
    checkSource(source);
    const files = await filesOf(source);
    const id = ++this.#models;
    return new BrowserModel(this.#client, id, await this.#client.ask("load", { model: id, files }));
  }

  /** Trains on a text. Wrong options, and other mistakes that a person can correct, reject `done` with a UserError. */
  train(options: BrowserTrainOptions, hooks: TrainingHooks = {}): Training {
    const id = ++this.#models;
    return new Training(this.#client, id, options, hooks, (info) => new BrowserModel(this.#client, id, info));
  }

  /** Ends the worker. Models and runs are gone with it. */
  dispose(): void {
    this.#client.break(new UserError("This worker was ended; start another one."));
    this.#close();
  }
}

const SOURCES =
  "give the address of its folder, the files that were picked, the bytes of a zip, or { files } by name";

function checkSource(source: unknown): void {
  if (typeof source === "string" && source !== "") return;
  const bytes = source instanceof Uint8Array || source instanceof ArrayBuffer;
  if (bytes || source instanceof URL) return;
  if (typeof source !== "object" || source === null) refuseArgument("The model to load", source, SOURCES);
  if ("files" in source) {
    if (typeof source.files !== "object" || source.files === null)
      refuseArgument("files of the model", source.files, "give their bytes by name");
  } else if (!("length" in source) || !Array.from(source as ArrayLike<unknown>).every(isFile)) {
    refuseArgument("The model to load", source, SOURCES);
  }
}

function isFile(value: unknown): boolean {
  const { name, arrayBuffer } = Object(value) as Partial<FileLike>;
  return typeof name === "string" && typeof arrayBuffer === "function";
}

/** A worker, and the files of its engine. */
export interface WorkerSource extends EngineSource {
  readonly worker: () => WorkerPort;
}

const NO_WORKER =
  "The worker could not be started; its script has to be served, on an isolated page with the same headers as the page, and allowed by the Content-Security-Policy (worker-src).";

/** Starts a worker and its engine. @throws UserError where the browser cannot run it, or its files are not to be had */
export async function connectRecurra({ worker, ...source }: WorkerSource): Promise<Recurra> {
  const port = worker();
  const client = new Client(port);
  port.onerror = (event) => {
    event.preventDefault?.();
    // What its script throws has a message; a script that could not be loaded has none, or says that of its body.
    const { message } = event;
    const started = message && !message.includes(NO_BODY);
    client.break(
      started ? new Error(`The worker failed: ${message}.`) : new UserError(NO_WORKER, { cause: message }),
    );
  };
  try {
    const engine = await client.ask("start", source);
    return new Recurra(client, engine, () => port.terminate());
  } catch (error) {
    port.terminate();
    throw error;
  }
}

/** A worker over any port on whose other end `serve` answers: a page's own thread, a test. */
export async function attachRecurra(
  port: Port,
  source: EngineSource,
  close: () => void = () => {},
): Promise<Recurra> {
  const client = new Client(port);
  return new Recurra(client, await client.ask("start", source), close);
}

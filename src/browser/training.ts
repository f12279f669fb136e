/** A training run in a worker, as a page follows it. */
import type { BrowserModel } from "./browser-model.js";
import type { BrowserTrainEvent, BrowserTrainOptions, ModelInfo } from "../service/protocol.js";
import type { DoneEvent } from "../train/events.js";
import type { Client } from "./client.js";

/** How a run is followed. */
export interface TrainingHooks {
  readonly onEvent?: (event: BrowserTrainEvent) => void;
  /** Ends the run after the step it is in; it can go on from what was saved then. */
  readonly signal?: AbortSignal;
}

export class Training {
  /** The model in training, to be used as soon as it is there. It changes with every step. */
  readonly model: Promise<BrowserModel>;
  /** The end of the run. */
  readonly done: Promise<DoneEvent>;
  readonly #client: Client;
  readonly #id: number;
  readonly #stop = new AbortController();

  /** Made by `Recurra.train`. */
  constructor(
    client: Client,
    id: number,
    options: BrowserTrainOptions,
    { onEvent, signal }: TrainingHooks,
    modelOf: (info: ModelInfo) => BrowserModel,
  ) {
    this.#client = client;
    this.#id = id;
    let resolveModel: (model: Promise<BrowserModel>) => void = () => {};
    let rejectModel: (error: unknown) => void = () => {};
    this.model = new Promise((resolve, reject) => ([resolveModel, rejectModel] = [resolve, reject]));
    let end: DoneEvent | undefined;
    const hear = (event: BrowserTrainEvent): void => {
      if (event.type === "prepared") resolveModel(client.ask("info", { model: id }).then(modelOf));
      if (event.type === "done") end = event;
      onEvent?.(event);
    };
    if (signal?.aborted) this.stop();
    signal?.addEventListener("abort", () => this.stop(), { once: true });
    this.done = client
      .ask("train", { model: id, options }, { signal: this.#stop.signal, onEvent: hear })
      .then(() => end!);
    // Whoever waits for the model hears why there is none; nobody has to.
    this.done.catch((error: unknown) => rejectModel(error));
    this.model.catch(() => {});
  }

  /** Ends the run after the step it is in. */
  stop(): void {
    this.#stop.abort();
  }

  /** Stops for a while; the time does not count. */
  async pause(): Promise<void> {
    await this.#client.ask("pause", { model: this.#id, paused: true });
  }

  /** Goes on after a pause. */
  async resume(): Promise<void> {
    await this.#client.ask("pause", { model: this.#id, paused: false });
  }
}

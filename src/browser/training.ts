/** A training run in a worker, as a page follows it. */
import { loadPart } from "../load-part.js";
import type { TrainingHooks } from "./follow-run.js";
import type { BrowserModel } from "./browser-model.js";
import type { BrowserTrainEvent, BrowserTrainOptions, ModelInfo } from "../service/protocol.js";
import type { DoneEvent } from "../train/events.js";
import type { Client } from "./client.js";

export type { TrainingHooks };

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
    hooks: TrainingHooks,
    modelOf: (info: ModelInfo) => BrowserModel,
  ) {
    this.#client = client;
    this.#id = id;
    let resolveModel: (model: Promise<BrowserModel>) => void = () => {};
    let rejectModel: (error: unknown) => void = () => {};
    this.model = new Promise((resolve, reject) => {
      resolveModel = resolve;
      rejectModel = reject;
    });
    let end: DoneEvent | undefined;
    const follow = (event: BrowserTrainEvent): void => {
      if (event.type === "prepared") resolveModel(client.ask("info", { model: id }).then(modelOf));
      if (event.type === "done") end = event;
      hooks.onEvent?.(event);
    };
    const run = async (): Promise<DoneEvent> => {
      const { followRun } = await loadPart(import("./follow-run.js"));
      await followRun(client, { model: id, options }, hooks, this.#stop, follow);
      return end!;
    };
    this.done = run();
    // Callers that await `model` get the error; if there is none, it is not an unhandled rejection.
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

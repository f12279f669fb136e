/** Asks a worker to train. Loaded with a page's first run. */
import { checkListener, checkNames, checkObject, checkSignal } from "../argument-checks.js";
import type { BrowserTrainEvent, Methods } from "../service/protocol.js";
import type { Client } from "./client.js";

/** How a run is followed. */
export interface TrainingHooks {
  readonly onEvent?: (event: BrowserTrainEvent) => void;
  /** Ends the run after the present step; it can be resumed from the checkpoint saved then. */
  readonly signal?: AbortSignal;
}

/**
 * @param stop ends the run, as the signal of the hooks does
 * @throws UserError for options and hooks of a wrong type; what the run ends with
 */
export async function followRun(
  client: Client,
  params: Methods["train"]["params"],
  hooks: TrainingHooks,
  stop: AbortController,
  onEvent: (event: BrowserTrainEvent) => void,
): Promise<void> {
  const { options } = params;
  checkObject("The argument of train", options);
  if (options.resume !== undefined) checkObject("resume", options.resume);
  checkNames("train", hooks, ["onEvent", "signal"]);
  const { signal } = hooks;
  checkListener("onEvent", hooks.onEvent);
  checkSignal("signal", signal);
  const end = (): void => stop.abort();
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  try {
    await client.ask("train", params, { signal: stop.signal, onEvent });
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

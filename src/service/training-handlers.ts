/** Training, and what can be done with what was trained. */
import { zipSync } from "fflate";
import { UserError } from "../errors.js";
import { htmlPage } from "../export/html-page.js";
import type { ModelHost } from "./model-host.js";
import type { RunInfo } from "./protocol.js";
import type { ModelFiles } from "../format/model-files.js";
import { checkingParams } from "./check-params.js";
import type { Handlers } from "./handlers.js";
import { checkpointOf } from "../train/memory-store.js";
import { RunControl } from "../train/run-control.js";
import { trainInMemory } from "./train-run.js";

export function trainingHandlers(host: ModelHost): Handlers {
  const runs = new Map<number, RunControl>();
  return checkingParams({
    train: async ({ model, options }, { signal, emit }) => {
      const control = new RunControl(signal);
      runs.set(model, control);
      try {
        await trainInMemory(host, model, options, control, emit);
      } finally {
        control.release();
        runs.delete(model);
      }
    },
    // Weights hardly become smaller, and the rest is small.
    zip: async ({ model, folder }) => {
      const below = folder === "" ? "" : `${folder}/`;
      const files = Object.entries(host.get(model).files()).map(([name, bytes]) => [
        `${below}${name}`,
        bytes,
      ]);
      return zipSync(Object.fromEntries(files) as ModelFiles, { level: 0, mtime: new Date(1980, 0, 1) });
    },
    page: async ({ model, title, assets }) => joined(htmlPage(title, host.get(model).files(), assets)),
    run: async ({ model }) => runInfo(host.get(model).files()),
    pause: async ({ model, paused }) => {
      const control = runs.get(model);
      if (!control) throw new UserError("This model is not in training, so there is nothing to pause.");
      if (paused) control.pause();
      else control.resume();
    },
  });
}

function runInfo(files: ModelFiles): RunInfo | undefined {
  const checkpoint = checkpointOf(files);
  if (!checkpoint) return undefined;
  const { position, settings } = checkpoint.header;
  const { step, elapsedSeconds, finished } = position;
  return { step, elapsedSeconds, finished, settings };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Requests to train, and on trained models. */
import { UserError } from "../errors.js";
import { loadPart } from "../load-part.js";
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
    learn: async (params, call) => (await learning()).learn(host, params, call),
    profile: async ({ model }) => (await learning()).profileOf(host.get(model)),
    useProfile: async ({ model, profile }) => (await learning()).useProfile(host, model, profile),
    zip: async ({ model, folder }) => (await packing()).zippedModel(host.get(model).files(), folder),
    page: async ({ model, title, assets }) =>
      (await packing()).modelPage(title, host.get(model).files(), assets),
    run: async ({ model }) => runInfo(host.get(model).files()),
    pause: async ({ model, paused }) => {
      const control = runs.get(model);
      if (!control) throw new UserError("This model is not in training, so there is nothing to pause.");
      if (paused) control.pause();
      else control.resume();
    },
  });
}

/** Learning from a person's text is loaded when the first one is learned from. */
const learning = () => loadPart(import("./learning.js"));

/** The packing of models is loaded when the first one is packed. */
const packing = () => loadPart(import("./packed-model.js"));

async function runInfo(files: ModelFiles): Promise<RunInfo | undefined> {
  const checkpoint = await checkpointOf(files);
  if (!checkpoint) return undefined;
  const { position, settings } = checkpoint.header;
  const { step, elapsedSeconds, finished } = position;
  return { step, elapsedSeconds, finished, settings };
}

/** A training run in a worker: in memory, with an event that carries the files whenever they are saved. */
import { loadPart } from "../load-part.js";
import { LoadedModel } from "../apps/loaded-model.js";
import { UserError } from "../errors.js";
import type { ModelFiles } from "../format/model-files.js";
import { MemoryStore } from "../train/memory-store.js";
import { runTraining } from "../train/run.js";
import { RunControl } from "../train/run-control.js";
import { checkedOptions } from "../train/check-options.js";
import { memorySources } from "../train/text-sources.js";
import { weightsOf } from "../train/weights.js";
import type { ModelHost } from "./model-host.js";
import type { BrowserTrainEvent, BrowserTrainOptions } from "./protocol.js";

const CHECKPOINT_SECONDS = 15;

/**
 * Trains a model, which the host holds from before the first step.
 * @param id the model's
 * @param control stops and pauses it
 * @throws UserError for every mistake that a person can correct
 */
export async function trainInMemory(
  host: ModelHost,
  id: number,
  { resume, from, ...given }: BrowserTrainOptions,
  control: RunControl,
  emit: (event: BrowserTrainEvent) => void,
): Promise<void> {
  const options = await checkedOptions(
    { ...given, ...(from && { from }) },
    { resumed: resume !== undefined, place: "browser" },
  );
  let files: (() => ModelFiles) | undefined;
  const store = new MemoryStore(resume, (step) => emit({ type: "saved", step, files: files!() }));
  await runTraining(options, {
    store,
    control,
    openSources: async (_lines, onReading) => memorySources(given.text, onReading),
    engine: async (precision) => {
      if (precision === undefined || precision === "f32") return host.engine;
      throw new UserError(
        "There are no bf16 products here; leave out precision, or train with recurra on Node.",
      );
    },
    origin: async () => (await loadPart(import("../train/origin-files.js"))).originInPage(options.from),
    memory: host.memory,
    checkpointSeconds: CHECKPOINT_SECONDS,
    onEvent: emit,
    writeSample: async (...sample) => {
      const { trainingSample } = await loadPart(import("../generate/training-sample.js"));
      return trainingSample(...sample);
    },
    onModel: (model, tokenizer) => {
      files = () => store.files(() => weightsOf(model));
      host.add(id, { model: new LoadedModel(model, tokenizer), files });
    },
  });
}

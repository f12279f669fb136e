/** Trains a model from files, or from a text, into a folder or into memory. */
import { loadPart } from "../load-part.js";
import { readJsonFile } from "../format/json-file.js";
import { checkNotWritten } from "../format/model-claim.js";
import { FolderStore } from "../train/folder-store.js";
import { openSources } from "../train/file-sources.js";
import type { DoneEvent } from "../train/events.js";
import { WeightsStore } from "../train/memory-store.js";
import type { TrainOptions } from "../train/options.js";
import { runTraining } from "../train/run.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { checkedOptions } from "../train/check-options.js";
import { RunControl } from "../train/run-control.js";
import { usableMemory } from "../format/usable-memory.js";
import { chooseEngine } from "./choose-engine.js";
import { readOrigin } from "./read-origin.js";
import { LoadedModel } from "./loaded-model.js";

/** The result of a training run. */
export interface TrainResult {
  /** With the best weights; after a stopped run, with the last. */
  readonly model: LoadedModel;
  readonly reason: DoneEvent["reason"];
  readonly step: number;
  /** Nats a token on the held-out text, of the best validation. */
  readonly bestLoss: number | undefined;
  /** Of the best weights on all of the held-out text; undefined when the run was stopped. */
  readonly valid: DoneEvent["valid"];
  /** The same on the test text, where one was given. */
  readonly test: DoneEvent["test"];
  /** Of a run that began with another model: what it gained over it. */
  readonly fineTuned?: DoneEvent["fineTuned"];
}

/**
 * Trains a language model.
 * @throws UserError for every mistake that a person can correct, before anything is written wherever possible;
 *   an error that `onEvent` throws, which ends the run
 */
export async function train(given: TrainOptions): Promise<TrainResult> {
  const options = await checkedOptions(given, {}, readJsonFile);
  const { out, resume = false, overwrite = false, onEvent } = options;
  const notice = (message: string): void => onEvent?.({ type: "notice", message });
  const control = new RunControl(options.signal);
  const { model, tokenizer, ...result } = await runTraining(options, {
    store: out === undefined ? new WeightsStore() : new FolderStore(out, { resume, overwrite, notice }),
    control,
    openSources: (lines, onReading) =>
      openSources(options, lines, onReading, (path) => out !== undefined && checkNotWritten(out, path)),
    engine: (precision) =>
      chooseEngine({ engine: options.engine, ...threadsOf(options), ...(precision && { precision }) }),
    ...(options.from !== undefined && { origin: () => readOrigin(options.from!, out) }),
    memory: usableMemory(),
    onEvent,
    writeSample: async (...sample) => {
      const { trainingSample } = await loadPart(import("../generate/training-sample.js"));
      return trainingSample(...sample);
    },
    checkpointSeconds: TRAIN_OPTIONS.checkpointSeconds.default,
  }).finally(() => control.release());
  return { model: new LoadedModel(model, tokenizer), ...result };
}

const threadsOf = ({ threads }: TrainOptions) => (threads === undefined ? {} : { threads });

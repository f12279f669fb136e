/**
 * Measures how fast a model trains and reads on this machine: a few updates and a few windows of the real text, made by
 * the trainer and the evaluation themselves. Nothing of it stays.
 */
import type { Batches } from "../text/windows/batches.js";
import type { ModelConfig } from "../model/config.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Engine } from "../engine/engine.js";
import { NO_METRICS } from "./metric-line.js";
import type { PreparedText } from "./prepare.js";
import { makeRunParts } from "./run-parts.js";
import type { TrainSettings } from "./run-settings.js";
import { Trainer } from "./trainer.js";
import { measuringBatches } from "./windows.js";

/** Of a measurement's time, the part in which training is measured; the rest is for reading. */
const TRAINING_SHARE = 0.7;
/** Updates that are measured at least, besides the first, which still allocates. */
const LEAST_UPDATES = 2;

/** Tokens a second. */
export interface Speed {
  readonly training: number;
  /** As one stream, read from end to end. */
  readonly reading: number;
}

/**
 * @param seconds to be spent, if a step takes no longer
 * @param stopped true where nothing is to be done any more
 */
export async function measureSpeed(
  engine: Engine,
  text: PreparedText,
  run: { readonly config: ModelConfig; readonly settings: TrainSettings },
  seconds: number,
  stopped: () => boolean,
): Promise<Speed> {
  const parts = await makeRunParts(engine, text, run.config, run.settings);
  /** After each update. */
  const marks: { readonly at: number; readonly tokens: number }[] = [];
  const enough = (): boolean => {
    const [first, last] = [marks[0], marks.at(-1)];
    if (!first || !last || marks.length <= LEAST_UPDATES) return false;
    return last.at - first.at >= 1000 * TRAINING_SHARE * seconds;
  };
  const nothing = async (): Promise<void> => {};
  const trainer = new Trainer({
    ...parts,
    // So far away that it is neither reached nor looked at.
    settings: {
      ...run.settings,
      limit: { steps: Number.MAX_SAFE_INTEGER },
      validateEvery: 0,
      sampleEvery: 0,
    },
    otherWindows: false,
    beginsTrained: false,
    trainingSeconds: undefined,
    validationTokens: undefined,
    metrics: NO_METRICS,
    emit: (event) => {
      if (event.type === "step") marks.push({ at: performance.now(), tokens: event.tokens });
    },
    interrupted: () => stopped() || enough(),
    saveBest: nothing,
    saveCheckpoint: nothing,
    writeSample: async () => "",
    onGivingUp: () => {},
    checkpointSeconds: Infinity,
  });
  await trainer.run();
  const [first, last] = [marks[0], marks.at(-1)];
  const training = first && last ? (1000 * (last.tokens - first.tokens)) / (last.at - first.at) : NaN;
  const batches = measuringBatches(text.valid, 1);
  return { training, reading: readingSpeed(parts.model, batches, seconds * (1 - TRAINING_SHARE), stopped) };
}

/** Reads windows for some seconds, two at least where there are two: the first is not counted. */
function readingSpeed(
  model: LanguageModel,
  batches: Batches,
  seconds: number,
  stopped: () => boolean,
): number {
  const state = model.zeroState(batches.batchSize);
  const windows = batches.windows(0);
  let start = performance.now();
  let tokens = 0;
  for (let index = 0; index < windows && !stopped(); index++) {
    tokens += model.evaluate(batches.window(0, index), state).count;
    const passed = (performance.now() - start) / 1000;
    if (index === 0 && windows > 1) {
      tokens = 0;
      start = performance.now();
    } else if (passed >= seconds || index === windows - 1) return tokens / passed;
  }
  return NaN;
}

/**
 * The library for pages, without Node: models in a Web Worker, computed by WebAssembly.
 *
 *     import { startRecurra } from "recurra/browser";
 *     const recurra = await startRecurra();
 *     const model = await recurra.load("/models/book.model/");
 *     for await (const { text } of model.generate({ prompt: "The sea " })) output.append(text);
 */

/** The worker, and its capabilities. */
export {
  attachRecurra,
  type Capabilities,
  capabilities,
  connectRecurra,
  Recurra,
  type WorkerSource,
} from "./recurra.js";
export { type RecurraOptions, startRecurra } from "./start.js";
export { BrowserModel, type Cancellable } from "./browser-model.js";
export type { Learner } from "./learner.js";
export { Training, type TrainingHooks } from "./training.js";
export type { ModelSource } from "./model-source.js";
export { unzipModel } from "./model-source.js";
export { packagedAssets } from "./page-assets.js";
export { readText, type ReadTextOptions } from "./read-text.js";
export { FILE_NAMES } from "../format/model-files.js";
export { parseMetrics } from "../train/metric-line.js";
export type {
  BrowserLearnOptions,
  BrowserTrainEvent,
  BrowserTrainOptions,
  EngineInfo,
  EngineSource,
  ModelInfo,
  ProfileInfo,
  RunInfo,
  SavedEvent,
} from "../service/protocol.js";
export type { InspectedToken, Inspection } from "../apps/inspect-text.js";
export type { ModelFiles } from "../format/model-files.js";
export type { NextToken } from "../apps/next-tokens.js";
export type { PageAssets } from "../export/html-page.js";

/** To answer a `Recurra` on a thread of one's own choice. */
export type { Handlers } from "../service/handlers.js";
export { serve } from "../service/serve.js";

export type { Classification, LabelProbability } from "../apps/classifier.js";
export type { LearnProgress } from "../apps/learn-profile.js";
export type { LineScore, TokenScore } from "../apps/score.js";
export type { Suggestion } from "../generate/complete/completer.js";
export type { CompleteOptions, Until } from "../generate/complete/options.js";
export type { DoneReason, GeneratedPiece } from "../generate/generate.js";
export type { GenerateOptions } from "../generate/options.js";
export { type Cell, CELL_TABLE, type CellDescription, CELLS } from "../cells.js";
export type { ModelConfig } from "../model/config.js";
export { placeOfUnit, widthsText } from "../model/widths.js";
export type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
export type { Evaluation, Measuring } from "../train/evaluate.js";
export type {
  ChangedEvent,
  DoneEvent,
  PreparedEvent,
  SampleEvent,
  StepEvent,
  TrainEvent,
  ValidationEvent,
} from "../train/events.js";
export type { MetricLine } from "../train/metric-line.js";

/** The error for mistakes that a person can correct. */
export { UserError } from "../errors.js";

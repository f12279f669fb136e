/**
 * The library: train a model, load it and use it, or build one from its parts.
 *
 *     import { load, train } from "recurra";
 *     await train({ inputs: ["book.txt"], out: "book.model" });
 *     const model = await load("book.model");
 *     for await (const { text } of model.generate({ prompt: "The sea " })) process.stdout.write(text);
 */

/** Load a model's folder; a loaded model generates, scores, evaluates and steps. */
export { load, type LoadOptions } from "./apps/load.js";
export { LoadedModel, type Step } from "./apps/loaded-model.js";
export { TextModel } from "./apps/text-model.js";
export type { LineScore, TokenScore } from "./apps/score.js";

/** Models that follow what they read, how they are tuned, and the mean of several. */
export { AdaptedModel } from "./apps/adapt-model.js";
export type { AdaptOptions, CacheSettings, DynamicSettings, FollowSettings } from "./adapt/settings.js";
/** A model of one's own: what it has learned from a person's text, as profiles beside it. */
export type { LearnOptions, LearnProgress } from "./apps/learn-profile.js";
export type { PointFigures, PointSummary, Profile, ProfilePoint } from "./apps/profile.js";
export {
  deleteProfile,
  exportProfile,
  type ExportProfileOptions,
  listProfiles,
  mergeProfiles,
  type MergeProfilesOptions,
  type ProfileSummary,
  rollBackProfile,
  switchProfile,
} from "./apps/manage-profiles.js";
export { type HeldOutMeasure, measureForgetting } from "./apps/measure-profile.js";
export { tune, type TuneOptions } from "./apps/tune.js";
export type { TunedSettings } from "./apps/tuned.js";
export type { TuneProgress } from "./adapt/tune.js";
export {
  fitInterpolation,
  type FitInterpolationOptions,
  interpolate,
  keptInterpolation,
} from "./apps/interpolate.js";
/** The best model that a budget buys: a study of many trials. */
export { runStudy, type StudyResult } from "./tune/run-study.js";
export type { StudyOptions } from "./tune/study-options.js";
export type { StudyNews } from "./tune/study-news.js";
export { readStudy } from "./tune/study-file.js";
export type { Study, Trial } from "./tune/study.js";
export { ensemble } from "./apps/ensemble.js";

/** Choose among a speech recogniser's hypotheses, and count word errors. */
export { rescore, type RescoreOptions } from "./apps/rescore.js";
export {
  type ChosenHypothesis,
  type Rescoring,
  rescoreUtterances,
  type RescoreUtterancesOptions,
} from "./apps/rescore-utterances.js";
export type { Hypothesis, Utterance } from "./speech/lists.js";
export { type ListForm, readLists } from "./speech/read-lists.js";
export type { ChangedUtterance, ErrorRates, RescoringReport, Weights } from "./speech/rescoring.js";
export { type WordErrors, wordErrors } from "./speech/word-errors.js";

/** Vectors of texts, the lines of a file that are most like a text, and the tokens most like a token. */
export type { EmbedOptions, PoolingOptions, PoolingSettings } from "./vectors/embed-options.js";
export type { CommonOptions } from "./vectors/common-part.js";
export type { Pool } from "./vectors/pooling.js";
export { LineIndex, openIndex, type SearchOptions, type SimilarLine } from "./apps/line-index.js";
export type { IndexOptions } from "./apps/index-options.js";
export { type SimilarToken, type SimilarTokenOptions, similarTokens } from "./apps/similar-tokens.js";

/** Sort texts by labels: a classifier made of a language model. */
export { trainClassifier, type TrainedClassifier } from "./apps/train-classifier.js";
export type { ClassifierProgress, TrainClassifierOptions } from "./apps/train-classifier-options.js";
export { loadClassifier } from "./apps/load-classifier.js";
export {
  type Classification,
  Classifier,
  type ClassifierEvaluation,
  type ClassifyOptions,
  type EvaluateClassifierOptions,
  type LabelProbability,
} from "./apps/classifier.js";
export type { LabelledInput } from "./classify/labelled-text.js";
export type { ClassifierMeasures, LabelMeasures, WrongText } from "./classify/measures.js";
/** Which words of a text decided what is predicted. */
export { explain, type ExplainOptions } from "./apps/explain.js";
export type { ExplainedPiece, Explanation } from "./explain/explanation.js";
/** A look into a model: what it does with a text, chapter by chapter. */
export {
  look,
  type LookedModel,
  type LookOptions,
  type LookProgress,
  type LookReport,
  type MissingChapter,
} from "./apps/look.js";
export type { ChapterData, ChapterName } from "./look/chapters.js";
/** What a model gives away of the text that it was trained on. */
export {
  memorised,
  type Memorised,
  type MemorisedOptions,
  type MemorisedPassage,
  type MemorisedProgress,
  type TextMemorised,
} from "./apps/measure-memorised.js";
export type { CanaryExposure, PatternExposure } from "./apps/measure-exposure.js";
export { plantCanaries, type PlantedCanaries, type PlantOptions } from "./apps/plant-canaries.js";
export type { Canary } from "./memorised/canary-record.js";
export type { Exposure } from "./memorised/exposure.js";
export type { NgramShare, Overlap } from "./memorised/shares.js";

/** Make a model's folder into one of int8 weights, a quarter of the size. */
export { quantize, type QuantizeOptions, type QuantizeResult } from "./apps/quantize.js";

/** n-gram models: train, read and write them, ask them. */
export { trainNgram, type TrainedNgram, type TrainNgramOptions } from "./ngram/train-ngram.js";
export { loadNgram } from "./ngram/load-ngram.js";
export { writeNgram } from "./ngram/write-ngram.js";
export { type NgramModel, type NgramScore, type NgramState, scoreSentence } from "./ngram/ngram-model.js";

/** Generation: its options and pieces; and drawing a token from logits, for decoding of one's own. */
export { generate, type DoneReason, type GeneratedPiece } from "./generate/generate.js";
export type { GenerateOptions } from "./generate/options.js";
export type { BeamOptions } from "./generate/beam-options.js";
export { beamSearch, type BeamText } from "./generate/beam-search.js";
export type { BestOfOptions } from "./generate/best-of-options.js";
export { bestOf, type DrawnText, type RankedText } from "./generate/best-of.js";
export { beginningOf } from "./generate/beginning.js";
export { type DrawnToken, Sampler } from "./generate/sampling.js";
export {
  type SamplingOptions,
  type SamplingSettings,
  samplingSettings,
} from "./generate/sampling-settings.js";

/** Texts from the matrices of a CTC acoustic model, with language models. */
export {
  CtcDecoder,
  type CtcHypothesis,
  type CtcOptions,
  type CtcStream,
  type HeardWord,
} from "./generate/ctc/ctc-decoder.js";
export type { FusedModel, FusedModels } from "./generate/ctc/fused-models.js";
export type { Matrix, MatrixValues } from "./generate/ctc/frames.js";
export { type NamedMatrix, readMatrices } from "./apps/read-matrices.js";
export { readLabels } from "./apps/read-labels.js";

/** Finish what is being typed, and measure how many keystrokes that saves. */
export { Completer, type Suggestion } from "./generate/complete/completer.js";
export type { CompleteOptions, Until } from "./generate/complete/options.js";
export {
  type CompletionMeasure,
  measureCompletion,
  type MeasureCompletionOptions,
} from "./apps/measure-completion.js";

/** Train a model on a text; its options are the flags of `recurra train`. */
export { train, type TrainResult } from "./apps/train.js";
export type { TrainOptions } from "./train/options.js";
export { type Recipe, RECIPES, type RecipeOptions } from "./options/recipes.js";
export type { TrainPrecision } from "./train/run-settings.js";
export type { TrainEvent } from "./train/events.js";

/** Texts with labels, from tables and folders. */
export { type LabelledOptions, type LabelledTexts, openLabelled } from "./text/corpus/labelled-texts.js";
export type { LabelledText } from "./text/labelled-text.js";

/** Measure a model on a text or on files. */
export { evaluateInputs, type EvaluateOptions } from "./apps/evaluate-inputs.js";
export type { Evaluation, Measuring } from "./train/evaluate.js";

/** Where computation happens. */
export {
  createEngine,
  type EngineName,
  type EngineOptions,
  type EnginePrecision,
  ENGINES,
} from "./engine/create.js";
export type {
  Engine,
  Floats,
  IdTensor,
  LossSums,
  Operands,
  Precision,
  Sums,
  SumValues,
  Tensor,
} from "./engine/engine.js";
/** Random numbers whose state can be saved. */
export { Random } from "./engine/random.js";

/** The model, its architecture and its memory. */
export { type Cell, CELL_TABLE, type CellDescription, CELLS } from "./cells.js";
export { type ModelConfig, modelConfig, type ModelConfigInput } from "./model/config.js";
export { hiddenSizes, outputWidth } from "./model/widths.js";
export { createModel, emptyModel } from "./model/create-model.js";
export { type Draw, LanguageModel, type ModelWindow, type Pass } from "./model/language-model.js";
export type { ModelMakers } from "./model/model-makers.js";
export type { Parameter, QuantizedWeight } from "./model/parameter.js";
export type { PredictedRows, Predictor, PredictorState, RowPredictor } from "./model/predictor.js";
export { type LayerState, RecurrentState } from "./model/state.js";
export { Recording, type RecordingOptions } from "./layers/recording.js";
export { NO_REGULARISATION, type Regularisation } from "./layers/regularisation.js";

/** Text to ids and back: make a tokenizer from a text, or read a saved one. */
export { parseTokenizer } from "./text/tokenizers/parse-any-tokenizer.js";
export type { DecodeStream, EncodeStream, Tokenizer, TokenizerKind } from "./text/tokenizers/tokenizer.js";
export {
  type TokenizerOptions,
  type TokenizerProgress,
  trainTokenizer,
} from "./text/tokenizers/train-tokenizer.js";

/** The error for mistakes that a person can correct. */
export { UserError } from "./errors.js";

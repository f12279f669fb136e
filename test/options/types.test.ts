/** Tables and interfaces name the same options with values of the same types: checked when this is compiled. */
import { expectTypeOf, test } from "vitest";
import type { ClassifyOptions, EvaluateClassifierOptions } from "../../src/apps/classifier.js";
import type { TrainClassifierOptions } from "../../src/apps/train-classifier-options.js";
import type { LoadOptions } from "../../src/apps/load.js";
import type { LearnOptions } from "../../src/apps/learn-profile.js";
import type { ExportProfileOptions, MergeProfilesOptions } from "../../src/apps/manage-profiles.js";
import type { QuantizeOptions } from "../../src/apps/quantize.js";
import type { MeasureCompletionOptions } from "../../src/apps/measure-completion.js";
import type { CompleteOptions } from "../../src/generate/complete/options.js";
import type { EngineOptions } from "../../src/engine/create.js";
import type { CtcOptions } from "../../src/generate/ctc/ctc-decoder.js";
import type { GenerateOptions } from "../../src/generate/options.js";
import type { SamplingOptions } from "../../src/generate/sampling-settings.js";
import type { Disagreements } from "../../src/options/description.js";
import type {
  ADAPT_OPTIONS,
  CLASSIFY_OPTIONS,
  COMPLETE_OPTIONS,
  CREATE_ENGINE_OPTIONS,
  CTC_OPTIONS,
  EMBED_OPTIONS,
  EVALUATE_CLASSIFIER_OPTIONS,
  EVALUATE_OPTIONS,
  FIT_INTERPOLATION_OPTIONS,
  BEAM_OPTIONS,
  BEST_OF_OPTIONS,
  GENERATE_OPTIONS,
  EXPORT_PROFILE_OPTIONS,
  INDEX_OPTIONS,
  LABELLED_OPTIONS,
  LEARN_OPTIONS,
  LOAD_OPTIONS,
  MEASURE_COMPLETION_OPTIONS,
  MERGE_PROFILES_OPTIONS,
  MEMORISED_OPTIONS,
  PLANT_OPTIONS,
  QUANTIZE_OPTIONS,
  SAMPLING_OPTIONS,
  SEARCH_OPTIONS,
  SIMILAR_TOKEN_OPTIONS,
  STUDY_OPTIONS,
  TRAIN_CLASSIFIER_OPTIONS,
  TRAIN_OPTIONS,
  TRAIN_TOKENIZER_OPTIONS,
  TUNE_OPTIONS,
} from "../../src/options/index.js";
import type { BestOfOptions } from "../../src/generate/best-of-options.js";
import type { BeamOptions } from "../../src/generate/beam-options.js";
import type { LabelledOptions } from "../../src/text/corpus/labelled-texts.js";
import type { TokenizerOptions } from "../../src/text/tokenizers/train-tokenizer.js";
import type { AdaptOptions } from "../../src/adapt/settings.js";
import type { EvaluateOptions } from "../../src/apps/evaluate-inputs.js";
import type { FitInterpolationOptions } from "../../src/apps/interpolate.js";
import type { MemorisedOptions } from "../../src/apps/measure-memorised.js";
import type { PlantOptions } from "../../src/apps/plant-canaries.js";
import type { StudyOptions } from "../../src/tune/study-options.js";
import type { TuneOptions } from "../../src/apps/tune.js";
import type { TrainOptions } from "../../src/train/options.js";
import type { IndexOptions } from "../../src/apps/index-options.js";
import type { SearchOptions } from "../../src/apps/line-index.js";
import type { SimilarTokenOptions } from "../../src/apps/similar-tokens.js";
import type { EmbedOptions } from "../../src/vectors/embed-options.js";

test("every table holds its interface's options", () => {
  expectTypeOf<Disagreements<typeof TRAIN_OPTIONS, TrainOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof GENERATE_OPTIONS, GenerateOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof BEAM_OPTIONS, BeamOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof BEST_OF_OPTIONS, BestOfOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof CTC_OPTIONS, CtcOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof SAMPLING_OPTIONS, SamplingOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof COMPLETE_OPTIONS, CompleteOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof MEASURE_COMPLETION_OPTIONS, MeasureCompletionOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof EVALUATE_OPTIONS, EvaluateOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof ADAPT_OPTIONS, AdaptOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof LEARN_OPTIONS, LearnOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof MERGE_PROFILES_OPTIONS, MergeProfilesOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof EXPORT_PROFILE_OPTIONS, ExportProfileOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof TUNE_OPTIONS, TuneOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof STUDY_OPTIONS, StudyOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof FIT_INTERPOLATION_OPTIONS, FitInterpolationOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof QUANTIZE_OPTIONS, QuantizeOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof LABELLED_OPTIONS, LabelledOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof MEMORISED_OPTIONS, MemorisedOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof PLANT_OPTIONS, PlantOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof CREATE_ENGINE_OPTIONS, EngineOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof LOAD_OPTIONS, LoadOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof EMBED_OPTIONS, EmbedOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof INDEX_OPTIONS, IndexOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof SEARCH_OPTIONS, SearchOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof SIMILAR_TOKEN_OPTIONS, SimilarTokenOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof TRAIN_CLASSIFIER_OPTIONS, TrainClassifierOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof CLASSIFY_OPTIONS, ClassifyOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof EVALUATE_CLASSIFIER_OPTIONS, EvaluateClassifierOptions>>().toBeNever();
  expectTypeOf<Disagreements<typeof TRAIN_TOKENIZER_OPTIONS, TokenizerOptions>>().toBeNever();
});

test("a difference is found", () => {
  type Hidden = { readonly hidden: { readonly value: { readonly kind: "number" }; help: ""; offered: [] } };
  expectTypeOf<Disagreements<Hidden, { readonly hidden?: number }>>().toBeNever();
  expectTypeOf<Disagreements<Hidden, { readonly hidden?: string }>>().toEqualTypeOf<"hidden">();
  expectTypeOf<
    Disagreements<Hidden, { readonly hidden?: number; readonly lr?: number }>
  >().toEqualTypeOf<"lr">();
  expectTypeOf<Disagreements<Hidden, object>>().toEqualTypeOf<"hidden">();
});

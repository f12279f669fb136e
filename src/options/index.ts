/**
 * The tables of all options, as data: for your own forms, checks and help. Runs anywhere, and loads nothing else.
 *
 *     import { TRAIN_OPTIONS } from "recurra/options";
 *     console.log(TRAIN_OPTIONS.batchSize.default); // 32
 */
export type { NumberRule, OptionDescription, OptionTable, Place, ValueOf, ValueRule } from "./description.js";
export { numberRule, offeredIn } from "./description.js";
export { checkBelonging, checkOptions, checkValue } from "./check.js";
export { defaultOf, defaultText } from "./defaults.js";
export { labelSpelling } from "./labels.js";
export { TRAIN_OPTIONS } from "./train-options.js";
export { BEAM_OPTIONS, BEST_OF_OPTIONS, GENERATE_OPTIONS } from "./generate-options.js";
export { SAMPLING_OPTIONS } from "./sampling-options.js";
export { type Recipe, RECIPES, type RecipeOptions } from "./recipes.js";
export { COMPLETE_OPTIONS } from "./complete-options.js";
export { CTC_OPTIONS } from "./decode-options.js";
export { ADAPT_OPTIONS } from "./adapt-options.js";
export {
  CLASSIFY_COMMAND,
  CLASSIFY_EVAL_COMMAND,
  CLASSIFY_OPTIONS,
  CLASSIFY_TRAIN_COMMAND,
  EVALUATE_CLASSIFIER_OPTIONS,
  TRAIN_CLASSIFIER_OPTIONS,
} from "./classify-options.js";
export {
  EXPORT_PROFILE_OPTIONS,
  LEARN_OPTIONS,
  MERGE_PROFILES_OPTIONS,
  PROFILE_LIST_COMMAND,
} from "./profile-options.js";
export {
  COMMANDS,
  EVALUATE_OPTIONS,
  MEASURE_COMPLETION_OPTIONS,
  QUANTIZE_OPTIONS,
  FIT_INTERPOLATION_OPTIONS,
  TUNE_OPTIONS,
} from "./command-options.js";
export { STUDY_OPTIONS } from "./study-options.js";
export { MEMORISED_OPTIONS, PLANT_OPTIONS } from "./memorised-options.js";
export { RESCORE_OPTIONS } from "./rescore-options.js";
export { CREATE_ENGINE_OPTIONS, LOAD_OPTIONS } from "./create-engine-options.js";
export { EMBED_OPTIONS, INDEX_OPTIONS, SEARCH_OPTIONS, SIMILAR_TOKEN_OPTIONS } from "./vector-options.js";
export { EXPLAIN_OPTIONS } from "./explain-options.js";
export { LOOK_OPTIONS } from "./look-options.js";
export { LABELLED_OPTIONS, TRAIN_TOKENIZER_OPTIONS } from "./text-options.js";
export {
  NGRAM_EVAL_COMMAND,
  NGRAM_OPTIONS,
  NGRAM_QUERY_COMMAND,
  NGRAM_TRAIN_COMMAND,
} from "./ngram-options.js";

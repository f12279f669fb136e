/** Writes docs/options.md from the tables of options: `npm run docs:options`. A test holds the page to the tables. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { flagOf } from "../src/cli/flag-spelling.js";
import { rangeText } from "../src/options/check.js";
import { defaultText } from "../src/options/defaults.js";
import type { OptionDescription, OptionTable, Place } from "../src/options/description.js";
import {
  ADAPT_OPTIONS,
  CLASSIFY_COMMAND,
  CLASSIFY_EVAL_COMMAND,
  CLASSIFY_OPTIONS,
  CLASSIFY_TRAIN_COMMAND,
  COMMANDS,
  COMPLETE_OPTIONS,
  BEAM_OPTIONS,
  BEST_OF_OPTIONS,
  CREATE_ENGINE_OPTIONS,
  CTC_OPTIONS,
  EMBED_OPTIONS,
  EVALUATE_CLASSIFIER_OPTIONS,
  EXPORT_PROFILE_OPTIONS,
  EVALUATE_OPTIONS,
  EXPLAIN_OPTIONS,
  LOOK_OPTIONS,
  INDEX_OPTIONS,
  MEASURE_COMPLETION_OPTIONS,
  MERGE_PROFILES_OPTIONS,
  GENERATE_OPTIONS,
  LEARN_OPTIONS,
  LOAD_OPTIONS,
  MEMORISED_OPTIONS,
  NGRAM_EVAL_COMMAND,
  NGRAM_OPTIONS,
  NGRAM_QUERY_COMMAND,
  NGRAM_TRAIN_COMMAND,
  PROFILE_LIST_COMMAND,
  PLANT_OPTIONS,
  QUANTIZE_OPTIONS,
  RESCORE_OPTIONS,
  SEARCH_OPTIONS,
  STUDY_OPTIONS,
  SIMILAR_TOKEN_OPTIONS,
  TRAIN_CLASSIFIER_OPTIONS,
  TRAIN_OPTIONS,
  TRAIN_TOKENIZER_OPTIONS,
  FIT_INTERPOLATION_OPTIONS,
  TUNE_OPTIONS,
} from "../src/options/index.js";

export const PAGE = fileURLToPath(new URL("../docs/options.md", import.meta.url));

/** One section: the function and the command that take the options. */
interface Section {
  readonly title: string;
  readonly about: string;
  readonly code?: OptionTable;
  readonly command?: OptionTable;
  /** Pages have it, too. */
  readonly inPages?: boolean;
}

const SECTIONS: readonly Section[] = [
  {
    title: "Training",
    about: "`train(options)`, `recurra train`, and `recurra.train(options)` in a page.",
    code: TRAIN_OPTIONS,
    command: COMMANDS.train,
    inPages: true,
  },
  {
    title: "Tuning",
    about:
      "`runStudy(options)` and `recurra tune`. What is given of the model, the tokens and the steps is fixed; the rest is looked for. [choosing.md](choosing.md) says how.",
    code: STUDY_OPTIONS,
    command: COMMANDS.tune,
  },
  { title: "Studies", about: "`recurra study`.", command: COMMANDS.study },
  {
    title: "Generating",
    about: "`model.generate(options)`, on Node and in a page, and `recurra generate`.",
    code: GENERATE_OPTIONS,
    command: COMMANDS.generate,
    inPages: true,
  },
  {
    title: "Beam search",
    about: "`model.beamSearch(options)`, and `recurra generate --beams`.",
    code: BEAM_OPTIONS,
  },
  {
    title: "Best of several",
    about: "`model.bestOf(options)`, and `recurra generate --best-of`.",
    code: BEST_OF_OPTIONS,
  },
  {
    title: "Completing",
    about:
      "`(await model.completer()).complete(text, options)`, `model.complete(text, options)` in a page, and `recurra complete`.",
    code: COMPLETE_OPTIONS,
    command: COMMANDS.complete,
    inPages: true,
  },
  {
    title: "Evaluating",
    about: "`evaluateInputs(model, inputs, options)` and `recurra eval`.",
    code: EVALUATE_OPTIONS,
    command: COMMANDS.eval,
  },
  {
    title: "Measuring completion",
    about: "`measureCompletion(model, inputs, options)` and `recurra eval --completion`.",
    code: MEASURE_COMPLETION_OPTIONS,
  },
  {
    title: "Following the text",
    about: "`model.adapt(options)`; the commands have them too.",
    code: ADAPT_OPTIONS,
  },
  {
    title: "A model of one's own",
    about: "`model.adapt(text, options)` and `recurra adapt`.",
    code: LEARN_OPTIONS,
    command: COMMANDS.adapt,
  },
  { title: "Listing profiles", about: "`recurra profile list`.", command: PROFILE_LIST_COMMAND },
  {
    title: "Merging profiles",
    about: "`mergeProfiles(folder, names, options)` and `recurra profile merge`.",
    code: MERGE_PROFILES_OPTIONS,
    command: MERGE_PROFILES_OPTIONS,
  },
  {
    title: "A model of a profile",
    about: "`exportProfile(folder, name, options)` and `recurra profile export`.",
    code: EXPORT_PROFILE_OPTIONS,
    command: EXPORT_PROFILE_OPTIONS,
  },
  { title: "Tuning", about: "`tune(model, inputs, options)`; `recurra eval --tune`.", code: TUNE_OPTIONS },
  { title: "Scoring", about: "`recurra score`.", command: COMMANDS.score },
  {
    title: "Rescoring",
    about: "`rescore(model, lists, options)` and `recurra rescore`.",
    code: RESCORE_OPTIONS,
    command: COMMANDS.rescore,
  },
  {
    title: "Vectors",
    about: "`model.embed(texts, options)` and `recurra embed`.",
    code: EMBED_OPTIONS,
    command: COMMANDS.embed,
  },
  {
    title: "Similar lines",
    about: "`openIndex(model, corpus, options)` and `recurra similar`.",
    code: INDEX_OPTIONS,
    command: COMMANDS.similar,
  },
  {
    title: "Searching an index",
    about: "`index.search(query, options)`.",
    code: SEARCH_OPTIONS,
  },
  {
    title: "Similar tokens",
    about: "`similarTokens(model, word, options)` and `recurra similar --word`.",
    code: SIMILAR_TOKEN_OPTIONS,
  },
  {
    title: "Training a classifier",
    about: "`trainClassifier(texts, options)` and `recurra classify train`.",
    code: TRAIN_CLASSIFIER_OPTIONS,
    command: CLASSIFY_TRAIN_COMMAND,
  },
  {
    title: "Classifying",
    about: "`classifier.classify(texts, options)` and `recurra classify`.",
    code: CLASSIFY_OPTIONS,
    command: CLASSIFY_COMMAND,
  },
  {
    title: "Measuring a classifier",
    about: "`classifier.evaluate(texts, options)` and `recurra classify eval`.",
    code: EVALUATE_CLASSIFIER_OPTIONS,
    command: CLASSIFY_EVAL_COMMAND,
  },
  {
    title: "Explaining",
    about: "`explain(model, text, options)` and `recurra explain`.",
    code: EXPLAIN_OPTIONS,
    command: COMMANDS.explain,
  },
  {
    title: "Looking inside",
    about: "`look(model, text, options)` and `recurra look`.",
    code: LOOK_OPTIONS,
    command: COMMANDS.look,
  },
  {
    title: "Decoding",
    about: "`new CtcDecoder(labels, models, options)` and `recurra decode`.",
    code: CTC_OPTIONS,
    command: COMMANDS.decode,
  },
  {
    title: "What a model gives away",
    about: "`memorised(model, options)` and `recurra memorised`.",
    code: MEMORISED_OPTIONS,
    command: COMMANDS.memorised,
  },
  {
    title: "Planting canaries",
    about: "`plantCanaries(inputs, options)` and `recurra plant`.",
    code: PLANT_OPTIONS,
    command: COMMANDS.plant,
  },
  {
    title: "Quantizing",
    about: "`quantize(folder, options)` and `recurra quantize`.",
    code: QUANTIZE_OPTIONS,
    command: COMMANDS.quantize,
  },
  {
    title: "Training n-gram models",
    about: "`trainNgram(inputs, options)` and `recurra ngram train`.",
    code: NGRAM_OPTIONS,
    command: NGRAM_TRAIN_COMMAND,
  },
  { title: "Measuring n-gram models", about: "`recurra ngram eval`.", command: NGRAM_EVAL_COMMAND },
  { title: "Asking n-gram models", about: "`recurra ngram query`.", command: NGRAM_QUERY_COMMAND },
  {
    title: "Fitting the weight of an n-gram model",
    about: "`fitInterpolation(model, ngram, inputs, options)`; `recurra eval --interpolate --tune`.",
    code: FIT_INTERPOLATION_OPTIONS,
  },
  { title: "Exporting", about: "`recurra export`.", command: COMMANDS.export },
  { title: "Showing what there is", about: "`recurra info`.", command: COMMANDS.info },
  {
    title: "Listing recipes",
    about: "`recurra recipes`; `RECIPES` of `recurra/options` in code.",
    command: COMMANDS.recipes,
  },
  { title: "A first look", about: "`recurra demo`.", command: COMMANDS.demo },
  { title: "Loading", about: "`load(folder, options)`.", code: LOAD_OPTIONS },
  { title: "Engines", about: "`createEngine(options)`.", code: CREATE_ENGINE_OPTIONS },
  {
    title: "Tokenizers",
    about: "`trainTokenizer(kind, text, options)`.",
    code: TRAIN_TOKENIZER_OPTIONS,
  },
];

/** The whole page. */
export function optionDocs(): string {
  return `# Options

Every option there is, by what takes it. This page is made by \`npm run docs:options\` from the tables in \`src/options/\`,
which code may read as well (\`import { TRAIN_OPTIONS } from "recurra/options"\`). Checks, flags and help come from the same
tables: a name that is not here, a value of another kind, and an option that would have no effect are refused. An option
that is left out, or undefined, takes its default.

${SECTIONS.map(sectionText).join("\n")}`;
}

function sectionText({ title, about, code = {}, command = {}, inPages = false }: Section): string {
  const all = { ...code, ...command };
  const groupOf = (name: string): string => all[name]!.group ?? "";
  const groups = new Set(Object.keys(all).map(groupOf));
  const parts = [...groups].map((group) => {
    const names = Object.keys(all).filter((name) => groupOf(name) === group);
    const rows = names.map((name) => row(name, code[name], command[name], inPages));
    const heading = group === "" ? "" : `### ${group}\n`;
    return `${heading}${HEAD}${rows.join("\n")}\n`;
  });
  return `## ${title}\n${about}\n\n${parts.join("\n")}`;
}

const HEAD = "| in code | as a flag | values | default | what it is |\n|---|---|---|---|---|\n";

function row(
  name: string,
  code: OptionDescription | undefined,
  command: OptionDescription | undefined,
  inPages: boolean,
): string {
  const description = (code ?? command)!;
  const isIn = (table: OptionDescription | undefined, ...places: readonly Place[]): boolean =>
    places.some((place) => table?.offered.includes(place));
  const letter = command?.letter === undefined ? "" : `\`-${command.letter}\`, `;
  const cells = [
    isIn(code, "library", "browser") ? `\`${name}\`` : "",
    isIn(command, "command line") ? `${letter}\`${flagOf(name)}\`` : "",
    valuesText(description),
    defaultsText(code, command),
    purposeText(description, inPages && isIn(code, "library") && !isIn(code, "browser")),
  ];
  return `| ${cells.map((cell) => cell.replaceAll(/<[^>]+>/g, "`$&`").replaceAll("|", "\\|")).join(" | ")} |`;
}

function valuesText({ value: rule, unit, offered }: OptionDescription): string {
  switch (rule.kind) {
    case "flag":
      return "true or false";
    case "text":
      return rule.thing ? `a text; in code also ${rule.thing.noun}` : "a text";
    case "number":
      return rangeText(rule, unit);
    case "numbers":
      return `${rangeText(rule.each, unit)}; or a list, such as ${rule.example}`;
    case "word":
      return [
        ...rule.words.map((word) => `\`${word}\``),
        ...(rule.file ? [rule.file.noun] : []),
        ...(rule.thing ? [`in code ${rule.thing.noun}`] : []),
      ].join(", ");
    case "texts":
      return offered.includes("command line") ? "texts; the flag once for each" : "a list of texts";
    case "words":
      return `some of ${rule.words.map((word) => `\`${word}\``).join(", ")}`;
    case "ascending":
      return `ascending whole numbers, such as ${rule.example}`;
    case "code":
      return rule.noun;
  }
}

/** The default; where code and command differ, both. */
function defaultsText(code: OptionDescription | undefined, command: OptionDescription | undefined): string {
  const [inCode, typed] = [code, command].map((table) => table && (defaultText(table) ?? ""));
  if (inCode === undefined || typed === undefined || inCode === typed) return inCode ?? typed ?? "";
  return `${inCode}; as a flag: ${typed}`;
}

/** @param onNode it is not offered in a page, where others of its section are */
function purposeText({ help, belongsTo = {}, needs, required }: OptionDescription, onNode: boolean): string {
  const owners = Object.entries(belongsTo).map(
    ([other, words]) => `only with \`${other}\` ${words.map((word) => `\`${word}\``).join(" or ")}`,
  );
  const notes = [
    ...owners,
    ...(needs === undefined
      ? []
      : [
          `only with ${[needs]
            .flat()
            .map((one) => `\`${one}\``)
            .join(" or ")}`,
        ]),
    ...(required ? ["has to be given"] : []),
    ...(onNode ? ["on Node"] : []),
  ];
  return `${help}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, optionDocs());
}

/** A model's description: architecture, sizes, tokenizer, and the history of its training. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { type ClassifierRecord, recordOf } from "../apps/classifier-record.js";
import { EvaluationFiles } from "../apps/evaluation-file.js";
import type { Tuned, TunedInterpolation, TunedSettings } from "../apps/tuned.js";
import { UserError } from "../errors.js";
import { FILE_NAMES } from "../format/model-files.js";
import { readModelFolder } from "../format/model-folder.js";
import { MODEL_FILES } from "../format/model-paths.js";
import { currentPaths } from "../format/model-stage.js";
import { openRegularFile } from "../format/regular-file.js";
import { readMetadata } from "../format/safetensors-file.js";
import { fileError } from "../format/system-error.js";
import { cellName } from "../cells.js";
import type { ModelConfig } from "../model/config.js";
import { isProjected, widthsText } from "../model/widths.js";
import { parseTokenizer } from "../text/tokenizers/parse-any-tokenizer.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { headerOf } from "../train/read-checkpoint.js";
import { countParameters, formatBytes } from "../train/memory-estimate.js";
import { type MetricLine, parseMetric } from "../train/metric-line.js";
import type { RunChange } from "../train/run-changes.js";
import { settingsOf } from "../train/resume-settings.js";
import type { TrainSettings } from "../train/run-settings.js";
import { changeText, originName, passText } from "./train-words.js";
import type { RunPlan } from "../train/run-plan.js";
import type { RunOrigin } from "../train/origin.js";
import type { RunRecipe } from "../train/recipe.js";
import type { Colors } from "./colors.js";
import { CurveHistory, type CurveSize, type Curves, drawLossCurve } from "./loss-curve.js";
import { flagOf, optionFlags } from "./flag-spelling.js";
import { perplexities, settingsRows } from "./following.js";
import { counted, duration, fourFigures, grouped } from "./numbers.js";
import { escapedLine } from "../visible-text.js";
import { inOneLine } from "./visible-text.js";

/** Labels that are named. */
const MOST_LABELS = 12;

export interface ModelInfo {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Bytes by name, of those that are there. */
  readonly files: Readonly<Record<string, number>>;
  /** Of a classifier: its labels, and how it was trained, where that is known; else null. */
  readonly classifier: {
    readonly labels: readonly string[];
    readonly pool: string;
    readonly training: ClassifierRecord | null;
  } | null;
  readonly tokenizer: { readonly kind: TokenizerKind; readonly size: number; readonly lines: boolean };
  /** Of its training, where there is a checkpoint; else null. */
  readonly settings: TrainSettings | null;
  /** That its run was begun with; else null. */
  readonly recipe: RunRecipe | null;
  /** Of a run limited by time; else null. */
  readonly plan: RunPlan | null;
  /** The model that its run began with; else null. */
  readonly origin: RunOrigin | null;
  /** What was changed of them where the run was gone on with. */
  readonly changes: readonly RunChange[];
  /** What was tuned for its weights; empty where nothing was. */
  readonly tuned: Tuned;
  readonly interpolations: readonly TunedInterpolation[];
  /** Why that cannot be read; else null. */
  readonly tunedProblem: string | null;
  readonly history: TrainingHistory;
  readonly curves: Curves;
}

export interface TrainingHistory {
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  /** The best validation while it trained, on the beginning of a long held-out text; null where there was none. */
  readonly best: {
    readonly step: number;
    readonly loss: number;
    readonly perplexity: number;
    /** Of an average of weights; absent where it is not. */
    readonly averaged?: true;
  } | null;
  /** The finished model on the whole held-out text, read from end to end; null where it was not measured. */
  readonly heldOut: {
    readonly step: number;
    readonly loss: number;
    readonly perplexity: number;
    readonly bitsPerChar: number;
  } | null;
}

/** @throws UserError where the folder holds no whole model */
export async function modelInfo(folder: string): Promise<ModelInfo> {
  const { config, tokenizerJson, metadata } = await readModelFolder(folder);
  const kept = new EvaluationFiles(folder, config, metadata);
  const paths = currentPaths(folder);
  const { kind, size, bosId } = parseTokenizer(tokenizerJson, paths.tokenizer);
  const { history, curves } = await readHistory(paths.metrics);
  const files: Record<string, number> = {};
  for (const file of MODEL_FILES) {
    const found = await stat(paths[file]).catch(() => undefined);
    if (found) files[FILE_NAMES[file]] = found.size;
  }
  const tokenizer = { kind, size, lines: bosId !== undefined };
  const parameters = countParameters(config);
  const classifier = config.classifier
    ? { ...config.classifier, training: recordOf(metadata) ?? null }
    : null;
  const run = await readRun(paths.checkpoint, config);
  return {
    folder,
    config,
    parameters,
    files,
    classifier,
    tokenizer,
    ...run,
    ...(await readTuned(kept)),
    history,
    curves,
  };
}

/** A file that cannot be read is told, and does not hide what the model is. */
async function readTuned(
  kept: EvaluationFiles,
): Promise<Pick<ModelInfo, "tuned" | "interpolations" | "tunedProblem">> {
  try {
    const tuned = (await kept.read()) ?? {};
    return { tuned, interpolations: await kept.interpolations(), tunedProblem: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { tuned: {}, interpolations: [], tunedProblem: error.message };
  }
}

/** What the checkpoint says of how the model was trained. */
async function readRun(
  path: string,
  config: ModelConfig,
): Promise<Pick<ModelInfo, "settings" | "recipe" | "plan" | "origin" | "changes">> {
  if (!existsSync(path)) return { settings: null, recipe: null, plan: null, origin: null, changes: [] };
  const header = headerOf(await readMetadata(path), path);
  const { recipe = null, plan = null, origin = null, changes = [] } = header;
  return { settings: settingsOf(header, config), recipe, plan, origin, changes };
}

/** Reads metrics.jsonl line by line; a last line that a killed run left torn is skipped. */
async function readHistory(path: string): Promise<{ history: TrainingHistory; curves: Curves }> {
  const training = new CurveHistory();
  const validation = new CurveHistory(256);
  let steps = 0;
  let epochs = 0;
  let seconds = 0;
  let best: TrainingHistory["best"] = null;
  let heldOut: TrainingHistory["heldOut"] = null;
  const lines = existsSync(path) ? (await openRegularFile(path)).file.readLines() : [];
  try {
    for await (const line of lines) {
      const metric = parseMetric(line);
      if (!metric) continue;
      const { step } = metric;
      steps = Math.max(steps, step);
      epochs = Math.max(epochs, numberIn(metric, "epoch") ?? 0);
      seconds = Math.max(seconds, numberIn(metric, "seconds") ?? 0);
      const loss = numberIn(metric, "loss");
      if (loss !== undefined) training.add(step, loss);
      const valid = numberIn(metric, "validLoss");
      if (valid !== undefined) validation.add(step, valid);
      // A run that was rolled back repeats its best validation, since the original line was cut.
      const lowest = valid ?? numberIn(metric, "bestLoss");
      const lowestStep = valid === undefined ? (numberIn(metric, "bestStep") ?? step) : step;
      if (lowest !== undefined && (best === null || lowest < best.loss))
        best = {
          step: lowestStep,
          loss: lowest,
          perplexity: Math.exp(lowest),
          ...((metric["averaged"] || metric["bestAveraged"]) && { averaged: true }),
        };
      heldOut = heldOutOf(metric) ?? heldOut;
    }
  } catch (error) {
    throw fileError(error, "read", path);
  }
  const curves = { training: training.points, validation: validation.points };
  return { history: { steps, epochs, seconds, best, heldOut }, curves };
}

function heldOutOf(metric: MetricLine): TrainingHistory["heldOut"] | undefined {
  const loss = numberIn(metric, "heldOutLoss");
  const perplexity = numberIn(metric, "heldOutPerplexity");
  const bitsPerChar = numberIn(metric, "heldOutBitsPerChar");
  if (loss === undefined || perplexity === undefined || bitsPerChar === undefined) return undefined;
  return { step: metric.step, loss, perplexity, bitsPerChar };
}

function numberIn(metric: MetricLine, key: string): number | undefined {
  const value = metric[key];
  return typeof value === "number" ? value : undefined;
}

/** "embedding 0.2, between 0.2, output 0.2, locked; words 0.1; recurrent weights 0.5" */
function regularisationText(rates: TrainSettings): string {
  const { dropoutEmbedding, dropoutBetween, dropoutOutput, lockedDropout } = rates;
  const places = `embedding ${dropoutEmbedding}, between ${dropoutBetween}, output ${dropoutOutput}`;
  const more: readonly (readonly [string, number])[] = [
    ["words", rates.dropoutWords],
    ["recurrent weights", rates.weightDrop],
    ["state", rates.dropoutState],
    ["activation penalty", rates.ar],
    ["temporal penalty", rates.tar],
    ["past decoded", rates.pastDecode ?? 0],
  ];
  const given = more.filter(([, rate]) => rate > 0).map(([name, rate]) => `; ${name} ${rate}`);
  return [places, lockedDropout ? ", locked" : "", ...given].join("");
}

/** "pytorch-word-lm: --tokenizer word …; given otherwise: --lr" */
function recipeText({ name, options, replaced }: RunRecipe): string {
  const kept = Object.fromEntries(Object.entries(options).filter(([option]) => !replaced.includes(option)));
  const others = replaced.length === 0 ? "" : `; given otherwise: ${replaced.map(flagOf).join(", ")}`;
  return escapedLine(`${name}: ${optionFlags(kept)}${others}`);
}

/** One row for every step at which something was changed, each setting once: from what it was to what it became there. */
function changeRows(changes: readonly RunChange[]): (readonly [string, string])[] {
  return [...new Set(changes.map(({ step }) => step))].flatMap((step) => {
    const made = folded(changes.filter((change) => change.step === step));
    return made.length === 0
      ? []
      : [["changed", `from step ${grouped(step)} on: ${made.map(changeText).join(", ")}`] as const];
  });
}

/** Changes at one step, those of one setting as one; what came back to what it was is none. */
function folded(changes: readonly RunChange[]): RunChange[] {
  const bySetting = new Map<string, RunChange>();
  for (const { step, setting, from, to } of changes) {
    const earlier = bySetting.get(setting);
    const first = earlier ? earlier.from : from;
    bySetting.set(setting, {
      step,
      setting,
      ...(first !== undefined && { from: first }),
      ...(to !== undefined && { to }),
    });
  }
  return [...bySetting.values()].filter(({ from, to }) => from !== to);
}

/** What initial weights had beside the usual. */
function initialRow(settings: TrainSettings | null): (readonly [string, string])[] {
  const { forgetBias, unigramBias } = settings ?? {};
  const parts = [
    ...(forgetBias === undefined ? [] : [`forget bias ${forgetBias}`]),
    ...(unigramBias ? ["biases of tokens by how often they occur"] : []),
  ];
  return parts.length === 0 ? [] : [["began with", parts.join(", ")]];
}

/** "book.model, 120 tokens added; loss 4.321, perplexity 75.26 on the held-out text before it" */
function originText(origin: RunOrigin): string {
  const { natsPerToken, perplexity } = origin.before;
  return `${originName(origin)}; loss ${fourFigures(natsPerToken)}, perplexity ${fourFigures(perplexity)} on the held-out text before it`;
}

function tiedText(config: ModelConfig): string {
  if (!config.tie) return "";
  return isProjected(config) ? ", tied to the decoder by a projection" : ", tied to the decoder";
}

const planText = ({ minutes, trainingSeconds, passes, tokensPerSecond }: RunPlan): string =>
  `for ${duration(60 * minutes)}, of them ${duration(trainingSeconds)} of training: ${passText(passes)} over the text at ${grouped(tokensPerSecond)} tokens a second`;

/** "perplexity 91.2, without 105.2, on 30,000 tokens" */
const foundText = (found: TunedSettings | TunedInterpolation): string =>
  `${perplexities(found)}, on ${grouped(found.tokens)} tokens`;

/** One row for each that was tuned: what is switched on, and what was found. */
function tunedRows({ tuned, interpolations, tunedProblem }: ModelInfo): (readonly [string, string])[] {
  const ofCombination = Object.entries(tuned).map(([name, found]) => {
    const settings = settingsRows(found.settings).map(([part, text]) => `${part} ${text}`);
    const fixed = found.fixed ? [`given: ${found.fixed.map(flagOf).join(", ")}`] : [];
    return `${name}: ${[foundText(found), ...settings, ...fixed].join("; ")}`;
  });
  const ofNgrams = interpolations.map(
    (found) =>
      `n-gram model ${found.ngram.slice(0, 8)}…${found.beside === "alone" ? "" : ` beside ${found.beside}`}: weight ${fourFigures(found.weight)}, ${foundText(found)}`,
  );
  const problem = tunedProblem === null ? [] : [escapedLine(tunedProblem)];
  return [...ofCombination, ...ofNgrams, ...problem].map((text) => ["tuned", text]);
}

/** "ham, spam; by the states' concat", and how good it was on texts while they were held out. */
function classifierRows(classifier: ModelInfo["classifier"]): (readonly [string, string])[] {
  if (!classifier) return [];
  const { labels, pool, training } = classifier;
  const named = labels.slice(0, MOST_LABELS).map(inOneLine).join(", ");
  const more = labels.length > MOST_LABELS ? ` and ${grouped(labels.length - MOST_LABELS)} more` : "";
  const rows: (readonly [string, string])[] = [["classifier", `of ${named}${more}; pooling ${pool}`]];
  if (!training) return rows;
  const { accuracy, macroF1, texts } = training.heldOut;
  const all = training.counts.reduce((sum, count) => sum + count, 0);
  const measured = `accuracy ${(100 * accuracy).toFixed(2)} %, macro F1 ${macroF1.toFixed(4)}`;
  return [...rows, ["held-out labels", `${measured} on ${grouped(texts)} of ${grouped(all)} labelled texts`]];
}

export function modelLines(info: ModelInfo, size: CurveSize, colors: Colors): string[] {
  const { config, tokenizer, history, files } = info;
  const { layers, embedding, vocabulary } = config;
  const { steps, epochs, seconds, best, heldOut } = history;
  const trained =
    steps === 0
      ? "no record"
      : `${counted(steps, "step")}, ${counted(epochs, "epoch")}, ${duration(seconds)}`;
  const rows: readonly (readonly [string, string])[] = [
    ["model", escapedLine(info.folder)],
    ["cell", cellName(config)],
    ["layers", `${layers} of ${widthsText(config, grouped)}${config.residual ? ", residual" : ""}`],
    ["embedding", `${grouped(embedding)}${tiedText(config)}`],
    ...(config.adaptive
      ? [["softmax", `adaptive, clusters from ${config.adaptive.cutoffs.map(grouped).join(", ")}`] as const]
      : []),
    ...(config.mixture ? [["softmax", `a mixture of ${config.mixture.components}`] as const] : []),
    ...(info.recipe ? [["recipe", recipeText(info.recipe)] as const] : []),
    ...(info.plan ? [["plan", planText(info.plan)] as const] : []),
    ...(info.settings ? [["dropout", regularisationText(info.settings)] as const] : []),
    ...initialRow(info.settings),
    ...(info.origin ? [["began with", originText(info.origin)] as const] : []),
    ["weights", `${grouped(info.parameters)}${config.weights ? `, ${config.weights}` : ""}`],
    ...classifierRows(info.classifier),
    ["tokenizer", `${tokenizer.kind}, ${grouped(vocabulary)} tokens${tokenizer.lines ? ", of lines" : ""}`],
    [
      "files",
      Object.entries(files)
        .map(([name, bytes]) => `${name} ${formatBytes(bytes)}`)
        .join(", "),
    ],
    ["trained", trained],
    ...changeRows(info.changes),
    ...(best
      ? [
          [
            "best validation",
            `loss ${fourFigures(best.loss)}, perplexity ${fourFigures(best.perplexity)}, at step ${grouped(best.step)}${best.averaged ? ", of averaged weights" : ""} (in training, on pieces of the held-out text)`,
          ] as const,
        ]
      : []),
    ...(heldOut
      ? [
          [
            "held-out text",
            `loss ${fourFigures(heldOut.loss)}, perplexity ${fourFigures(heldOut.perplexity)}, ${fourFigures(heldOut.bitsPerChar)} bits per character, read from end to end`,
          ] as const,
        ]
      : []),
    ...tunedRows(info),
  ];
  const curve = drawLossCurve(info.curves, size, colors);
  return [
    ...rows.map(([name, value]) => `${name.padEnd(17)}${value}`),
    ...(curve.length > 0 ? ["", ...curve] : []),
  ];
}

/** What a model is: architecture, sizes, tokenizer, and the history of its training. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { modelPaths, readModelFolder } from "../format/model-folder.js";
import { openRegularFile } from "../format/regular-file.js";
import { fileError } from "../format/system-error.js";
import type { ModelConfig } from "../model/config.js";
import { parseTokenizer } from "../text/tokenizers/parse-tokenizer.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { countParameters, formatBytes } from "../train/memory-estimate.js";
import type { Colors } from "./colors.js";
import { CurveHistory, type CurveSize, type Curves, drawLossCurve } from "./loss-curve.js";
import { duration, fourFigures, grouped } from "./numbers.js";
import { escapedLine } from "./visible-text.js";

export interface ModelInfo {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Bytes by name, of those that are there. */
  readonly files: Readonly<Record<string, number>>;
  readonly tokenizer: { readonly kind: TokenizerKind; readonly size: number; readonly lines: boolean };
  readonly history: TrainingHistory;
  readonly curves: Curves;
}

export interface TrainingHistory {
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  /** Validations; null where there was none. */
  readonly best: { readonly step: number; readonly loss: number; readonly perplexity: number } | null;
}

/** @throws UserError where the folder holds no whole model */
export async function modelInfo(folder: string): Promise<ModelInfo> {
  const { config, tokenizerJson } = await readModelFolder(folder);
  const paths = modelPaths(folder);
  const { kind, size, bosId } = parseTokenizer(tokenizerJson, paths.tokenizer);
  const { history, curves } = await readHistory(paths.metrics);
  const files: Record<string, number> = {};
  for (const path of [paths.config, paths.tokenizer, paths.weights, paths.checkpoint, paths.metrics]) {
    const found = await stat(path).catch(() => undefined);
    if (found) files[path.slice(paths.folder.replace(/[/\\]+$/, "").length + 1)] = found.size;
  }
  const tokenizer = { kind, size, lines: bosId !== undefined };
  return { folder, config, parameters: countParameters(config), files, tokenizer, history, curves };
}

type Metric = Readonly<Record<string, unknown>>;

/** Reads metrics.jsonl line by line; one that a killed run left torn, at the end, is passed over. */
async function readHistory(path: string): Promise<{ history: TrainingHistory; curves: Curves }> {
  const training = new CurveHistory();
  const validation = new CurveHistory(256);
  let steps = 0;
  let epochs = 0;
  let seconds = 0;
  let best: TrainingHistory["best"] = null;
  const lines = existsSync(path) ? (await openRegularFile(path)).file.readLines() : [];
  try {
    for await (const line of lines) {
      const metric = parsed(line);
      const step = numberIn(metric, "step");
      if (!metric || step === undefined) continue;
      steps = Math.max(steps, step);
      epochs = Math.max(epochs, numberIn(metric, "epoch") ?? 0);
      seconds = Math.max(seconds, numberIn(metric, "seconds") ?? 0);
      const loss = numberIn(metric, "loss");
      const valid = numberIn(metric, "valid_loss");
      if (loss !== undefined) training.add(step, loss);
      if (valid === undefined) continue;
      validation.add(step, valid);
      if (best === null || valid < best.loss) best = { step, loss: valid, perplexity: Math.exp(valid) };
    }
  } catch (error) {
    throw fileError(error, "read", path);
  }
  const curves = { training: training.points, validation: validation.points };
  return { history: { steps, epochs, seconds, best }, curves };
}

function parsed(line: string): Metric | undefined {
  try {
    return JSON.parse(line) as Metric;
  } catch {
    return undefined;
  }
}

function numberIn(metric: Metric | undefined, key: string): number | undefined {
  const value = metric?.[key];
  return typeof value === "number" ? value : undefined;
}

export function modelLines(info: ModelInfo, size: CurveSize, colors: Colors): string[] {
  const { config, tokenizer, history, files } = info;
  const { cell, nonlinearity, layers, hidden, embedding, vocabulary, tie, dropout } = config;
  const { steps, epochs, seconds, best } = history;
  const trained =
    steps === 0
      ? "no record"
      : `${grouped(steps)} steps, ${epochs === 1 ? "1 epoch" : `${grouped(epochs)} epochs`}, ${duration(seconds)}`;
  const rows: readonly (readonly [string, string])[] = [
    ["model", escapedLine(info.folder)],
    ["cell", cell === "rnn" ? `rnn (${nonlinearity})` : cell],
    ["layers", `${layers} of ${grouped(hidden)}`],
    ["embedding", `${grouped(embedding)}${tie ? ", tied to the decoder" : ""}`],
    ...(config.adaptive
      ? [["softmax", `adaptive, clusters from ${config.adaptive.cutoffs.map(grouped).join(", ")}`] as const]
      : []),
    ["dropout", `embedding ${dropout.embedding}, between ${dropout.between}, output ${dropout.output}`],
    ["weights", `${grouped(info.parameters)}${config.weights ? `, ${config.weights}` : ""}`],
    ["tokenizer", `${tokenizer.kind}, ${grouped(vocabulary)} tokens${tokenizer.lines ? ", of lines" : ""}`],
    [
      "files",
      Object.entries(files)
        .map(([name, bytes]) => `${name} ${formatBytes(bytes)}`)
        .join(", "),
    ],
    ["trained", trained],
    ...(best
      ? [
          [
            "best validation",
            `loss ${fourFigures(best.loss)}, perplexity ${fourFigures(best.perplexity)}, at step ${grouped(best.step)} (in training, on pieces of the held-out text)`,
          ] as const,
        ]
      : []),
  ];
  const curve = drawLossCurve(info.curves, size, colors);
  return [
    ...rows.map(([name, value]) => `${name.padEnd(17)}${value}`),
    ...(curve.length > 0 ? ["", ...curve] : []),
  ];
}

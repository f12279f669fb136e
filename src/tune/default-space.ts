/**
 * The space where none is given, by the kind of text and of tokens, and the settings that a study begins with: the models
 * that `train` would choose, from the one for this text down the ladder.
 */
import { costOf, LADDERS, NOMINAL_SPEED, type Rung, withRung } from "../train/plan.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import {
  isActive,
  isNumeric,
  isSameSetting,
  nearestValue,
  type Setting,
  type SettingValue,
  type Space,
  type SpaceParameter,
  valueAt,
} from "./space.js";
import type { TrialLength } from "./trial-runner.js";

/** What is known of a text before anything is encoded. */
export interface TextKind {
  readonly lines: boolean;
  /** To train on. */
  readonly characters: number;
}

/** Below so many characters byte pairs have too few examples of each. */
const BPE_FROM = 200_000;
/** Characters that a token of a vocabulary needs at least. */
const CHARACTERS_PER_ENTRY = 100;
/** A batch is at most this part of the text. */
const WINDOWS_AT_LEAST = 30;

/** In the form of a file. @param tokenizer where it is fixed */
export function defaultSpace({ lines, characters }: TextKind, tokenizer?: unknown): Record<string, unknown> {
  const words = tokenizer === "word";
  const bpe = tokenizer === "bpe" || (tokenizer === undefined && characters >= BPE_FROM);
  const char = tokenizer === undefined || tokenizer === "char";
  const widths = [64, 128, 192, 256, 384, 512, 768, 1024];
  const batches = [8, 16, 32, 64, 128];
  const lengths = words ? [20, 35, 50, 70] : [32, 64, 96, 128];
  const sizes = [500, 1000, 2000, 4000, 8000, 16_000];
  return {
    ...(char && bpe && { tokenizer: ["char", "bpe"] }),
    ...(bpe && {
      vocabSize: {
        values: atMost(sizes, characters / CHARACTERS_PER_ENTRY),
        when: { tokenizer: "bpe" },
      },
    }),
    cell: ["lstm", "gru", "mogrifier"],
    mogrifierRounds: [2, 4, 6],
    layers: [1, 2, 3],
    // A weight matrix of w² numbers is not learned from fewer characters.
    hidden: atMost(widths, Math.sqrt(characters)),
    embedding: atMost([32, 64, 128, 256, 400], Math.sqrt(characters)),
    ...(words && { softmax: ["full", "sampled", "adaptive"] }),
    dropout: { from: 0, to: 0.6 },
    weightDrop: { from: 0, to: 0.5 },
    optimizer: ["adabelief", "adamw", "muon"],
    lr: { from: 0.0005, to: 0.02, log: true },
    // Of lines a window has as many as the batch, each as long as it is.
    batchSize: lines ? batches.slice(1) : atMost(batches, characters / (WINDOWS_AT_LEAST * lengths[0]!)),
    ...(!lines && { seqLen: atMost(lengths, characters / (WINDOWS_AT_LEAST * batches[0]!)) }),
  };
}

/** The values up to a limit, but two at least. */
const atMost = (values: readonly number[], most: number): number[] =>
  values.filter((value, i) => i < 2 || value <= most);

/** Tokens of a vocabulary, roughly: only to say what a model costs before the text is read. */
const ABOUT = { char: 100, bpe: 4000, word: 30_000 } as const;

/**
 * The settings that a study begins with, the largest model first: the rungs of `train`'s ladder that fit the text and read
 * enough on the way to the highest rung, as it is expected, each moved to the nearest values that the space has; none twice.
 * @param longest how far a trial comes at most
 */
export function firstSettings(
  space: Space,
  text: TextKind,
  longest: TrialLength,
  tokenizer?: unknown,
): Setting[] {
  const kind = (tokenizer ??
    (firstValue(space, "tokenizer") as SettingValue | undefined) ??
    "char") as TokenizerKind;
  const settings: Setting[] = [];
  const { lines, characters } = text;
  const planned = { kind, lines, tokens: characters, vocabulary: ABOUT[kind] };
  const tokensOf = (rung: Rung): number =>
    longest.unit === "passes"
      ? longest.amount * characters
      : (longest.amount * NOMINAL_SPEED) / costOf(withRung({}, rung, planned), ABOUT[kind]).training;
  const fitting = LADDERS[kind].rungs.filter(({ ofText }) => characters >= ofText);
  for (const rung of fitting.filter((each, i) => i === 0 || tokensOf(each) >= each.reads).toReversed()) {
    const usual: Readonly<Record<string, SettingValue>> = {
      tokenizer: kind,
      cell: "lstm",
      optimizer: "adabelief",
      softmax: "full",
      weightDrop: 0,
      batchSize: 32,
      seqLen: kind === "char" ? 64 : 35,
      layers: rung.layers,
      hidden: rung.hidden,
      embedding: rung.embedding,
      lr: rung.lr,
      dropout: rung.dropout,
      tie: LADDERS[kind].tie,
    };
    const setting: Record<string, SettingValue> = {};
    for (const parameter of space) {
      if (!isActive(parameter, setting)) continue;
      const value = usual[parameter.name];
      const near = value === undefined ? undefined : nearestValue(parameter, value);
      setting[parameter.name] = near ?? middleOf(parameter);
    }
    if (!settings.some((other) => isSameSetting(other, setting))) settings.push(setting);
  }
  return settings;
}

function firstValue(space: Space, name: string): SettingValue | undefined {
  const parameter = space.find((each) => each.name === name);
  return parameter?.kind === "choice" ? parameter.values[0] : undefined;
}

/** Of numbers the middle, of words the first. */
const middleOf = (parameter: SpaceParameter): SettingValue =>
  valueAt(parameter, isNumeric(parameter) ? 0.5 : 0);

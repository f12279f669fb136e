/**
 * The rules by which everything is chosen that a person left open: sizes of the model, softmax, dropout, batch, learning
 * rate, and how long it trains. All of them stand here, as tables and pure functions of what is known of the text, of the
 * options, of the time there is and of how fast this machine is (which probe.ts measures).
 *
 * The ladder of models is climbed as far as the time allows: a larger model learns more from every token, and reads fewer
 * of them in the same time. So each rung says how many tokens a run has to read for it to beat the rung below.
 */
import { type Cell, CELL_TABLE } from "../cells.js";
import { defaultOf } from "../options/defaults.js";
import type { RecipeOptions } from "../options/recipes.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { hiddenSize, inputSize, isProjected, lastHiddenSize, outputWidth } from "../model/widths.js";
import { askedLayers, checkBetween, checkResidual, leastLayers } from "./asked-shapes.js";
import { roundWeights } from "../layers/mogrifier-shapes.js";
import { cellOptions } from "./cell-options.js";
import { askedLimit } from "./limits.js";
import { merged } from "./merge-recipe.js";
import type { TrainOptions } from "./options.js";

/** What is known of the text. */
export interface PlanText {
  readonly kind: TokenizerKind;
  /** Every line is a sequence of its own. */
  readonly lines: boolean;
  /** Tokens to train on. */
  readonly tokens: number;
  readonly vocabulary: number;
}

/** A model, what goes with it, and when it is worth its time. */
export interface Rung {
  readonly layers: number;
  readonly hidden: number;
  readonly embedding: number;
  /** Learning rate of the adaptive optimizers. */
  readonly lr: number;
  /** Dropout where the text is read more than five times; see `Ladder.dropout`. */
  readonly dropout: number;
  /** Tokens that a run has to read at least, repetitions included, for it to beat the rung below. */
  readonly reads: number;
  /** Tokens that the text has at least: below, the model learns it by heart. */
  readonly ofText: number;
  /** Any other options that go with it, as those of a recipe do: an average, a schedule, a regulariser. */
  readonly also?: RecipeOptions;
  /** What keeps it from learning by heart a text that it reads often; the more often, the further down. */
  readonly guards?: readonly Guard[];
}

/** Options against learning by heart. */
export interface Guard {
  /** Where the text is read more than so many times. */
  readonly above: number;
  readonly options: RecipeOptions;
  /** Only for a model of the rung's own sizes: others, which somebody chose, are not known to learn by heart. */
  readonly ownSizes?: true;
  /** Only for a run from random weights that makes so many updates at least. */
  readonly updates?: number;
}

export interface Ladder {
  /** Embedding and decoder share their weights. */
  readonly tie: boolean;
  /** How much of a rung's dropout is used, by how often the text is read: what is seen once needs none. */
  readonly dropout: readonly { readonly passes: number; readonly share: number }[];
  /** From the smallest model on. */
  readonly rungs: readonly Rung[];
}

/** Shares of a rung's dropout where the text is read a few times, whatever its tokens are. */
const FEW_PASSES = [
  { passes: 2, share: 0 },
  { passes: 5, share: 0.5 },
] as const;

/** Of characters that are read often by a small model. */
const LETTER_GUARDS: readonly Guard[] = [
  { above: 10, options: { weightDrop: 0.2, rotateStreams: true }, ownSizes: true },
];

/**
 * A rate that stays high, and the average of the weights: the weights are too restless at such a rate to learn a text by heart,
 * and their average knows what all of them have in common. Windows that begin at the same places in every pass are learned by
 * heart, too.
 */
const STEADY = {
  rotateStreams: true,
  schedule: "constant",
  average: "ema",
  averageSpan: 0.2,
} as const satisfies RecipeOptions;
/** In fewer updates the average holds little, and the rate had better fall; and so it had where a model goes on from another. */
const STEADY_UPDATES = 1000;
const WIDE_GUARDS: readonly Guard[] = [
  { above: 2, options: STEADY, ownSizes: true, updates: STEADY_UPDATES },
];

/** Few characters: a narrow embedding is enough for them, and an output table of its own costs nothing. */
const CHARACTERS: Ladder = {
  tie: false,
  dropout: [...FEW_PASSES, { passes: 8, share: 1 }, { passes: Infinity, share: 1.5 }],
  rungs: [
    { layers: 1, hidden: 128, embedding: 64, lr: 0.004, dropout: 0.1, reads: 0, ofText: 0 },
    {
      layers: 1,
      hidden: 256,
      embedding: 64,
      lr: 0.004,
      dropout: 0.2,
      reads: 1e6,
      ofText: 60e3,
      guards: LETTER_GUARDS,
    },
    {
      layers: 1,
      hidden: 512,
      embedding: 64,
      lr: 0.004,
      dropout: 0.3,
      reads: 3e6,
      ofText: 300e3,
      guards: WIDE_GUARDS,
    },
    {
      layers: 1,
      hidden: 768,
      embedding: 64,
      lr: 0.003,
      dropout: 0.4,
      reads: 4e6,
      ofText: 500e3,
      guards: WIDE_GUARDS,
    },
    {
      layers: 1,
      hidden: 1024,
      embedding: 64,
      lr: 0.003,
      dropout: 0.4,
      reads: 7e6,
      ofText: 800e3,
      guards: WIDE_GUARDS,
    },
  ],
};

/**
 * A rare word's row makes a long step whenever its word occurs, as its second moment has decayed since: good where a text is
 * read once or twice, and soon learned by heart otherwise.
 */
const OFTEN = { ...STEADY, updateRows: "touched" } as const satisfies RecipeOptions;
const WORD_GUARDS: readonly Guard[] = [
  { above: 1, options: STEADY, updates: STEADY_UPDATES },
  { above: 5, options: OFTEN },
];

/** Thousands of words: the tables are most of the weights, so they are shared (Press and Wolf, 2017). */
const WORDS: Ladder = {
  tie: true,
  dropout: [...FEW_PASSES, { passes: Infinity, share: 1 }],
  rungs: [
    {
      layers: 1,
      hidden: 128,
      embedding: 128,
      lr: 0.004,
      dropout: 0.2,
      reads: 0,
      ofText: 0,
      guards: WORD_GUARDS,
    },
    {
      layers: 2,
      hidden: 200,
      embedding: 200,
      lr: 0.006,
      dropout: 0.2,
      reads: 1e6,
      ofText: 100e3,
      guards: WORD_GUARDS,
    },
    {
      layers: 1,
      hidden: 512,
      embedding: 256,
      lr: 0.006,
      dropout: 0.3,
      reads: 3e6,
      ofText: 500e3,
      guards: WORD_GUARDS,
    },
    {
      layers: 2,
      hidden: 650,
      embedding: 256,
      lr: 0.004,
      dropout: 0.5,
      reads: 6e6,
      ofText: 1e6,
      // Half as fast again as 32, where weights of a layer no longer stay in the cache from one time step to the next.
      also: { batchSize: 64 },
      guards: [
        { above: 1, options: STEADY, updates: STEADY_UPDATES },
        { above: 5, options: { ...OFTEN, weightDrop: 0.3, dropoutBetween: 0.3 } },
      ],
    },
  ],
};

export const LADDERS: Readonly<Record<TokenizerKind, Ladder>> = { char: CHARACTERS, word: WORDS, bpe: WORDS };

/** From so many tokens on the softmax is sampled in training: it costs a fraction, and learns as well. */
const SAMPLED_FROM = 8000;

/** Updates that a pass over the text has at least, where the text is long enough for a window of one sequence. */
const LEAST_UPDATES = 30;

/** A run whose length was left open takes about so many seconds at the nominal speed, one pass at least. */
const USUAL_SECONDS = 300;
const MOST_EPOCHS = 40;

/**
 * A run that begins with a model's weights: of the rate that a model of these sizes has from the beginning, the part that is
 * left, since what it has learned is not to be lost; the part of the run in which it rises; and passes at most.
 */
const FINE_TUNING = { rate: 0.25, warmup: 0.1, mostEpochs: 10 };

/**
 * The nominal speed, in multiply-adds of training a second: two cores of a processor of 2020 to 2025. What is chosen
 * without measuring goes by it, so that it is the same on every machine.
 */
export const NOMINAL_SPEED = 30e9;

/** A pass forward and backward costs three times a pass forward: each product has two gradients. */
const TRAINING_FACTOR = 3;

/** Multiply-adds of a token. */
export interface Cost {
  /** Of training: forward and backward, with the softmax that is trained with. */
  readonly training: number;
  /** Of measuring: forward, with the probabilities of all tokens. */
  readonly reading: number;
}

/** How fast a model was measured to be, in tokens a second. */
export interface MeasuredSpeed {
  readonly cost: Cost;
  readonly training: number;
  /** As one stream, read from end to end. */
  readonly reading: number;
}

/** The time of a run limited by it. */
export interface PlanTime {
  /** For training and for measuring what comes out. */
  readonly seconds: number;
  /** Tokens that the finished model is measured on. */
  readonly measured: number;
  readonly speeds: readonly MeasuredSpeed[];
  /** Multiply-adds of training a second, as long as nothing is measured. */
  readonly nominal: number;
  /** Whether a run with these options fits into memory. */
  readonly fits: (options: PlannedOptions) => boolean;
}

/** What a plan decides, where it was left open. */
export const PLANNED = [
  "layers",
  "hidden",
  "embedding",
  "tie",
  "softmax",
  "dropout",
  "batchSize",
  "seqLen",
  "lr",
] as const satisfies readonly (keyof TrainOptions)[];

/** Options of which none of the planned ones is open. */
export type PlannedOptions = TrainOptions & {
  readonly [Name in Exclude<(typeof PLANNED)[number], "dropout">]-?: NonNullable<TrainOptions[Name]>;
};

export interface Plan {
  readonly options: PlannedOptions;
  readonly cost: Cost;
  /** Tokens that the run is expected to read in training. */
  readonly tokens: number;
  /** Passes over the text. */
  readonly passes: number;
}

/**
 * The plan of a run that is limited by epochs or steps, or not at all: by sizes alone, so that the same seed gives the
 * same bits wherever it runs.
 */
export function planBySize(options: TrainOptions, text: PlanText): Plan {
  const plans = candidates(options, text).map((candidate) => ({
    ...candidate,
    tokens: Math.max(text.tokens, (USUAL_SECONDS * NOMINAL_SPEED) / candidate.cost.training),
  }));
  const chosen = highest(plans);
  const most = options.from === undefined ? MOST_EPOCHS : FINE_TUNING.mostEpochs;
  const passes = Math.min(most, Math.max(1, Math.round(chosen.tokens / text.tokens)));
  const limit = askedLimit(options);
  const { batchSize, seqLen } = chosen.options;
  const tokens =
    limit?.steps === undefined ? (limit?.epochs ?? passes) * text.tokens : limit.steps * batchSize * seqLen;
  return finished(
    { ...chosen, options: limit ? chosen.options : { ...chosen.options, epochs: passes } },
    tokens,
    text,
  );
}

/** The smallest model that a run limited by time may have: what does not even fit as this is refused early. */
export function smallestInTime(options: TrainOptions, text: PlanText): PlannedOptions {
  return candidates(options, text)[0]!.options;
}

/** The plan of a run limited by time. Of the models that fit into memory, the first is taken even where it is slow. */
export function planInTime(options: TrainOptions, text: PlanText, time: PlanTime): Plan {
  const all = candidates(options, text).map((candidate) => {
    const { training, reading } = expectedSpeed(candidate.cost, time);
    const seconds = Math.max(0, time.seconds - time.measured / reading);
    return { ...candidate, tokens: training * seconds };
  });
  const fitting = all.filter((plan) => time.fits(finished(plan, plan.tokens, text).options));
  const chosen = highest(fitting.length > 0 ? fitting : all.slice(0, 1));
  return finished(chosen, chosen.tokens, text);
}

interface Candidate {
  readonly rung: Rung;
  readonly options: PlannedOptions;
  readonly cost: Cost;
}

/** The rungs for this text, each with the options that were given in place of its own. */
function candidates(options: TrainOptions, text: PlanText): Candidate[] {
  const { rungs: all } = LADDERS[text.kind];
  const rungs =
    options.from === undefined
      ? all.filter((rung) => text.tokens >= rung.ofText)
      : [nearestRung(options, all)];
  return rungs.map((rung) => {
    const planned = withRung(options, rung, text);
    return { rung, options: planned, cost: costOf(planned, text.vocabulary) };
  });
}

/** The rung whose layers are most like those that were given: of a model to begin with, whatever the text. */
function nearestRung({ layers = 1, hidden = 1 }: TrainOptions, rungs: readonly Rung[]): Rung {
  const weights = (sizes: {
    readonly layers: number;
    readonly hidden: TrainOptions["hidden"] & {};
  }): number => 2 * Math.log(lastHiddenSize(sizes)) + Math.log(sizes.layers);
  const own = weights({ layers, hidden });
  const distance = (rung: Rung): number => Math.abs(weights(rung) - own);
  return rungs.toSorted((a, b) => distance(a) - distance(b))[0]!;
}

/** The highest rung whose model would read enough. */
function highest<Reading extends Candidate & { readonly tokens: number }>(
  plans: readonly Reading[],
): Reading {
  return plans.findLast(({ rung, tokens }) => tokens >= rung.reads) ?? plans[0]!;
}

/** A rung's options below those that were given: all but the dropout, which hangs on how often the text is read. */
export function withRung(given: TrainOptions, rung: Rung, text: PlanText): PlannedOptions {
  const options = rung.also ? merged(rung.also, given).inForce : given;
  const seqLen = options.seqLen ?? usual("seqLen", text, options);
  const softmax = options.softmax ?? (text.vocabulary >= SAMPLED_FROM ? "sampled" : "full");
  const layers = askedLayers(options) ?? Math.max(leastLayers(options), rung.layers);
  const hidden = options.hidden ?? rung.hidden;
  checkBetween(options, layers);
  checkResidual(options, { layers, hidden });
  return {
    ...options,
    layers,
    hidden,
    embedding: options.embedding ?? Math.min(rung.embedding, lastHiddenSize({ layers, hidden })),
    // An adaptive softmax has no table that could be shared.
    tie: options.tie ?? (LADDERS[text.kind].tie && softmax !== "adaptive"),
    softmax,
    seqLen,
    batchSize: options.batchSize ?? chosenBatchSize(text.tokens, seqLen),
    lr: options.lr ?? chosenRate(options, rung) * (options.from === undefined ? 1 : FINE_TUNING.rate),
    ...chosenWarmup(options, text),
  };
}

/** Of a run that begins with a model; the others have the schedule's own. */
function chosenWarmup(options: TrainOptions, text: PlanText): Pick<TrainOptions, "warmup"> {
  const { from, warmup } = options;
  if (from === undefined || warmup !== undefined || usual("warmup", text, options) === 0) return {};
  return { warmup: FINE_TUNING.warmup };
}

/** Short texts get few sequences side by side, so that a pass still has a few dozen updates. */
function chosenBatchSize(tokens: number, seqLen: number): number {
  const most = Math.max(1, tokens / (seqLen * LEAST_UPDATES));
  return Math.min(TRAIN_OPTIONS.batchSize.default, 2 ** Math.floor(Math.log2(most)));
}

/** The rung's rate; that of the optimizer where it has one of its own. */
function chosenRate({ optimizer }: TrainOptions, rung: Rung): number {
  const special: Readonly<Record<string, number>> = TRAIN_OPTIONS.lr.defaultBy.optimizer;
  return (optimizer === undefined ? undefined : special[optimizer]) ?? rung.lr;
}

function usual(name: keyof typeof TRAIN_OPTIONS, { kind }: PlanText, options: TrainOptions): number {
  return defaultOf(TRAIN_OPTIONS, name, { ...options, tokenizer: kind }) as number;
}

function finished({ rung, options, cost }: Candidate, tokens: number, text: PlanText): Plan {
  const passes = tokens / text.tokens;
  const steps = LADDERS[text.kind].dropout;
  // A model of other sizes than the rung's is not known to learn by heart.
  const own = options.hidden === rung.hidden && options.layers === rung.layers;
  const fitting = own ? steps : steps.filter(({ share }) => share <= 1);
  const step = fitting.find((each) => passes <= each.passes) ?? fitting.at(-1)!;
  const dropout = Number((rung.dropout * step.share).toFixed(3));
  const given = text.lines ? { ...options, lines: true } : options;
  const updates = options.from === undefined ? tokens / (options.batchSize * options.seqLen) : 0;
  const guard = rung.guards?.findLast(
    (each) => passes > each.above && (own || !each.ownSizes) && updates >= (each.updates ?? 0),
  );
  const also = guard ? merged(guard.options, given).inForce : options;
  // Part of an embedded character hurts more than it helps: there are few of them.
  const dropoutEmbedding = also.dropoutEmbedding ?? (text.kind === "char" ? 0 : dropout);
  const rates = options.dropout === undefined ? { dropout, dropoutEmbedding } : {};
  return { options: { ...options, ...also, ...rates }, cost, tokens, passes };
}

/** What a token costs; an estimate, by which speeds are carried from one model to another. */
export function costOf(options: PlannedOptions, vocabulary: number): Cost {
  const { cell = TRAIN_OPTIONS.cell.default, layers, softmax, batchSize, seqLen } = options;
  const { gates, readsState } = CELL_TABLE[cell satisfies Cell];
  const { mogrify } = cellOptions(cell, options);
  let body = isProjected(options) ? lastHiddenSize(options) * options.embedding : 0;
  for (let layer = 0; layer < layers; layer++) {
    const H = hiddenSize(options, layer);
    const I = inputSize(options, layer);
    body += gates * H * (I + (readsState ? H : 0)) + (mogrify ? roundWeights(I, H, mogrify) : 0);
  }
  const samples = options.samples ?? TRAIN_OPTIONS.samples.default;
  // A sampled softmax has the draws and about half of a window's targets, the rest being drawn or the same word.
  const rows = { full: vocabulary, sampled: samples + (batchSize * seqLen) / 2, adaptive: vocabulary / 5 };
  const width = outputWidth(options) * (options.mixtures ?? 1);
  const trained = width * Math.min(vocabulary, rows[softmax]);
  const read = width * (softmax === "adaptive" ? rows.adaptive : vocabulary);
  return { training: TRAINING_FACTOR * (body + trained), reading: body + read };
}

/** The speed of a model of this cost: that of the measured one whose cost is nearest, in proportion. */
export function expectedSpeed(
  cost: Cost,
  { speeds, nominal }: Pick<PlanTime, "speeds" | "nominal">,
): Omit<MeasuredSpeed, "cost"> {
  const distance = (measured: MeasuredSpeed): number =>
    Math.abs(Math.log(measured.cost.training / cost.training));
  const [nearest] = speeds.toSorted((a, b) => distance(a) - distance(b));
  if (!nearest)
    return { training: nominal / cost.training, reading: nominal / TRAINING_FACTOR / cost.reading };
  return {
    training: (nearest.training * nearest.cost.training) / cost.training,
    reading: (nearest.reading * nearest.cost.reading) / cost.reading,
  };
}

/**
 * From the matrices of a CTC acoustic model to texts, with shallow fusion of language models: the text is sought of the
 * greatest
 *
 *   ln p_acoustic(text) + α ln p_model(text) + γ ln p_ngram(text) + β · words + hot words
 *
 * where p_acoustic sums over all paths that give the text.
 */
import { checkNames, checkObject, refuseArgument } from "../../argument-checks.js";
import type { Floats } from "../../engine/engine.js";
import { UserError } from "../../errors.js";
import { checkNgram } from "../../ngram/ngram-model.js";
import { checkOptions } from "../../options/check.js";
import { CTC_OPTIONS } from "../../options/decode-options.js";
import { type Beam, Beams, bestOf, logAdd, type WordTimes } from "./beams.js";
import { checkCommonWriting } from "./common-writing.js";
import { type Matrix, type MatrixValues, readFrame } from "./frames.js";
import { type FusedModels, ModelReader, NgramReader } from "./fused-models.js";
import { HotWords } from "./hot-words.js";
import { type CtcLabels, ctcLabels, type LabelChoices } from "./labels.js";
import { type CtcText, CtcTexts, type Fusion } from "./texts.js";

export interface CtcOptions extends LabelChoices {
  /** α: the weight of ln p by the recurrent model. */
  readonly modelWeight?: number | undefined;
  /** γ: the weight of ln p by the n-gram model. */
  readonly ngramWeight?: number | undefined;
  /** β: added for every word. Default: 1.5 with a language model, else 0. */
  readonly wordBonus?: number | undefined;
  /** Added to ln p for every word or token that a language model does not know. */
  readonly unknownScore?: number | undefined;
  /** Words and phrases that are expected. */
  readonly hotWords?: readonly string[] | undefined;
  /** Added for each of them that a text has. */
  readonly hotWeight?: number | undefined;
  /** Beams kept after each frame. */
  readonly beamWidth?: number | undefined;
  /** Beams are dropped that are this much below the best, in nats. */
  readonly beamMargin?: number | undefined;
  /** Labels are passed over that are less probable in a frame, ln p; the most probable never is. */
  readonly labelFloor?: number | undefined;
  /** Texts given for each matrix, best first. */
  readonly nBest?: number | undefined;
  /** What the numbers of the matrices are. */
  readonly values?: MatrixValues | undefined;
}

/** A word, and the frames in which the most probable path of its text has it. */
export interface HeardWord {
  readonly word: string;
  /** The first frame of its first label. */
  readonly startFrame: number;
  /** The frame after the last of its last label. */
  readonly endFrame: number;
}

/** A text that was heard. */
export interface CtcHypothesis {
  readonly text: string;
  /** All of it together: what texts are ranked by. */
  readonly score: number;
  /** ln p of all its paths. */
  readonly acoustic: number;
  /** ln p by the recurrent model, as `scoreLine` has it, with what unknown tokens add. Only where there is one. */
  readonly model?: number;
  /** ln p by the n-gram model, with `</s>`. Only where there is one. */
  readonly ngram?: number;
  readonly words: readonly HeardWord[];
}

const DEFAULT_WORD_BONUS = 1.5;

/** A decoder for matrices of an acoustic model. */
export class CtcDecoder {
  readonly labels: CtcLabels;
  readonly #models: FusedModels;
  readonly #options: CtcOptions;

  /**
   * @param labels by column of the matrices
   * @throws UserError for labels and options that make no sense, and a model that writes otherwise than the labels
   */
  constructor(labels: readonly string[], models: FusedModels = {}, options: CtcOptions = {}) {
    checkOptions("CtcDecoder", options, CTC_OPTIONS);
    checkNames("CtcDecoder", models, ["model", "ngram"]);
    const { model, ngram } = models;
    if (model !== undefined && (typeof model?.model?.logits !== "function" || !model.tokenizer))
      refuseArgument("The model of CtcDecoder", model, "give one that load returned");
    if (ngram !== undefined) checkNgram("The n-gram model of CtcDecoder", ngram);
    this.labels = ctcLabels(labels, options);
    checkCommonWriting(this.labels, models);
    this.#models = models;
    this.#options = options;
  }

  /**
   * The texts of a whole matrix, best first: at least one, which may be empty.
   * @param name of the matrix, for messages
   * @throws UserError where it does not fit the labels, or holds what is no number of its kind
   */
  decode(matrix: Matrix, name = "The matrix"): CtcHypothesis[] {
    const stream = this.stream(name);
    stream.push(matrix);
    return stream.finish();
  }

  /** Reads a matrix in pieces: what is found does not depend on how it is cut. */
  stream(name = "The matrix"): CtcStream {
    const { modelWeight, ngramWeight, unknownScore, hotWeight, beamWidth, beamMargin, labelFloor } =
      CTC_OPTIONS;
    const options = this.#options;
    const { model, ngram } = this.#models;
    const unknown = options.unknownScore ?? unknownScore.default;
    const fusion: Fusion = {
      model: model && new ModelReader(model.model, model.tokenizer, unknown),
      ngram: ngram && new NgramReader(ngram, unknown),
      modelWeight: options.modelWeight ?? modelWeight.default,
      ngramWeight: options.ngramWeight ?? ngramWeight.default,
      wordBonus: options.wordBonus ?? (model || ngram ? DEFAULT_WORD_BONUS : 0),
      hotWords: new HotWords(options.hotWords ?? [], options.hotWeight ?? hotWeight.default),
    };
    const limits = {
      beamWidth: options.beamWidth ?? beamWidth.default,
      beamMargin: options.beamMargin ?? beamMargin.default,
      labelFloor: options.labelFloor ?? labelFloor.default,
    };
    const texts = new CtcTexts(fusion);
    return new CtcStream(texts, new Beams(texts, this.labels, limits), {
      labels: this.labels.roles.length,
      values: options.values ?? CTC_OPTIONS.values.default,
      nBest: options.nBest ?? CTC_OPTIONS.nBest.default,
      name,
    });
  }
}

interface StreamSettings {
  readonly labels: number;
  readonly values: MatrixValues;
  readonly nBest: number;
  readonly name: string;
}

/** A matrix that arrives in pieces. */
export class CtcStream {
  readonly #texts: CtcTexts;
  readonly #beams: Beams;
  readonly #settings: StreamSettings;
  readonly #row: Float64Array;
  #finished = false;

  /** By `CtcDecoder.stream`. */
  constructor(texts: CtcTexts, beams: Beams, settings: StreamSettings) {
    this.#texts = texts;
    this.#beams = beams;
    this.#settings = settings;
    this.#row = new Float64Array(settings.labels);
  }

  /** Frames read so far. */
  get frames(): number {
    return this.#beams.frames;
  }

  /**
   * Reads the next frames, none or more.
   * @returns the text that is the best until now; later frames may change it
   * @throws UserError as `CtcDecoder.decode`, and after `finish`
   */
  push(matrix: Matrix): string {
    checkObject("The matrix", matrix);
    const { data, frames, labels } = matrix;
    const { name, values, labels: V } = this.#settings;
    if (this.#finished) throw new UserError(`${name} is finished; begin another stream.`);
    if (!(data instanceof Float32Array || data instanceof Float64Array))
      refuseArgument("The data of a matrix", data, "give a Float32Array or Float64Array");
    if (!Number.isInteger(frames) || frames < 0)
      refuseArgument("The number of frames of a matrix", frames, "give a whole number from 0 on");
    if (labels !== V)
      throw new UserError(
        `${name} has ${labels} columns and there are ${V} labels; give the labels of the acoustic model that wrote it.`,
      );
    if (data.length !== frames * labels)
      refuseArgument("The number of values of a matrix", data.length, `give ${frames} × ${labels} of them`);
    for (let t = 0; t < frames; t++) {
      const row: Floats = data.subarray(t * V, t * V + V);
      readFrame(row, values, this.#row, `${name}, frame ${this.#beams.frames + 1}`);
      this.#beams.step(this.#row);
    }
    return this.#beams.beams[0]!.text.text;
  }

  /** The texts, best first. */
  finish(): CtcHypothesis[] {
    this.#finished = true;
    const found = new Map<CtcText, Beam[]>();
    for (const beam of this.#beams.beams) {
      const whole = this.#texts.close(beam.text);
      found.set(whole, [...(found.get(whole) ?? []), beam]);
    }
    this.#texts.score();
    const texts = [...found.keys()];
    const ends = this.#texts.ends(texts);
    const all = texts.map((text, i): CtcHypothesis => {
      const { bonus, ...byModels } = ends[i]!;
      const beams = found.get(text)!;
      const acoustic = beams.reduce((sum, { blank, label }) => logAdd(sum, logAdd(blank, label)), -Infinity);
      const best = beams.map(({ bestBlank, bestLabel }) => bestOf(bestBlank, bestLabel)).reduce(bestOf);
      return {
        text: text.text,
        score: acoustic + bonus,
        acoustic,
        ...byModels,
        words: heard(text.text, best.times),
      };
    });
    return all.toSorted((a, b) => b.score - a.score).slice(0, this.#settings.nBest);
  }
}

function heard(text: string, last: WordTimes | undefined): HeardWord[] {
  const times: WordTimes[] = [];
  for (let at = last; at; at = at.before) times.unshift(at);
  const words = text === "" ? [] : text.split(" ");
  return words.map((word, i) => ({ word, startFrame: times[i]!.start, endFrame: times[i]!.end }));
}

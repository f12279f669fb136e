/** A model with a classifier's head: tells texts' labels, and how often it is right. */
import { isIterable, refuseArgument } from "../argument-checks.js";
import { ClassifierHead, probabilitiesOf } from "../classify/head.js";
import { heldTexts, labelNumbers, type LabelledInput } from "../classify/labelled-text.js";
import { type ClassifierMeasures, Measuring, type WrongText } from "../classify/measures.js";
import { UserError } from "../errors.js";
import { outputWidth } from "../model/widths.js";
import { checkOptions } from "../options/check.js";
import { CLASSIFY_OPTIONS, EVALUATE_CLASSIFIER_OPTIONS } from "../options/classify-options.js";
import { Embedder } from "../vectors/embedder.js";
import { rowsOf } from "../vectors/vector-blocks.js";
import type { Texts } from "./embed-texts.js";
import type { LoadedModel } from "./loaded-model.js";

export interface LabelProbability {
  readonly label: string;
  readonly probability: number;
}

/** What a text is told to be. */
export interface Classification extends LabelProbability {
  /** Of every label, the most probable first. */
  readonly probabilities: readonly LabelProbability[];
}

export interface ClassifyOptions {
  /** Called with the number of texts that were read. */
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EvaluateClassifierOptions extends ClassifyOptions {
  /** Wrong texts to tell at most, the most surely wrong first; default 10. */
  readonly worst?: number;
}

export interface ClassifierEvaluation extends Omit<ClassifierMeasures, "worst"> {
  readonly worst: readonly (WrongText & { readonly text: string; readonly source?: string })[];
}

export class Classifier {
  readonly model: LoadedModel;
  readonly head: ClassifierHead;

  /** @param name of the model, for messages @throws UserError where it is no classifier */
  constructor(model: LoadedModel, name = "This model") {
    const { classifier } = model.config;
    const [weight, bias] = model.head;
    if (!classifier || !weight || !bias)
      throw new UserError(
        `${name} is a language model and no classifier: it has no labels; make a classifier of it with trainClassifier (recurra classify train).`,
      );
    this.model = model;
    this.head = new ClassifierHead(classifier.labels, classifier.pool, weight, bias);
  }

  get labels(): readonly string[] {
    return this.head.labels;
  }

  /**
   * The label of each text, each read by itself.
   * @throws UserError for options that make no sense, and for what is no text; the signal's reason where that ended it
   */
  async classify(texts: Texts, options: ClassifyOptions = {}): Promise<Classification[]> {
    const all: Classification[] = [];
    for await (const { classification } of this.classified(texts, options)) all.push(classification);
    return all;
  }

  /** The texts with their labels, in order, as they are read: some thousand at a time. @throws as `classify` */
  async *classified(
    texts: Texts,
    options: ClassifyOptions = {},
  ): AsyncGenerator<{ readonly text: string; readonly classification: Classification }, void, undefined> {
    checkOptions("classify", options, CLASSIFY_OPTIONS);
    if (typeof texts === "string" || !isIterable(texts))
      refuseArgument("The argument of classify", texts, "give the texts in an array");
    for await (const { thing, probabilities } of this.#read(texts, (text) => text, options)) {
      const all = this.labels
        .map((label, c): LabelProbability => ({ label, probability: probabilities[c]! }))
        .toSorted((a, b) => b.probability - a.probability);
      const { label, probability } = all[0]!;
      yield { text: thing, classification: { label, probability, probabilities: all } };
    }
  }

  /**
   * How often it is right on texts whose labels are known.
   * @throws UserError as `classify`, and for a label that it was not trained on
   */
  async evaluate(
    texts: LabelledInput,
    options: EvaluateClassifierOptions = {},
  ): Promise<ClassifierEvaluation> {
    checkOptions("evaluate", options, EVALUATE_CLASSIFIER_OPTIONS);
    const { worst = EVALUATE_CLASSIFIER_OPTIONS.worst.default, ...heard } = options;
    const held = await heldTexts(texts, "evaluate");
    const numbers = labelNumbers(held, this.labels);
    const measuring = new Measuring(this.labels, worst);
    let at = 0;
    for await (const { probabilities } of this.#read(held, ({ text }) => text, heard))
      measuring.add(numbers[at++]!, probabilities);
    const measures = measuring.measures();
    return { ...measures, worst: measures.worst.map((wrong) => ({ ...held[wrong.index]!, ...wrong })) };
  }

  /** Things with the probabilities (C) of their texts. */
  async *#read<Thing>(
    things: Iterable<Thing> | AsyncIterable<Thing>,
    textOf: (thing: Thing) => unknown,
    { onProgress, signal }: ClassifyOptions,
  ): AsyncGenerator<{ readonly thing: Thing; readonly probabilities: Float64Array }, void, undefined> {
    const { model, tokenizer, config } = this.model;
    const embedder = new Embedder(model, tokenizer, outputWidth(config), { pool: this.head.pool });
    let done = 0;
    for await (const { texts, vectors } of embedder.groups(things, textOf, signal)) {
      onProgress?.((done += texts.length));
      let row = 0;
      for (const vector of rowsOf(vectors, embedder.width))
        yield { thing: texts[row++]!, probabilities: probabilitiesOf(this.head.logits(vector)) };
    }
  }
}

/** A model that a worker holds, as a page uses it: the same words as on Node, with promises for all answers. */
import { checkListener, checkNames, checkObject, checkSignal, checkText } from "../argument-checks.js";
import type { Classification } from "../apps/classifier.js";
import type { LineScore } from "../apps/score.js";
import type { Suggestion } from "../generate/complete/completer.js";
import type { CompleteOptions } from "../generate/complete/options.js";
import type { GeneratedPiece } from "../generate/generate.js";
import type { GenerateOptions } from "../generate/options.js";
import type { Evaluation, Measuring } from "../train/evaluate.js";
import type { Client } from "./client.js";
import { loadPart } from "../load-part.js";
import type { Learner } from "./learner.js";
import { packagedAssets } from "./page-assets.js";
import type { Methods, ModelInfo, RunInfo } from "../service/protocol.js";
import type { Inspection } from "../apps/inspect-text.js";
import type { ModelFiles } from "../format/model-files.js";
import type { NextToken } from "../apps/next-tokens.js";
import type { EmbedOptions } from "../vectors/embed-options.js";
import type { PageAssets } from "../export/html-page.js";

/** With a signal that ends the work early. */
export interface Cancellable {
  readonly signal?: AbortSignal | undefined;
}

export class BrowserModel {
  readonly #client: Client;
  readonly #id: number;
  readonly info: ModelInfo;

  /** Made by `Recurra`. */
  constructor(client: Client, id: number, info: ModelInfo) {
    this.#client = client;
    this.#id = id;
    this.info = info;
  }

  /**
   * Writes text, token by token. Leaving the loop, or the signal, ends it.
   * @throws UserError for options that make no sense
   */
  async *generate(
    options: GenerateOptions & Cancellable = {},
  ): AsyncGenerator<GeneratedPiece, void, undefined> {
    checkObject("The argument of generate", options);
    const { signal, ...rest } = options;
    checkSignal("signal", signal);
    yield* this.#client.stream("generate", { model: this.#id, options: rest }, signal);
  }

  /**
   * The most probable tokens after a text. `temperature` as in generation; default 1: as the model has it.
   * @throws UserError where text, count or temperature is not valid
   */
  async next(
    text: string,
    options: { readonly count?: number; readonly temperature?: number } = {},
  ): Promise<readonly NextToken[]> {
    checkNames("next", options, ["count", "temperature"]);
    const { count = 10, temperature = 1 } = options;
    return this.#client.ask("next", { model: this.#id, text, count, temperature });
  }

  /**
   * Finishes what is being typed: the most probable ends of the word, of the line, or the next tokens. The worker remembers
   * the text that it was asked about last, so that typing on costs little.
   * @param text all that stands before the caret
   * @throws UserError where text or options make no sense; the signal's reason where that ended it
   */
  async complete(text: string, options: CompleteOptions = {}): Promise<readonly Suggestion[]> {
    return this.#askUnless("complete", { model: this.#id, text }, options);
  }

  /**
   * A vector for each text; see `LoadedModel.embed`. With "sif" the probabilities of tokens are those in the texts.
   * @throws UserError for options that make no sense, and what is no text; the signal's reason where that ended it
   */
  embed(
    texts: readonly string[],
    options: EmbedOptions & Cancellable = {},
  ): Promise<readonly Float32Array[]> {
    return this.#askUnless("embed", { model: this.#id, texts }, options);
  }

  /**
   * The label of each text, of a classifier; see `Classifier.classify`. Its labels are in `info.config.classifier`.
   * @throws UserError where the model is no classifier, and for what is no text; the signal's reason where that ended it
   */
  classify(texts: readonly string[], options: Cancellable = {}): Promise<readonly Classification[]> {
    return this.#askUnless("classify", { model: this.#id, texts }, options);
  }

  /**
   * Scores one line by itself: the surprisal of each token, and their sums.
   * @throws UserError where it is not a string
   */
  score(line: string): Promise<LineScore> {
    return this.#client.ask("score", { model: this.#id, line });
  }

  /**
   * Measures the model on a text.
   * @param measuring `onProgress` is called with the tokens done, of `total`; `signal` ends it
   * @throws UserError where it is not a string, or too short to predict anything; the signal's reason where that ended
   * it
   */
  async evaluate(text: string, measuring: Measuring = {}): Promise<Evaluation> {
    checkNames("evaluate", measuring, ["onProgress", "signal"]);
    const { onProgress, signal } = measuring;
    checkListener("onProgress", onProgress);
    checkSignal("signal", signal);
    const request = { model: this.#id, text };
    try {
      return await this.#client.ask("evaluate", request, {
        signal,
        onEvent: ({ tokens, total }) => onProgress?.(tokens, total),
      });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  }

  /**
   * A text as the model reads it: surprisal, the tokens expected instead, and the activation of every unit.
   * @throws UserError where it is not a string
   */
  async inspect(text: string, options: Cancellable = {}): Promise<Inspection> {
    checkNames("inspect", options, ["signal"]);
    const { signal } = options;
    checkSignal("signal", signal);
    return this.#client.ask("inspect", { model: this.#id, text }, { signal });
  }

  /** The characters or words of a text that the vocabulary lacks. @throws UserError where it is not a string */
  unknowns(text: string): Promise<readonly string[]> {
    return this.#client.ask("unknowns", { model: this.#id, text });
  }

  /**
   * The run that the model's files can go on with; undefined where they came without a checkpoint.
   * @throws UserError where the checkpoint is damaged or of another version
   */
  run(): Promise<RunInfo | undefined> {
    return this.#client.ask("run", { model: this.#id });
  }

  /** The files of the model's folder. */
  files(): Promise<ModelFiles> {
    return this.#client.ask("files", { model: this.#id });
  }

  /**
   * The folder as a zip that, unpacked, the command line reads.
   * @param options.folder the folder that it unpacks to; default: none, the files lie side by side
   * @throws UserError where it is not a possible name
   */
  async zip(options: { readonly folder?: string } = {}): Promise<Uint8Array> {
    checkNames("zip", options, ["folder"]);
    const { folder = "" } = options;
    return this.#client.ask("zip", { model: this.#id, folder });
  }

  /**
   * The model as one HTML file that opens from a disk and writes there, as UTF-8.
   * @param assets the parts of the page; default: fetched from the package
   * @throws UserError where title or assets are not valid, or the assets cannot be fetched
   */
  async html(title: string, assets?: PageAssets): Promise<Uint8Array> {
    checkText("The title", title);
    return this.#client.ask("page", { model: this.#id, title, assets: assets ?? (await packagedAssets()) });
  }

  /** Asks with options, among them a signal that takes the question back. @throws the signal's reason where it did */
  async #askUnless<Method extends "complete" | "embed" | "classify">(
    method: Method,
    params: Omit<Methods[Method]["params"], "options">,
    options: Methods[Method]["params"]["options"] & Cancellable,
  ): Promise<Methods[Method]["result"]> {
    checkObject(`The options argument of ${method}`, options);
    const { signal, ...rest } = options;
    checkSignal("signal", signal);
    signal?.throwIfAborted();
    try {
      return await this.#client.ask(method, { ...params, options: rest } as Methods[Method]["params"], {
        signal,
      });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  }

  /** What it learns from a person's text, and forgets: `await (await model.learner()).adapt("…")`. */
  async learner(): Promise<Learner> {
    const { Learner: Made } = await loadPart(import("./learner.js"));
    return new Made(this.#client, this.#id);
  }

  /** Gives its memory back. */
  async dispose(): Promise<void> {
    await this.#client.ask("unload", { model: this.#id });
  }
}

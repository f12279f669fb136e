/**
 * What every model with its tokenizer does, whatever predicts in it: a loaded model, one that follows what it reads, an
 * ensemble.
 */
import {
  checkListener,
  checkNames,
  checkSignal,
  checkText,
  isIterable,
  refuseArgument,
} from "../argument-checks.js";
import type { BeamOptions } from "../generate/beam-options.js";
import type { BeamText } from "../generate/beam-search.js";
import type { BestOfOptions } from "../generate/best-of-options.js";
import type { RankedText } from "../generate/best-of.js";
import type { Completer } from "../generate/complete/completer.js";
import type { GeneratedPiece } from "../generate/generate.js";
import { LoadedLater } from "../generate/loaded-later.js";
import { type GenerateOptions, generateSettings } from "../generate/options.js";
import { loadPart } from "../load-part.js";
import type { Predictor } from "../model/predictor.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { Evaluation, Measuring } from "../train/evaluate.js";
import { type LineScore, scoreLine } from "./score.js";

export class TextModel<Model extends Predictor = Predictor> {
  readonly model: Model;
  readonly tokenizer: Tokenizer;

  /** @throws RangeError when model and tokenizer have not the same vocabulary */
  constructor(model: Model, tokenizer: Tokenizer) {
    if (model.vocabulary !== tokenizer.size) {
      throw new RangeError(
        `the model has ${model.vocabulary} tokens and the tokenizer ${tokenizer.size}; they do not belong together`,
      );
    }
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /**
   * The characters or words of a prompt or a line that the vocabulary lacks, each once, in whatever normal form of Unicode;
   * the model reads them as `<unk>`.
   * @throws UserError where it is not a string
   */
  unknowns(text: string): string[] {
    checkText("The text", text);
    return this.tokenizer.unknowns(inKnownForm(this.tokenizer, text));
  }

  /**
   * Writes text, token by token; see `generate` in generate/generate.ts.
   * @throws UserError at once, for options that make no sense
   */
  generate(options: GenerateOptions = {}): AsyncGenerator<GeneratedPiece, void, undefined> {
    const settings = generateSettings(options);
    return new LoadedLater(async () => {
      const { write } = await loadPart(import("../generate/generate.js"));
      return write(this.model, this.tokenizer, settings);
    });
  }

  /**
   * Searches for the most probable texts in place of drawing them; see `beamSearch` in generate/beam-search.ts.
   * @returns the best first, at most as many as there are beams
   * @throws UserError for options that make no sense, and for a model that follows one text
   */
  async beamSearch(options: BeamOptions = {}): Promise<BeamText[]> {
    const { beamSearch } = await loadPart(import("../generate/beam-search.js"));
    return beamSearch(this.model, this.tokenizer, options);
  }

  /**
   * Draws texts and puts them in order by how probable they are; see `bestOf` in generate/best-of.ts.
   * @returns the best first, each text once
   * @throws UserError for options that make no sense
   */
  async bestOf(options: BestOfOptions = {}): Promise<RankedText[]> {
    const { bestOf } = await loadPart(import("../generate/best-of.js"));
    return bestOf(this.model, this.tokenizer, options);
  }

  /**
   * Finishes what is being typed: `(await model.completer()).complete("The wh")`. Each completer remembers the text that it
   * was asked about last, so that typing on costs little.
   * @throws UserError for a model that follows one text
   */
  async completer(): Promise<Completer> {
    const { Completer: Made } = await loadPart(import("../generate/complete/completer.js"));
    return new Made(this.model, this.tokenizer);
  }

  /**
   * Scores lines, each by itself, as the caller iterates over them; see `scoreLine`.
   * @throws UserError for anything but lines, also for a string, of which each character would be one
   */
  async *score(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<LineScore, void, undefined> {
    if (typeof lines === "string" || !isIterable(lines))
      refuseArgument(
        "The argument of scoreLines",
        lines,
        "give the lines in an array; one line goes to scoreLine",
      );
    for await (const line of lines) yield this.scoreLine(line);
  }

  /**
   * Scores one line from the zero state: `<bos>` line `<eos>` for models of lines, else as it would follow a newline.
   * @throws UserError where it is not a string
   */
  scoreLine(line: string): LineScore {
    checkText("The line to score", line);
    return scoreLine(this.model, this.tokenizer, line);
  }

  /**
   * Measures the model on a text, the state carried through the whole of it; a model of lines reads each line by
   * itself, blank ones left out. The encoded text is held in memory.
   * @param text whole, or in chunks that do not cut a surrogate pair
   * @throws UserError when it is not text, or there is nothing to predict; the signal's reason where that ended it
   */
  async evaluate(
    text: string | Iterable<string> | AsyncIterable<string>,
    measuring: Measuring = {},
  ): Promise<Evaluation> {
    if (typeof text !== "string" && !isIterable(text))
      refuseArgument("The text to evaluate", text, "give a string, or the strings that it consists of");
    checkNames("evaluate", measuring, ["onProgress", "signal"]);
    const { onProgress, signal } = measuring;
    checkListener("onProgress", onProgress);
    checkSignal("signal", signal);
    const { measureChunks } = await loadPart(import("./measure-chunks.js"));
    return measureChunks(this, typeof text === "string" ? [text] : text, { onProgress, signal });
  }
}

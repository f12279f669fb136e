/**
 * A text made ready to be trained on: split, its vocabulary learned, encoded. Any number of runs, of whatever models and
 * settings, may go over it.
 */
import { loadPart } from "../load-part.js";
import type { Tokenizer, TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../text/tokenizers/train-tokenizer.js";
import type { EncodedText } from "../text/windows/encode.js";
import type { IdStore, PartText } from "./run-store.js";
import type { TextSize } from "./settings.js";
import { splitMain, type SplitSources } from "./split-main.js";
import type { OnReading, TextSources } from "./text-sources.js";
import { countTokens } from "./token-counts.js";

/** How a vocabulary is learned. */
export interface TokenizerChoice {
  readonly kind: TokenizerKind;
  readonly vocabSize?: number | undefined;
  readonly minCount?: number | undefined;
  readonly wordMode?: "whitespace" | "unicode" | undefined;
}

/** A tokenizer to which what it lacks of the training text is added; see extend-tokenizer.ts. */
export interface ExtendedTokenizer {
  readonly extended: Tokenizer;
  readonly vocabSize?: number | undefined;
  readonly minCount?: number | undefined;
}

export interface PrepareOptions {
  /** Every line is a sequence of its own. */
  readonly lines: boolean;
  /** An existing tokenizer, or how one is learned from the training text. */
  readonly tokenizer: Tokenizer | TokenizerChoice | ExtendedTokenizer;
  /** Where the ids are kept. */
  readonly ids: IdStore;
  readonly onReading: OnReading;
  /** Called with notices about the texts and the vocabulary. */
  readonly onNotice?: (message: string) => void;
  /** Called with the text's key before the vocabulary is learned; an error that it throws ends the work. */
  readonly onKey?: ((key: string) => void) | undefined;
  /** Called with the text and its tokenizer before anything is encoded; an error that it throws ends the work. */
  readonly onVocabulary?: (text: UnencodedText) => Promise<void>;
}

/** A text with its vocabulary, not yet encoded. */
export interface UnencodedText {
  readonly tokenizer: Tokenizer;
  readonly lines: boolean;
  /** The size of the text, by which default sizes are chosen. */
  readonly size: TextSize;
  /** A key of the text and its split, by content alone. */
  readonly key: string;
}

export interface PreparedText extends UnencodedText {
  readonly train: EncodedText;
  readonly valid: EncodedText;
  readonly test: EncodedText | undefined;
  /** What messages call the held-out text, before the word: "held-out", or of the text "held-out part of the". */
  readonly validName: string;
  /** How often each token occurs in the training text. */
  readonly counts: () => Float64Array;
  /** Closes its files. May be called more than once. */
  close(): void;
}

/** Reads the sources, which may be closed afterwards. @throws UserError where a text cannot be read or has too little in it */
export async function prepareText(sources: TextSources, options: PrepareOptions): Promise<PreparedText> {
  const { lines, ids } = options;
  const split = await splitOf(sources, options);
  options.onKey?.(split.key);
  const tokenizer =
    "encode" in options.tokenizer
      ? options.tokenizer
      : await newTokenizer(split.train("learning the vocabulary"), options.tokenizer, options);
  const { key, trainCharacters: characters } = split;
  const size = { kind: tokenizer.kind, lines, characters, vocabulary: tokenizer.size };
  const unencoded: UnencodedText = { tokenizer, lines, size, key };
  await options.onVocabulary?.(unencoded);

  const opened: EncodedText[] = [];
  const close = (): void => opened.splice(0).forEach(({ tokens }) => tokens.close());
  const encode = async (
    part: PartText["part"],
    chunks: (purpose: string) => AsyncIterable<string>,
    textKey: string,
  ): Promise<EncodedText> => {
    const text: PartText = { part, chunks: () => chunks(`encoding the ${part} text`), key: textKey };
    const encoded = await ids.encode(text, tokenizer, lines);
    opened.push(encoded);
    return encoded;
  };
  try {
    const train = await encode("training", split.train, key);
    const valid = await encode("validation", split.valid, key);
    const test = split.test && (await encode("test", split.test.chunks, split.test.key));
    let counts: Float64Array | undefined;
    return {
      ...unencoded,
      train,
      valid,
      test,
      validName: sources.valid ? "held-out" : "held-out part of the",
      counts: () => (counts ??= countTokens(train.tokens, tokenizer.size)),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Texts to measure on are read by a part that is loaded with the first run that has one. */
async function splitOf(sources: TextSources, { lines, onNotice }: PrepareOptions): Promise<SplitSources> {
  if (!sources.valid && !sources.test) return splitMain(sources.main, lines);
  const { splitWith } = await loadPart(import("./split-with.js"));
  return splitWith(sources, lines, onNotice);
}

async function newTokenizer(
  text: AsyncIterable<string>,
  choice: TokenizerChoice | ExtendedTokenizer,
  { lines, onReading, onNotice }: PrepareOptions,
): Promise<Tokenizer> {
  if ("extended" in choice) {
    const { extendTokenizer } = await loadPart(import("../text/tokenizers/extend-tokenizer.js"));
    return extendTokenizer(choice.extended, text, choice);
  }
  const { kind, vocabSize, minCount, wordMode } = choice;
  return trainTokenizer(kind, text, {
    ...(vocabSize !== undefined && { vocabSize }),
    ...(minCount !== undefined && { minCount }),
    ...(wordMode !== undefined && { wordMode }),
    lines,
    ...(onNotice && { onNotice }),
    onProgress: ({ stage, done, total }) => {
      if (stage === "merging") onReading("merging pairs", done, total ?? done);
    },
  });
}

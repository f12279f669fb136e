/** The texts of a run: what is trained on, what is held out, what is tested on; opened, split and encoded. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { type Corpus, type CorpusOptions, openCorpus } from "../text/corpus/corpus.js";
import { LONGEST_LINE } from "../text/limits.js";
import { type EncodedText, encodeToMemory } from "../text/windows/encode.js";
import { encodeToFile, openIdFile } from "../text/windows/id-file.js";
import { type Chunks, splitText, survey } from "../text/corpus/split.js";
import { textChunks } from "../text/corpus/text-chunks.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { runTextKey } from "./checkpoint.js";
import type { TrainEvent } from "./events.js";
import type { TrainOptions } from "./options.js";
import { endIfStopped } from "./run-parts.js";

/** One text that can be read again and again, with progress. */
interface Source {
  readonly chunks: (what: string) => AsyncIterable<string>;
}

/** The texts of a run before they are encoded. */
export interface Texts {
  readonly train: (what: string) => AsyncIterable<string>;
  readonly valid: (what: string) => AsyncIterable<string>;
  readonly test: ((what: string) => AsyncIterable<string>) | undefined;
  readonly trainCharacters: number;
  /** Tells the text of a run, and how it is split, from others. */
  readonly key: string;
  /** Of the text that the finished model is tested on. */
  readonly testKey: string | undefined;
  readonly dispose: () => void;
}

/** Opens the texts and splits them. @throws UserError */
export async function openTexts(
  options: TrainOptions,
  lines: boolean,
  emit: (event: TrainEvent) => void,
): Promise<Texts> {
  const opened: Corpus[] = [];
  const reading: CorpusOptions = {
    ...(options.encoding && { encoding: options.encoding }),
    ...(options.field && { field: options.field }),
    ...(lines && { longestLine: LONGEST_LINE }),
  };
  const tell = (what: string, done: number, total: number): void => {
    endIfStopped(options.signal?.aborted);
    emit({ type: "reading", what, done, total });
  };
  const open = async (inputs: readonly string[]): Promise<Source> => {
    const corpus = await openCorpus(inputs, reading);
    opened.push(corpus);
    for (const message of corpus.notices) emit({ type: "notice", message });
    const { bytes } = corpus;
    return { chunks: (what) => corpus.chunks((done) => tell(what, done, bytes)) };
  };
  const dispose = () => opened.forEach((corpus) => corpus.dispose());
  try {
    const main = options.inputs ? await open(options.inputs) : textSource(options.text!, tell);
    const valid = options.valid?.length ? await open(options.valid) : undefined;
    const test = options.test?.length ? await open(options.test) : undefined;
    const readWhole = (source: Source) => survey(() => source.chunks("reading the text"));
    const tested = test && { test: test.chunks, testKey: (await readWhole(test)).key };
    const rest = { test: undefined, testKey: undefined, ...tested, dispose };
    if (valid) {
      const { characters: trainCharacters, key } = await readWhole(main);
      const { key: validKey } = await readWhole(valid);
      return {
        train: main.chunks,
        valid: valid.chunks,
        trainCharacters,
        key: runTextKey(lines, key, validKey),
        ...rest,
      };
    }
    let what = "reading the text";
    const chunks: Chunks = () => main.chunks(what);
    const split = await splitText(chunks, lines);
    const telling = (part: Chunks) => (told: string) => {
      what = told;
      return part();
    };
    return {
      ...split,
      train: telling(split.train),
      valid: telling(split.valid),
      key: runTextKey(lines, split.key),
      ...rest,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

function textSource(text: string, tell: (what: string, done: number, total: number) => void): Source {
  if (text === "") throw new UserError("The text is empty; there is nothing to train on.");
  return { chunks: (what) => textChunks(text, (done, total) => tell(what, done, total)) };
}

const hash = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

/** The texts of a run, encoded. */
export interface EncodedTexts {
  readonly train: EncodedText;
  readonly valid: EncodedText;
  readonly test: EncodedText | undefined;
}

/** Encodes the texts: into files below `folder`, where they are found again, or into memory without one. */
export async function encodeTexts(
  texts: Texts,
  tokenizer: Tokenizer,
  lines: boolean,
  folder: string | undefined,
): Promise<EncodedTexts> {
  const tokenizerKey = hash([tokenizer.toJSON()]);
  const encode = async (
    part: string,
    chunks: (what: string) => AsyncIterable<string>,
    textKey: string,
  ): Promise<EncodedText> => {
    const what = `encoding the ${part} text`;
    if (folder === undefined) return encodeToMemory(chunks(what), tokenizer, lines);
    const path = join(folder, `${part}.ids`);
    const key = hash([textKey, tokenizerKey, lines, part]);
    return openIdFile(path, key) ?? encodeToFile(chunks(what), tokenizer, lines, path, key);
  };
  return {
    train: await encode("training", texts.train, texts.key),
    valid: await encode("validation", texts.valid, texts.key),
    test: texts.test && (await encode("test", texts.test, texts.testKey!)),
  };
}

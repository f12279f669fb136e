/** The texts of a run: what is trained on, what is held out, what is tested on; opened, split and encoded. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { type Corpus, type CorpusOptions, openCorpus } from "../text/corpus.js";
import { type EncodedText, encodeToMemory } from "../text/encode.js";
import { encodeToFile, openIdFile } from "../text/id-file.js";
import { type Chunks, HOLD_OUT, characterCount, splitText } from "../text/split.js";
import { textChunks } from "../text/text-chunks.js";
import type { Tokenizer } from "../text/tokenizer.js";
import type { TrainEvent } from "./events.js";
import type { TrainOptions } from "./options.js";

/** One text that can be read again and again, with progress. */
interface Source {
  readonly key: string;
  readonly bytes: number;
  readonly chunks: (what: string) => AsyncIterable<string>;
}

/** The texts of a run before they are encoded. */
export interface Texts {
  readonly train: (what: string) => AsyncIterable<string>;
  readonly valid: (what: string) => AsyncIterable<string>;
  readonly test: ((what: string) => AsyncIterable<string>) | undefined;
  readonly trainCharacters: number;
  /** Tells these texts, and how they are split, from others. */
  readonly key: string;
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
  };
  const open = async (inputs: readonly string[]): Promise<Source> => {
    const corpus = await openCorpus(inputs, reading);
    opened.push(corpus);
    const { key, bytes } = corpus;
    const chunks = (what: string) =>
      corpus.chunks((done) => {
        if (options.signal?.aborted)
          throw new UserError("Stopped while the text was read; nothing was trained yet.");
        emit({ type: "reading", what, done, total: bytes });
      });
    return { key, bytes, chunks };
  };
  const dispose = () => opened.forEach((corpus) => corpus.dispose());
  try {
    const main = options.inputs ? await open(options.inputs) : textSource(options.text!);
    const valid = options.valid?.length ? await open(options.valid) : undefined;
    const test = options.test?.length ? await open(options.test) : undefined;
    const key = hash([main.key, valid?.key ?? `hold out ${HOLD_OUT}`, lines]);
    if (valid) {
      const trainCharacters = await characterCount(() => main.chunks("reading the text"));
      return { train: main.chunks, valid: valid.chunks, test: test?.chunks, trainCharacters, key, dispose };
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
      test: test?.chunks,
      key,
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

function textSource(text: string): Source {
  if (text === "") throw new UserError("The text is empty; there is nothing to train on.");
  return { key: hash([text]), bytes: text.length, chunks: () => textChunks(text) };
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
  ): Promise<EncodedText> => {
    const what = `encoding the ${part} text`;
    if (folder === undefined) return encodeToMemory(chunks(what), tokenizer, lines);
    const path = join(folder, `${part}.ids`);
    const key = hash([texts.key, tokenizerKey, part]);
    return openIdFile(path, key) ?? encodeToFile(chunks(what), tokenizer, lines, path, key);
  };
  return {
    train: await encode("training", texts.train),
    valid: await encode("validation", texts.valid),
    test: texts.test && (await encode("test", texts.test)),
  };
}

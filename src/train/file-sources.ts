/** The texts of a run in files. */
import { type Corpus, type CorpusOptions, openCorpus } from "../text/corpus/corpus.js";
import { memorySources, type OnReading, type TextSource, type TextSources } from "./text-sources.js";

/** Where the texts are: `text` itself, or files, folders, patterns and "-". */
export interface SourcePlaces extends CorpusOptions {
  readonly inputs?: readonly string[];
  readonly text?: string;
  readonly valid?: readonly string[];
  readonly test?: readonly string[];
}

/**
 * @param onFile hears of every file before any is read; what it throws ends the work
 * @throws UserError where something is missing, empty, or no text
 */
export async function openSources(
  { inputs, text, valid, test, ...reading }: SourcePlaces,
  onReading: OnReading,
  onFile?: (path: string) => void,
): Promise<TextSources> {
  const opened: Corpus[] = [];
  const close = (): void => opened.forEach((corpus) => corpus.dispose());
  const open = async (paths: readonly string[]): Promise<TextSource> => {
    const corpus = await openCorpus(paths, reading);
    opened.push(corpus);
    for (const { path } of corpus.files) onFile?.(path);
    const { bytes } = corpus;
    return { chunks: (purpose) => corpus.chunks((done) => onReading(purpose, done, bytes)) };
  };
  try {
    return {
      main: inputs ? await open(inputs) : memorySources(text!, onReading).main,
      valid: valid?.length ? await open(valid) : undefined,
      test: test?.length ? await open(test) : undefined,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

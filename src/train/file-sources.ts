/** The texts of a run in files. */
import { option, sentence, UserError } from "../errors.js";
import { type Corpus, type CorpusOptions, openCorpus } from "../text/corpus/corpus.js";
import { LONGEST_LINE } from "../text/limits.js";
import { memorySources, type OnReading, type TextSource, type TextSources } from "./text-sources.js";

/** Where the texts are: `text` itself, or files, folders, patterns and "-". */
export interface SourcePlaces extends CorpusOptions {
  readonly inputs?: readonly string[];
  readonly text?: string;
  readonly valid?: readonly string[];
  readonly test?: readonly string[];
}

/**
 * @param lines each is a sequence of its own
 * @param onFile called with every file before any is read; an error that it throws ends the work
 * @throws UserError where something is missing, empty, or no text
 */
export async function openSources(
  { inputs, text, valid, test, ...reading }: SourcePlaces,
  lines: boolean,
  onReading: OnReading,
  onFile?: (path: string) => void,
): Promise<TextSources> {
  if (!inputs && !valid?.length && !test?.length) refuseReading(reading);
  const options = { ...reading, ...(lines && { longestLine: LONGEST_LINE }) };
  const opened: Corpus[] = [];
  const close = (): void => opened.forEach((corpus) => corpus.dispose());
  const open = async (name: "inputs" | "valid" | "test", paths: readonly string[]): Promise<TextSource> => {
    const corpus = await openCorpus(paths, options).catch((error: unknown) => {
      throw withOption(error, name);
    });
    opened.push(corpus);
    for (const { path } of corpus.files) onFile?.(path);
    const { bytes } = corpus;
    return { chunks: (purpose) => corpus.chunks((done) => onReading(purpose, done, bytes)) };
  };
  try {
    return {
      main: inputs ? await open("inputs", inputs) : memorySources(text!, onReading).main,
      valid: valid?.length ? await open("valid", valid) : undefined,
      test: test?.length ? await open("test", test) : undefined,
      get notices() {
        return opened.flatMap(({ notices }) => notices);
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The error with the option that named the files, unless it is about another one. */
function withOption(error: unknown, name: string): unknown {
  if (!(error instanceof UserError) || error.option !== undefined) return error;
  const { problem, advice, cause } = error;
  return new UserError({ option: name, problem, advice }, { cause });
}

/** @throws UserError where options of reading files are given, but no files */
function refuseReading(reading: CorpusOptions): void {
  for (const name of ["encoding", "field"] as const) {
    if (reading[name] === undefined) continue;
    throw new UserError({
      option: name,
      problem: sentence`${option(name)} is for reading files, but the text is given as a string`,
      advice: "leave it out",
    });
  }
}

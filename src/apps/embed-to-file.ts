/** The vectors of texts as lines of JSON, or in a file: NumPy's .npy, .safetensors, or those lines. */
import { join } from "node:path";
import { checkPath } from "../argument-checks.js";
import { option, sentence, UserError } from "../errors.js";
import { TemporaryFolder } from "../format/temporary-folder.js";
import { writeFileAtomic } from "../format/atomic-file.js";
import { checkNotThere } from "../format/existing-file.js";
import { npyHead } from "../format/npy.js";
import { layOut } from "../format/safetensors-header.js";
import { outputWidth } from "../model/widths.js";
import { type EmbedOptions, embedSettings } from "../vectors/embed-options.js";
import { pooledWidth } from "../vectors/pooling.js";
import { RowsFile } from "../vectors/rows-file.js";
import { rowsOf } from "../vectors/vector-blocks.js";
import { type Embedding, type Gathered, type Texts, wantedVectors } from "./embed-texts.js";

const FORMS = [".npy", ".safetensors", ".jsonl"] as const;
type VectorForm = (typeof FORMS)[number];

const NO_ROWS = { count: 0, checksum: 0 } as const;

/** How many vectors were written, and how many numbers each has. */
export interface EmbeddedFile {
  readonly count: number;
  readonly width: number;
}

/**
 * Checks the name of a file for vectors.
 * @throws UserError where it has none of the endings, or is there already
 */
export function vectorForm(path: string, overwrite: boolean): VectorForm {
  checkPath("The file for the vectors", path);
  const form = FORMS.find((ending) => path.endsWith(ending));
  if (form === undefined)
    throw new UserError({
      option: "out",
      problem: sentence`${option("out", path)} has none of the endings ${FORMS.join(", ")}`,
      advice: "name a file with one of them",
    });
  checkNotThere(path, overwrite);
  return form;
}

/** A text with its vector, as a line of JSON has them. */
export interface TextVector {
  readonly text: string;
  readonly vector: readonly number[];
}

/**
 * The texts with their vectors, in order: as they come, where nothing has to be known of all texts before a vector is whole.
 * @throws UserError as `LoadedModel.embed`; the signal's reason
 */
export async function* textVectors(
  embedding: Embedding,
  texts: Texts,
  options: EmbedOptions,
): AsyncGenerator<TextVector, void, undefined> {
  const width = widthOf(embedding, options);
  // Those that were read, and of which the vector is still to come.
  const waiting: string[] = [];
  let at = 0;
  async function* noted(): AsyncGenerator<string> {
    for await (const text of texts) {
      waiting.push(text);
      yield text;
    }
  }
  for await (const vectors of wantedVectors(embedding, noted(), options, inFile)) {
    for (const row of rowsOf(vectors, width))
      // Nine digits are all that a float32 has.
      yield { text: waiting[at++]!, vector: Array.from(row, (x) => Number(x.toPrecision(9))) };
    if (at < waiting.length) continue;
    waiting.length = 0;
    at = 0;
  }
}

/**
 * Writes the vectors to a file, whole or not at all; on the way they lie in a temporary one. In .safetensors they are the
 * tensor "vectors".
 * @throws UserError as `textVectors` and `vectorForm`, where there is no text, and where the file cannot be written
 */
export async function embedToFile(
  embedding: Embedding,
  texts: Texts,
  path: string,
  { overwrite = false, ...options }: EmbedOptions & { readonly overwrite?: boolean },
): Promise<EmbeddedFile> {
  const form = vectorForm(path, overwrite);
  const width = widthOf(embedding, options);
  let count = 0;
  if (form === ".jsonl") {
    const encoder = new TextEncoder();
    async function* lines(): AsyncGenerator<Uint8Array> {
      for await (const one of textVectors(embedding, texts, options)) {
        count++;
        yield encoder.encode(`${JSON.stringify(one)}\n`);
      }
      refuseNothing(count);
    }
    await writeFileAtomic(path, lines());
    return { count, width };
  }
  return withRows(width, async (rows) => {
    for await (const vectors of wantedVectors(embedding, texts, options, inFile)) rows.append(vectors);
    ({ count } = rows);
    refuseNothing(count);
    const shape = [count, width];
    const head =
      form === ".npy"
        ? npyHead(shape)
        : layOut([{ name: "vectors", dtype: "F32", shape }], { format: "recurra vectors" }).head;
    function* bytes(): Generator<Uint8Array> {
      yield head;
      for (const block of rows.blocks())
        yield new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
    }
    await writeFileAtomic(path, bytes());
    return { count, width };
  });
}

function refuseNothing(count: number): void {
  if (count === 0) throw new UserError("There is no text to make a vector of; give one or more.");
}

function widthOf({ model }: Embedding, options: EmbedOptions): number {
  return pooledWidth(embedSettings(options).pool, outputWidth(model.config));
}

/** In a temporary file, as the vectors of many texts may be more than memory has. */
function inFile(width: number): Gathered {
  const { file, remove } = temporaryRows(width);
  return {
    append: (rows) => file.append(rows),
    vectors: () => file,
    *whole() {
      // The file checks what it holds as it was written.
      for (const block of file.blocks()) yield block.slice();
    },
    remove,
  };
}

/** Rows in a temporary file. */
function temporaryRows(width: number): { readonly file: RowsFile; remove(): void } {
  const folder = new TemporaryFolder();
  const file = new RowsFile(join(folder.path, "vectors.f32"), "f32", width, NO_ROWS, true);
  return {
    file,
    remove() {
      file.close();
      folder.remove();
    },
  };
}

async function withRows<Result>(width: number, work: (rows: RowsFile) => Promise<Result>): Promise<Result> {
  const { file, remove } = temporaryRows(width);
  try {
    return await work(file);
  } finally {
    remove();
  }
}

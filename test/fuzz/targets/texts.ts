/** Texts: their bytes, their encodings, packed or in records; and tokenizers made of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { readText } from "../../../src/browser/read-text.js";
import { UserError } from "../../../src/errors.js";
import { parseTokenizer, type TokenizerKind, trainTokenizer } from "../../../src/index.js";
import { arpaText } from "../../../src/ngram/arpa-text.js";
import { scoreSentence } from "../../../src/ngram/ngram-model.js";
import { ArpaParser } from "../../../src/ngram/parse-arpa.js";
import { openCorpus } from "../../../src/text/corpus/corpus.js";
import { ENCODINGS } from "../../../src/text/corpus/decode-text.js";
import { linesOf } from "../../../src/text/corpus/lines.js";
import { type EncodeInto, encodeStream, encodeWhole } from "../../../src/text/tokenizers/held-text.js";
import { lastPreTokenCut } from "../../../src/text/tokenizers/pre-tokens.js";
import { lastWordCut } from "../../../src/text/tokenizers/word-splitter.js";
import { TEXT } from "../fixtures.js";
import { mutated, mutations } from "../mutations.js";
import { type FuzzTarget, target, withFolder } from "../target.js";

/** Texts of few and of strange characters, lone surrogates among them. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom("a", "b", " ", "\n", "\r", "\r\n", "é", "\u0301", "\ud83d\udc08"),
    maxLength: 60,
  }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      "\ud83d",
      "\udc08",
      "\ufeff",
      "\0",
      "\u2028",
      "\u0085",
      "x",
      " ",
      "<unk>",
      "<eos>",
      "<bos>",
      "\n",
    ),
    maxLength: 30,
  }),
  fc.constant(TEXT),
);

const NAMES = ["a.txt", "a.jsonl", "a.txt.gz", "a.jsonl.gz", "a.xml", "a.json", "a", "a.ndjson"];

interface TextFile {
  readonly text: string;
  readonly records: boolean;
  readonly name: string;
  readonly encoding: (typeof ENCODINGS)[number];
  readonly packed: "no" | "once" | "in two members" | "with zeros after it";
  readonly changes: Parameters<typeof mutated>[1];
}

const textFile: fc.Arbitrary<TextFile> = fc.record({
  text,
  records: fc.boolean(),
  name: fc.constantFrom(...NAMES),
  encoding: fc.constantFrom(...ENCODINGS),
  packed: fc.constantFrom("no", "once", "in two members", "with zeros after it"),
  changes: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, mutations),
});

function bytesOf({ text: whole, records, packed, changes }: TextFile): Uint8Array {
  const content = records
    ? whole
        .split("\n")
        .map((line, i) => `${JSON.stringify({ id: i, text: line })}\n`)
        .join("")
    : whole;
  const [bytes, half] = [Buffer.from(content), Math.floor(content.length / 2)];
  const two = [bytes.subarray(0, half), bytes.subarray(half)].map((part) => gzipSync(part));
  const wrapped = {
    no: bytes,
    once: gzipSync(bytes),
    "in two members": Buffer.concat(two),
    "with zeros after it": Buffer.concat([gzipSync(bytes), Buffer.alloc(9)]),
  }[packed];
  return mutated(new Uint8Array(wrapped), changes);
}

/** Read from a disk and in a page: the same text, or both refuse. */
const textFiles = target("text file", 250, textFile, (file) =>
  withFolder(async (folder) => {
    const { name, encoding } = file;
    const bytes = bytesOf(file);
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const here = await textOr(async () => {
      const corpus = await openCorpus([path], { encoding });
      let whole = "";
      for await (const chunk of corpus.chunks()) {
        if (/[\ud800-\udbff]$/.test(whole) && /^[\udc00-\udfff]/.test(chunk))
          throw new Error("a chunk cuts a character");
        whole += chunk;
      }
      return whole;
    });
    const inPage = await textOr(() =>
      readText({ name, arrayBuffer: async () => new Uint8Array(bytes).buffer }, { encoding }),
    );
    const same = (here.text ?? "") === (inPage.text ?? "");
    if (!same && !(here.refused && (await isUndamaged(file, inPage.text)))) {
      const [one, other] = [here, inPage].map((read) => JSON.stringify(read.text ?? read.refused));
      throw new Error(`a disk and a page do not read the same: ${one} and ${other}`);
    }
    if (here.refused) throw here.refused;
  }),
);

/**
 * Whether this is the text before anything was changed. zlib refuses some damage that the unpacker of a page passes over,
 * which goes by the checksum alone: what it gives then is whole.
 */
async function isUndamaged(file: TextFile, given: string | undefined): Promise<boolean> {
  const { name, encoding } = file;
  const bytes = new Uint8Array(bytesOf({ ...file, changes: [] })).buffer;
  const { text: whole } = await textOr(() =>
    readText({ name, arrayBuffer: async () => bytes }, { encoding }),
  );
  return whole === given;
}

async function textOr(read: () => Promise<string>): Promise<{ text?: string; refused?: UserError }> {
  try {
    return { text: await read() };
  } catch (error) {
    if (error instanceof UserError) return { refused: error };
    throw error;
  }
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const KINDS: readonly TokenizerKind[] = ["char", "word", "bpe"];

/** A tokenizer of any text: what it knows it gives back, and in whatever pieces it comes. */
const tokenizers = target(
  "tokenizer of a text",
  250,
  fc.record({
    kind: fc.constantFrom(...KINDS),
    chunks: fc.array(text, { minLength: 1, maxLength: 4 }),
    vocabSize: fc.option(fc.integer({ min: -1, max: 400 })),
    minCount: fc.option(fc.integer({ min: -1, max: 4 })),
    lines: fc.boolean(),
    wordMode: fc.constantFrom(undefined, "whitespace" as const, "unicode" as const),
    other: text,
  }),
  async ({ kind, chunks, vocabSize, minCount, lines, wordMode, other }) => {
    const made = await trainTokenizer(kind, chunks, {
      lines,
      ...(vocabSize !== null && { vocabSize }),
      ...(minCount !== null && { minCount }),
      ...(kind === "word" && wordMode && { wordMode }),
    });
    const read = parseTokenizer(JSON.parse(JSON.stringify(made.toJSON())), "tokenizer.json");
    for (const sample of [chunks.join(""), other]) {
      const ids = made.encode(sample);
      if (read.encode(sample).join() !== ids.join())
        throw new Error("it encodes otherwise after it was written and read");
      if (ids.some((id) => !(id >= 0 && id < made.size))) throw new Error("it encodes to an id that is none");
      const stream = made.encodeStream();
      const pushed = Array.from(sample, (character) => Array.from(stream.push(character))).flat();
      if ([...pushed, ...stream.end()].join() !== ids.join())
        throw new Error("it encodes a text otherwise by pieces than as a whole");
      const decoder = made.decodeStream();
      const decoded = Array.from(ids, (id) => decoder.push(id)).join("") + decoder.end();
      if (decoded !== made.decode(ids)) throw new Error("it decodes otherwise by ids than as a whole");
      const known = made.unknowns(sample).length === 0 && !LONE_SURROGATE.test(sample) && kind !== "word";
      if (known && !lines && made.decode(ids) !== sample)
        throw new Error(`it gives ${JSON.stringify(made.decode(ids))} for ${JSON.stringify(sample)}`);
    }
  },
);

/** Any text in any chunks. */
const chunked = fc.record({
  text: fc.oneof(text, fc.string({ unit: fc.constantFrom("a", "\n", "\ud83d\udc08", " "), maxLength: 60 })),
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  longest: fc.integer({ min: 2, max: 24 }),
});

function* chunksOf(whole: string, sizes: readonly number[]): Generator<string> {
  for (let at = 0, i = 0; at < whole.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield whole.slice(at, at + size);
    at += size;
  }
}

/** The limit of what is read as one, set low: longer lines are refused, and only those. */
const longLines = target(
  "lines of a limited length",
  500,
  chunked,
  async ({ text: whole, sizes, longest }) => {
    const wanted = whole.split("\n");
    if (wanted.at(-1) === "") wanted.pop();
    const tooLong = wanted.findIndex((line) => line.length > longest);
    const lines: string[] = [];
    const refused = await textOr(async () => {
      for await (const group of linesOf(chunksOf(whole, sizes), { longest })) lines.push(...group);
      return "";
    });
    if ((refused.refused !== undefined) !== tooLong >= 0)
      throw new Error(`line ${tooLong + 1} is too long, and the answer was ${refused.refused?.message}`);
    if (refused.refused) {
      if (!refused.refused.message.includes(`line ${tooLong + 1}:`)) throw new Error("another line is named");
      throw refused.refused;
    }
    if (JSON.stringify(lines) !== JSON.stringify(wanted))
      throw new Error("the lines are others than the text's");
  },
);

const CUTS = { words: lastWordCut, "pre-tokens": lastPreTokenCut };

/** A text without a place to be cut is cut after so many characters, wherever its chunks end, and none is lost. */
const longPieces = target(
  "pieces of a limited length",
  500,
  fc.record({ chunked, kind: fc.constantFrom("words" as const, "pre-tokens" as const) }),
  ({ chunked: { text: whole, sizes, longest }, kind }) => {
    const encode: EncodeInto = (piece, ids) => {
      if (piece.length > longest) throw new Error(`a piece has ${piece.length} characters`);
      for (let i = 0; i < piece.length; i++) ids.push(piece.charCodeAt(i));
      ids.push(END);
    };
    // What is shorter than the limit need not be cut at all.
    const settled = whole.padEnd(longest + 1, "x");
    const expected = encodeWhole(settled, CUTS[kind], encode, longest);
    const stream = encodeStream(CUTS[kind], encode, longest);
    const ids = [...chunksOf(settled, sizes)].flatMap((chunk) => Array.from(stream.push(chunk)));
    ids.push(...stream.end());
    const textOfIds = (given: Iterable<number>) =>
      String.fromCharCode(...[...given].filter((id) => id !== END));
    if (textOfIds(ids) !== settled || textOfIds(expected) !== settled)
      throw new Error("a part of the text is lost");
  },
);
/** Stands after each piece: no UTF-16 unit. */
const END = 0x10000;

const ARPA = new TextEncoder().encode(
  "\\data\\\nngram 1=5\nngram 2=3\nngram 3=1\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\t-0.5\n-0.5\t</s>\n-0.75\ta\t-0.1\n-1\tb\t-0.2\n\n" +
    "\\2-grams:\n-0.3\t<s> a\t-0.1\n-0.6\ta b\t-0.7\n-0.2\tb </s>\n\n\\3-grams:\n-0.05\t<s> a b\n\n\\end\\\n",
);

/** An ARPA file is refused, or is a model of probabilities that is the same after it was written and read. */
const arpaFiles = target("ARPA file", 500, mutations, (changes) => {
  const read = (bytes: Uint8Array) => {
    const parser = new ArpaParser("x.arpa");
    for (const line of new TextDecoder().decode(bytes).split("\n")) parser.line(line);
    return parser.finish();
  };
  const model = read(mutated(ARPA, changes));
  for (const { logProbability } of scoreSentence(model, ["a", "b", "c", "a"]))
    if (!(logProbability <= 0 && logProbability > -Infinity))
      throw new Error(`a word has the log-probability ${logProbability}`);
  const again = read(new TextEncoder().encode([...arpaText(model)].join("")));
  if (again.arrays.probability.some((p, i) => p !== model.arrays.probability[i]))
    throw new Error("it is another model after it was written and read");
});

export const TEXT_TARGETS: readonly FuzzTarget[] = [textFiles, tokenizers, longLines, longPieces, arpaFiles];

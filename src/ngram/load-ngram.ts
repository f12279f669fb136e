/** Files of n-gram models: ARPA, as it is or packed by gzip, and the binary form. */
import { checkPath } from "../argument-checks.js";
import { readHead } from "../format/regular-file.js";
import { readSafetensors } from "../format/safetensors-file.js";
import { openCorpus } from "../text/corpus/corpus.js";
import { CONVERT } from "../text/corpus/decode-text.js";
import { linesOf } from "../text/corpus/lines.js";
import { ngramOf } from "./binary-ngram.js";
import type { NgramTrie } from "./ngram-trie.js";
import { ArpaParser } from "./parse-arpa.js";

/** A safetensors file has the beginning of its header here. */
const HEADER_AT = 8;
const BRACE = 0x7b;

/**
 * An n-gram model from a file of whatever form: what it is is seen by its first bytes, not by its name.
 * @throws UserError where it cannot be read, or is damaged; of an ARPA file with the line
 */
export async function loadNgram(path: string): Promise<NgramTrie> {
  checkPath("The path of the n-gram model", path);
  const head = await readHead(path, HEADER_AT + 1);
  if (head[HEADER_AT] === BRACE && head[HEADER_AT - 1] === 0)
    return ngramOf(await readSafetensors(path), path);
  return readArpa(path);
}

/** As `loadNgram`, of an ARPA file alone. */
export async function readArpa(path: string): Promise<NgramTrie> {
  const corpus = await openCorpus([path], { encodingAdvice: CONVERT });
  try {
    const parser = new ArpaParser(path);
    for await (const lines of linesOf(corpus.chunks(), { name: path }))
      for (const line of lines) parser.line(line);
    return parser.finish();
  } finally {
    corpus.dispose();
  }
}

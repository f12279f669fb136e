/** Writes files of n-gram models, whole or not at all. */
import { gzipSync } from "node:zlib";
import { UserError } from "../errors.js";
import { checkNames, checkPath, refuseArgument } from "../argument-checks.js";
import { writeFileAtomic } from "../format/atomic-file.js";
import { checkNotThere } from "../format/existing-file.js";
import { writeSafetensors } from "../format/safetensors-file.js";
import { arpaText } from "./arpa-text.js";
import { ngramTensors } from "./binary-ngram.js";
import { NgramTrie } from "./ngram-trie.js";

/** The endings that a file's name may have: each is a form of its own. */
const ENDINGS = [".arpa", ".arpa.gz", ".ngram"] as const;

/** @throws UserError where the name says no form */
export function checkNgramPath(path: string): void {
  if (ENDINGS.some((ending) => path.endsWith(ending))) return;
  throw new UserError({
    option: "out",
    problem: `${path} does not say by its ending what form it is to have`,
    advice:
      "let it end with .arpa or .arpa.gz (ARPA, which others read), or with .ngram (binary, which loads at once)",
  });
}

/**
 * @param path ends with `.arpa`, `.arpa.gz` or `.ngram`
 * @throws UserError where it does not, where there is such a file and `overwrite` is not set, or it cannot be written
 */
export async function writeNgram(
  model: NgramTrie,
  path: string,
  options: { readonly overwrite?: boolean } = {},
): Promise<void> {
  if (!(model instanceof NgramTrie))
    refuseArgument("The n-gram model to write", model, "give one that trainNgram made or loadNgram returned");
  checkPath("The path of the n-gram model", path);
  checkNames("writeNgram", options, ["overwrite"]);
  checkNgramPath(path);
  checkNotThere(path, options.overwrite === true);
  if (path.endsWith(".ngram")) {
    const { tensors, metadata } = ngramTensors(model);
    return writeSafetensors(path, tensors, metadata);
  }
  await writeFileAtomic(path, arpaBytes(model, path.endsWith(".gz")));
}

/** @param packed each piece is a member of a gzip file */
function* arpaBytes(model: NgramTrie, packed: boolean): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const piece of arpaText(model)) {
    const bytes = encoder.encode(piece);
    yield packed ? gzipSync(bytes) : bytes;
  }
}

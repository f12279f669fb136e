/**
 * Reads a `tokenizer.json` back: one that this project wrote, or one of those that Hugging Face's tools read and saved
 * again (tokenizers 0.20 and later write merges as pairs and their defaults in full). Everything around the vocabulary
 * must mean exactly what its kind writes, since a slightly different pre-tokenizer would silently give other ids.
 */
import { UserError } from "../../errors.js";
import { shown } from "../../shown.js";
import type { BpeTokenizer } from "./bpe-tokenizer.js";
import { BYTE_ALPHABET, bytesOfToken } from "./byte-alphabet.js";
import { CharTokenizer, isCharacter } from "./char-tokenizer.js";
import { hasLoneSurrogate } from "./code-points.js";
import { isObject, type JsonObject, keysOf, own, sameJson } from "./same-json.js";
import { BOS, EOS, UNKNOWN } from "./special-tokens.js";
import type { Tokenizer, TokenizerKind } from "./tokenizer.js";
import type { isWord, WORD_PATTERNS, WordMode } from "./word-splitter.js";
import type { WordTokenizer } from "./word-tokenizer.js";

/** What bpe-tokenizer.ts and word-tokenizer.ts export; tokenizers of characters are there at once. */
export interface TokenizerParts {
  readonly BpeTokenizer: typeof BpeTokenizer;
  readonly WordTokenizer: typeof WordTokenizer;
  readonly isWord: typeof isWord;
  readonly WORD_PATTERNS: typeof WORD_PATTERNS;
}

/** The kind of tokenizer that a parsed `tokenizer.json` describes, as far as it says; it is not checked yet. */
export function kindOfTokenizer(json: unknown): TokenizerKind {
  if (!isObject(json)) return "char";
  const model = own(json, "model");
  if (isObject(model) && own(model, "type") === "WordPiece") return "word";
  return own(json, "pre_tokenizer") === null ? "char" : "bpe";
}

/**
 * The tokenizer that a parsed `tokenizer.json` describes, with the ids it was saved with.
 * @param where names the file in messages
 * @param parts those of the kind that `kindOfTokenizer` names
 * @throws UserError when it is of another kind of tokenizer, or damaged
 */
export function parseTokenizerWith(parts: Partial<TokenizerParts>, json: unknown, where: string): Tokenizer {
  const file = objectAt(json, where, "the file");
  const model = objectAt(own(file, "model"), where, '"model"');
  const tokens = readVocabulary(own(model, "vocab"), where);
  const lines = (own(file, "post_processor") ?? null) !== null;
  const tokenizer = build(parts as TokenizerParts, file, model, tokens, lines, where);
  requireSame(file, tokenizer.toJSON(), where);
  requireSpecialOnly(own(file, "added_tokens"), tokens, where);
  return tokenizer;
}

function build(
  parts: TokenizerParts,
  file: JsonObject,
  model: JsonObject,
  tokens: readonly string[],
  lines: boolean,
  where: string,
): Tokenizer {
  const type = own(model, "type");
  if (type === "WordPiece") {
    const words = afterSpecial(tokens, lines ? [UNKNOWN, BOS, EOS] : [UNKNOWN, EOS], where);
    requireEach(words, (word) => parts.isWord(word) && !hasLoneSurrogate(word), "a word", where);
    return new parts.WordTokenizer({ mode: readMode(parts, file, where), words, lines });
  }
  if (type === "BPE" && own(file, "pre_tokenizer") === null) {
    const characters = afterSpecial(tokens, lines ? [UNKNOWN, BOS, EOS] : [UNKNOWN], where);
    requireEach(characters, isCharacter, "one character", where);
    return new CharTokenizer({ characters, lines });
  }
  if (type === "BPE") {
    const learned = afterSpecial(tokens, [...(lines ? [BOS, EOS] : []), ...BYTE_ALPHABET], where);
    requireEach(
      learned,
      (token) => token !== "" && bytesOfToken(token) !== undefined,
      "made of bytes",
      where,
    );
    return new parts.BpeTokenizer({
      tokens: learned,
      merges: readMerges(own(model, "merges"), tokens, where),
      lines,
    });
  }
  return fail(where, `its model is ${shown(type)}, not "BPE" or "WordPiece"`);
}

/** Token by id; ids must be 0 … n − 1, each once. */
function readVocabulary(value: unknown, where: string): string[] {
  const entries = Object.entries(objectAt(value, where, '"model.vocab"'));
  const tokens = new Array<string | undefined>(entries.length);
  for (const [token, id] of entries) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= entries.length) {
      fail(where, `the id of token ${shown(token)} is ${shown(id)}, not one of 0 … ${entries.length - 1}`);
    } else if (tokens[id] !== undefined) {
      fail(where, `the tokens ${shown(tokens[id])} and ${shown(token)} have the same id ${id}`);
    } else tokens[id] = token;
  }
  return tokens as string[];
}

function afterSpecial(tokens: readonly string[], special: readonly string[], where: string): string[] {
  special.forEach((token, id) => {
    if (tokens[id] !== token)
      fail(where, `token ${id} is ${shown(tokens[id])} where ${shown(token)} belongs`);
  });
  return tokens.slice(special.length);
}

function requireEach(
  tokens: readonly string[],
  holds: (token: string) => boolean,
  expected: string,
  where: string,
): void {
  const wrong = tokens.find((token) => !holds(token));
  if (wrong !== undefined) fail(where, `the token ${shown(wrong)} is not ${expected}`);
}

function readMode({ WORD_PATTERNS: patterns }: TokenizerParts, file: JsonObject, where: string): WordMode {
  const preTokenizer = objectAt(own(file, "pre_tokenizer"), where, '"pre_tokenizer"');
  const pattern = own(objectAt(own(preTokenizer, "pattern"), where, '"pre_tokenizer.pattern"'), "Regex");
  const mode = (Object.keys(patterns) as WordMode[]).find((known) => patterns[known] === pattern);
  return mode ?? fail(where, `words are found by a pattern that is not known here: ${shown(pattern)}`);
}

/** Each as `"left right"`, or as a pair. */
function readMerges(value: unknown, tokens: readonly string[], where: string): [string, string][] {
  if (!Array.isArray(value)) return fail(where, '"model.merges" is not a list');
  const known = new Set(tokens);
  const seen = new Set<string>();
  return value.map((merge: unknown) => {
    const parts: unknown[] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    if (typeof left !== "string" || typeof right !== "string" || parts.length !== 2) {
      return fail(where, `the merge ${shown(merge)} is not two tokens, as a pair or with a space between`);
    }
    for (const token of [left, right, left + right]) {
      // Special tokens are no bytes, so nothing merges into or out of them.
      if (!known.has(token) || bytesOfToken(token) === undefined || token === BOS || token === EOS) {
        return fail(
          where,
          `the merge ${shown(merge)} needs the token ${shown(token)}, which is not in the vocabulary`,
        );
      }
    }
    const key = `${left} ${right}`;
    if (seen.has(key)) return fail(where, `the merge ${shown(merge)} stands twice`);
    seen.add(key);
    return [left, right];
  });
}

/** Keys that later versions of Hugging Face's tokenizers write, with the values that a file without them implies. */
const WRITTEN_DEFAULTS: ReadonlyMap<string, unknown> = new Map([["model.ignore_merges", false]]);

/**
 * Every part except the vocabulary, merges and added tokens, which are read separately, must equal the part that would
 * be written.
 */
function requireSame(file: JsonObject, written: JsonObject, where: string): void {
  for (const key of keysOf(written, file)) {
    if (key !== "model" && key !== "added_tokens") requirePart(key, own(file, key), own(written, key), where);
  }
  const model = own(file, "model") as JsonObject;
  const writtenModel = own(written, "model") as JsonObject;
  for (const key of keysOf(writtenModel, model)) {
    if (key === "vocab" || key === "merges") continue;
    requirePart(`model.${key}`, own(model, key), own(writtenModel, key), where);
  }
  const merges = own(model, "merges");
  if (own(writtenModel, "type") === "BPE" && own(file, "pre_tokenizer") !== null) return;
  if (merges !== undefined && !sameJson(merges, own(writtenModel, "merges"))) {
    fail(where, '"model.merges" is not empty where no merges belong');
  }
}

function requirePart(key: string, found: unknown, wanted: unknown, where: string): void {
  if (sameJson(found, wanted)) return;
  if (wanted === undefined && WRITTEN_DEFAULTS.has(key) && found === WRITTEN_DEFAULTS.get(key)) return;
  fail(
    where,
    `"${key}" is ${shown(found)} where ${wanted === undefined ? "nothing" : shown(wanted)} belongs`,
  );
}

/** The keys of an added token besides its id and content, with the allowed values. */
const ADDED_FLAGS: ReadonlyMap<string, readonly unknown[]> = new Map([
  ["special", [true, false]],
  ["normalized", [true, false]],
  ["single_word", [false]],
  ["lstrip", [false]],
  ["rstrip", [false]],
]);

/**
 * Tokens added to a vocabulary are cut out of a text first. Here they are the special ones, which the model's
 * vocabulary has already: Hugging Face's tools list them a second time, which changes nothing.
 */
function requireSpecialOnly(value: unknown, tokens: readonly string[], where: string): void {
  if (!Array.isArray(value)) return fail(where, `"added_tokens" is ${shown(value)}, not a list`);
  for (const added of value as unknown[]) {
    const token = isObject(added) ? own(added, "content") : undefined;
    if (!isObject(added) || (token !== UNKNOWN && token !== BOS && token !== EOS)) {
      return fail(where, `"added_tokens" is ${shown(value)} where only special tokens belong`);
    }
    if (tokens[own(added, "id") as number] !== token) {
      return fail(
        where,
        `the added token ${shown(token)} has the id ${shown(own(added, "id"))}, and not its own`,
      );
    }
    for (const key of Object.keys(added)) {
      if (key === "id" || key === "content" || ADDED_FLAGS.get(key)?.includes(own(added, key))) continue;
      return fail(
        where,
        `the added token ${shown(token)} has ${shown(key)}: ${shown(own(added, key))}, which is not known here`,
      );
    }
  }
}

function objectAt(value: unknown, where: string, subject: string): JsonObject {
  return isObject(value) ? value : fail(where, `${subject} is ${shown(value)}, not an object`);
}

function fail(where: string, problem: string): never {
  throw new UserError(
    `${where} is not a tokenizer that this version can read: ${problem}; use the file that was saved with the model.`,
  );
}

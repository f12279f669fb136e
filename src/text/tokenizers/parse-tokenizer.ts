/**
 * Reads a `tokenizer.json` back. Only what this project writes is read: everything around the vocabulary must be exactly
 * what its kind writes, since a pre-tokenizer that is a little different would give other ids without a word.
 */
import { UserError } from "../../errors.js";
import { BpeTokenizer } from "./bpe-tokenizer.js";
import { BYTE_ALPHABET, bytesOfToken } from "./byte-alphabet.js";
import { CharTokenizer, isCharacter } from "./char-tokenizer.js";
import { hasLoneSurrogate } from "./code-points.js";
import { BOS, EOS, UNKNOWN } from "./special-tokens.js";
import type { Tokenizer } from "./tokenizer.js";
import { isWord, WORD_PATTERNS } from "./word-splitter.js";
import type { WordMode } from "./word-splitter.js";
import { WordTokenizer } from "./word-tokenizer.js";

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The tokenizer that a parsed `tokenizer.json` describes, with the ids it was saved with.
 * @param where names the file in messages
 * @throws UserError when it is not one this version wrote, or is damaged
 */
export function parseTokenizer(json: unknown, where = "tokenizer.json"): Tokenizer {
  const file = object(json, where, "the file");
  const model = object(file["model"], where, '"model"');
  const tokens = readVocabulary(model["vocab"], where);
  const lines = file["post_processor"] !== null;
  const tokenizer = build(file, model, tokens, lines, where);
  requireSame(file, tokenizer.toJSON(), where);
  return tokenizer;
}

function build(
  file: JsonObject,
  model: JsonObject,
  tokens: readonly string[],
  lines: boolean,
  where: string,
): Tokenizer {
  if (model["type"] === "WordPiece") {
    const words = afterSpecial(tokens, lines ? [UNKNOWN, BOS, EOS] : [UNKNOWN, EOS], where);
    requireEach(words, (word) => isWord(word) && !hasLoneSurrogate(word), "a word", where);
    return new WordTokenizer({ mode: readMode(file, where), words, lines });
  }
  if (model["type"] === "BPE" && file["pre_tokenizer"] === null) {
    const characters = afterSpecial(tokens, lines ? [UNKNOWN, BOS, EOS] : [UNKNOWN], where);
    requireEach(characters, isCharacter, "one character", where);
    return new CharTokenizer({ characters, lines });
  }
  if (model["type"] === "BPE") {
    const learned = afterSpecial(tokens, [...(lines ? [BOS, EOS] : []), ...BYTE_ALPHABET], where);
    requireEach(
      learned,
      (token) => token !== "" && bytesOfToken(token) !== undefined,
      "made of bytes",
      where,
    );
    return new BpeTokenizer({ tokens: learned, merges: readMerges(model["merges"], tokens, where), lines });
  }
  return fail(where, `its model is ${show(model["type"])}, not "BPE" or "WordPiece"`);
}

/** Token by id; ids must be 0 … n − 1, each once. */
function readVocabulary(value: unknown, where: string): string[] {
  const entries = Object.entries(object(value, where, '"model.vocab"'));
  const tokens = new Array<string | undefined>(entries.length);
  for (const [token, id] of entries) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= entries.length) {
      fail(where, `the id of token ${show(token)} is ${show(id)}, not one of 0 … ${entries.length - 1}`);
    } else if (tokens[id] !== undefined) {
      fail(where, `the tokens ${show(tokens[id])} and ${show(token)} have the same id ${id}`);
    } else tokens[id] = token;
  }
  return tokens as string[];
}

function afterSpecial(tokens: readonly string[], special: readonly string[], where: string): string[] {
  special.forEach((token, id) => {
    if (tokens[id] !== token) fail(where, `token ${id} is ${show(tokens[id])} where ${show(token)} belongs`);
  });
  return tokens.slice(special.length);
}

function requireEach(
  tokens: readonly string[],
  holds: (token: string) => boolean,
  what: string,
  where: string,
): void {
  const wrong = tokens.find((token) => !holds(token));
  if (wrong !== undefined) fail(where, `the token ${show(wrong)} is not ${what}`);
}

function readMode(file: JsonObject, where: string): WordMode {
  const preTokenizer = object(file["pre_tokenizer"], where, '"pre_tokenizer"');
  const pattern = object(preTokenizer["pattern"], where, '"pre_tokenizer.pattern"')["Regex"];
  const mode = (Object.keys(WORD_PATTERNS) as WordMode[]).find((known) => WORD_PATTERNS[known] === pattern);
  return mode ?? fail(where, `words are found by a pattern that is not known here: ${show(pattern)}`);
}

function readMerges(value: unknown, tokens: readonly string[], where: string): [string, string][] {
  if (!Array.isArray(value)) return fail(where, '"model.merges" is not a list');
  const known = new Set(tokens);
  const seen = new Set<string>();
  return value.map((merge: unknown) => {
    const parts = typeof merge === "string" ? merge.split(" ") : [];
    const [left, right] = parts;
    if (left === undefined || right === undefined || parts.length !== 2) {
      return fail(where, `the merge ${show(merge)} is not two tokens with a space between`);
    }
    for (const token of [left, right, left + right]) {
      // Special tokens are no bytes, so nothing merges into or out of them.
      if (!known.has(token) || bytesOfToken(token) === undefined || token === BOS || token === EOS) {
        return fail(
          where,
          `the merge ${show(merge)} needs the token ${show(token)}, which is not in the vocabulary`,
        );
      }
    }
    if (seen.has(merge as string)) return fail(where, `the merge ${show(merge)} stands twice`);
    seen.add(merge as string);
    return [left, right];
  });
}

/** Every part but the vocabulary and merges, which have been read, must be what would be written. */
function requireSame(file: JsonObject, written: JsonObject, where: string): void {
  for (const key of new Set([...Object.keys(written), ...Object.keys(file)])) {
    if (key !== "model" && !sameJson(file[key], written[key])) unlike(key, file[key], written[key], where);
  }
  const [model, writtenModel] = [file["model"] as JsonObject, written["model"] as JsonObject];
  for (const key of new Set([...Object.keys(writtenModel), ...Object.keys(model)])) {
    if (key === "vocab" || key === "merges") continue;
    if (!sameJson(model[key], writtenModel[key]))
      unlike(`model.${key}`, model[key], writtenModel[key], where);
  }
  if ("merges" in model && !sameJson(model["merges"], writtenModel["merges"])) {
    fail(where, '"model.merges" is not empty where no merges belong');
  }
}

function unlike(key: string, found: unknown, wanted: unknown, where: string): never {
  return fail(
    where,
    `"${key}" is ${show(found)} where ${wanted === undefined ? "nothing" : show(wanted)} belongs`,
  );
}

/** Equal as JSON values, whatever the order of keys. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as JsonObject, b as JsonObject];
  const keys = Object.keys(x);
  if (keys.length !== Object.keys(y).length) return false;
  return keys.every((key) => Object.hasOwn(y, key) && sameJson(x[key], y[key]));
}

function object(value: unknown, where: string, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  return fail(where, `${what} is ${show(value)}, not an object`);
}

/** A value in a message: as JSON, not too much of it. */
function show(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

function fail(where: string, problem: string): never {
  throw new UserError(
    `${where} is not a tokenizer that this version can read: ${problem}; use the file that was saved with the model.`,
  );
}

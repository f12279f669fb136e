/** Reads lists of hypotheses and references from files and folders; which form they have is seen from what they hold. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { parseJson } from "../format/json.js";
import { readRegularFile } from "../format/regular-file.js";
import { fileError } from "../format/system-error.js";
import { isGzip } from "../text/corpus/file-kind.js";
import type { LIST_FORMS } from "../options/words.js";
import { gunzip } from "../text/corpus/gunzip.js";
import { espnetLists, type EspnetPlace } from "./forms/espnet-lists.js";
import { jsonLists } from "./forms/json-lists.js";
import { type CostFile, kaldiLists, kaldiTexts } from "./forms/kaldi-lists.js";
import { srilmList } from "./forms/srilm-lists.js";
import { trnTexts } from "./forms/trn.js";
import type { FoundUtterance, Utterance } from "./lists.js";
import { type References, wholeLists } from "./whole-lists.js";

export type ListForm = (typeof LIST_FORMS)[number];

/** Longest file that is read, unpacked. */
const MOST_BYTES = 2 ** 29;

/** Kaldi's score files in a folder of lists, with the names that their scores get. */
const KALDI_SCORES: Readonly<Record<string, string>> = {
  acwt: "acoustic",
  "lmwt.nolm": "graph",
  "lmwt.lmonly": "lm",
};

/** The text of a file, unpacked where it is gzip. @throws UserError where it cannot be read, or is not UTF-8 */
async function textOf(path: string): Promise<string> {
  const bytes = await readRegularFile(path, MOST_BYTES);
  const whole = isGzip(bytes) ? unpacked(bytes, path) : bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(whole).replaceAll("\r\n", "\n");
  } catch (error) {
    throw new UserError(`${path} is not UTF-8 text; convert it, or give another file.`, { cause: error });
  }
}

function unpacked(bytes: Uint8Array, path: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (const piece of gunzip(bytes, path)) {
    size += piece.length;
    if (size > MOST_BYTES)
      throw new UserError(`${path} unpacks to more than ${MOST_BYTES} bytes; split it into several files.`);
    pieces.push(piece.slice());
  }
  return Buffer.concat(pieces);
}

/**
 * Lists of one set: files and folders, one after the other.
 * @param references a file of transcripts, as Kaldi or SCTK (trn) writes them; else those in the lists
 * @throws UserError for what cannot be read, has no known form, or does not fit together
 */
export async function readLists(
  paths: readonly string[],
  { form = "auto", references }: { readonly form?: ListForm; readonly references?: string } = {},
): Promise<Utterance[]> {
  const known = references === undefined ? undefined : await readReferences(references);
  const found: FoundUtterance[] = [];
  for (const path of paths) found.push(...(await foundIn(path, form)));
  return wholeLists(found, paths.join(", "), known);
}

/** @throws UserError for what is no transcript */
export async function readReferences(path: string): Promise<References> {
  const text = await textOf(path);
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith(";;"));
  if (lines.length === 0)
    throw new UserError(`${path} is empty; give a file with a reference for each utterance.`);
  // By most of them, so that a line without its utterance is refused as what it is.
  const isTrn = 2 * lines.filter((line) => /\([^\s()]+\)\s*$/.test(line)).length > lines.length;
  return { name: path, texts: isTrn ? trnTexts(text, path) : kaldiTexts(text, path) };
}

async function foundIn(path: string, form: ListForm): Promise<FoundUtterance[]> {
  const status = await stat(path).catch((error: unknown) => {
    throw fileError(error, "read", path);
  });
  if (status.isDirectory()) return inFolder(path, form);
  const text = await textOf(path);
  switch (form === "auto" ? formOf(text, path) : form) {
    case "json":
      return jsonLists(parseJson(text, path), path);
    case "srilm":
      return [srilmList(text, path, idOf(path))];
    case "kaldi":
      return kaldiLists(text, path);
    default:
      throw new UserError(
        `${path} is a file, and ESPnet's lists are a folder with 1best_recog and so on; give that.`,
      );
  }
}

async function inFolder(folder: string, form: ListForm): Promise<FoundUtterance[]> {
  const names = (await readdir(folder)).toSorted();
  const places = names.flatMap((name) => /^([1-9]\d*)best_recog$/.exec(name)?.[1] ?? []).map(Number);
  const guessed = places.includes(1) ? "espnet" : names.includes("words_text") ? "kaldi" : "srilm";
  switch (form === "auto" ? guessed : form) {
    case "espnet": {
      if (!places.includes(1))
        throw new UserError(
          `${folder} has no folder 1best_recog, with which ESPnet's lists begin; give the folder that holds it.`,
        );
      const sorted = places.toSorted((a, b) => a - b);
      return espnetLists(
        await Promise.all(sorted.map((n) => espnetPlace(join(folder, `${n}best_recog`), n))),
      );
    }
    case "kaldi": {
      if (!names.includes("words_text"))
        throw new UserError(
          `${folder} has no words_text, in which Kaldi's lists have their words; give the folder that holds it.`,
        );
      const files = names.filter((name) => Object.hasOwn(KALDI_SCORES, name) || name.startsWith("lmwt."));
      const costs = files.map(async (name): Promise<CostFile> => {
        const file = join(folder, name);
        return {
          score: KALDI_SCORES[name] ?? name.slice("lmwt.".length),
          name: file,
          text: await textOf(file),
        };
      });
      const file = join(folder, "words_text");
      return kaldiLists(await textOf(file), file, await Promise.all(costs));
    }
    case "json":
      throw new UserError(`${folder} is a folder; give the JSON files themselves.`);
    default: {
      const files = names.filter(
        (name) => /\.(nbest|nbest1|nbest2|nbest3|gz|txt)$/.test(name) || !name.includes("."),
      );
      if (files.length === 0)
        throw new UserError(
          `${folder} holds no lists of hypotheses that are known; give a folder with words_text (Kaldi), 1best_recog (ESPnet) or files that end in .nbest (SRILM), or files of JSON.`,
        );
      return Promise.all(
        files.map(async (name) =>
          srilmList(await textOf(join(folder, name)), join(folder, name), idOf(name)),
        ),
      );
    }
  }
}

async function espnetPlace(folder: string, n: number): Promise<EspnetPlace> {
  const text = join(folder, "text");
  const score = join(folder, "score");
  const hasScore = await stat(score).then(
    () => true,
    () => false,
  );
  return {
    n,
    text: { name: text, content: await textOf(text) },
    score: hasScore ? { name: score, content: await textOf(score) } : undefined,
  };
}

/** A file's name without folders and endings names its utterance. */
const idOf = (path: string): string => path.replace(/^.*[\\/]/, "").replace(/(\.(gz|nbest\d?|txt))+$/, "");

/** @throws UserError where it looks like none of the forms */
function formOf(text: string, path: string): Exclude<ListForm, "auto"> {
  if (/^\s*[[{]/.test(text)) return "json";
  const line = text.split("\n").find((each) => each.trim() !== "") ?? "";
  if (
    line.startsWith("NBestList") ||
    /^\s*-?[\d.]+(e[+-]?\d+)?\s+-?[\d.]+(e[+-]?\d+)?\s+\d+(\s|$)/i.test(line)
  )
    return "srilm";
  if (/^\S+-\d+(\s|$)/.test(line)) return "kaldi";
  throw new UserError(
    `${path} looks like none of the known lists; give JSON ([{ "ref": …, "hyps": […] }]), Kaldi's words_text, SRILM's n-best lists, or ESPnet's folders.`,
  );
}

/** Notices about the files that were found. */
import type { CorpusFile, SkippedFile } from "./found-files.js";

/** Files that are named in a sentence; the others are counted. */
const NAMED = 5;

/** Sentences on files that are skipped, and on files that are learned as plain text but look like something else. */
export function noticesOf(files: readonly CorpusFile[], skipped: readonly SkippedFile[]): string[] {
  const notices = skipped.length > 0 ? [skippedNotice(skipped)] : [];
  notices.push(...asWrittenNotices(files.flatMap(({ name, form }) => (form === "text" ? [name] : []))));
  for (const { name, looksLikeRecords } of files) {
    if (!looksLikeRecords) continue;
    notices.push(
      `${name} looks like JSON Lines and is learned as written, braces and all; name the field that holds the text to learn only that.`,
    );
  }
  return notices;
}

const RECORDS =
  "to learn only the texts inside, write them as .jsonl, one object a line, and name their field";

/** By the ends of names: what such files contain besides text, and how to read them otherwise. */
const AS_THEY_STAND: readonly (readonly [RegExp, kind: string, meant: string])[] = [
  [/\.(csv|tsv)(\.gz)?$/i, "header, separators and quotes", RECORDS],
  [/\.json(\.gz)?$/i, "braces and keys", RECORDS],
  [/\.(html?|xml|svg)(\.gz)?$/i, "tags", "to learn only the text, take the tags out first"],
  [/\.rtf(\.gz)?$/i, "control words", "to learn only the text, save it as plain text first"],
];

/** Sentences on files that are learned as plain text although, by their names, only a part of them is text. */
export function asWrittenNotices(names: readonly string[]): string[] {
  return AS_THEY_STAND.flatMap(([pattern, kind, meant]) => {
    const such = names.filter((name) => pattern.test(name));
    if (such.length === 0) return [];
    return `${listed(such)} ${such.length === 1 ? "is" : "are"} learned as written, ${kind} and all; ${meant}.`;
  });
}

/** "Of the files found, 2 were passed over: a.png (binary), b (empty)." */
export function skippedNotice(skipped: readonly SkippedFile[]): string {
  return `Of the files found, ${skippedClause(skipped)}.`;
}

/** "2 were passed over: a.png (binary), b (empty)", to stand within a sentence. */
export function skippedClause(skipped: readonly SkippedFile[]): string {
  const count = skipped.length === 1 ? "1 was" : `${skipped.length.toLocaleString("en-US")} were`;
  return `${count} passed over: ${listed(skipped.map(({ path, reason }) => `${path} (${reason})`))}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(", ");
  const more = names.length - NAMED;
  return more > 0 ? `${shown}, and ${more.toLocaleString("en-US")} more` : shown;
}

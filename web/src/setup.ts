/** The chosen text and options. */
import { signal } from "@preact/signals";
import {
  type BrowserTrainOptions,
  type Cell,
  readText,
  type TokenizerKind,
  UserError,
} from "recurra/browser";
import { checkValue, TRAIN_OPTIONS } from "recurra/options";
import { kept } from "./kept.js";
import bookAddress from "../../dist/book/moby-dick.txt?url";

export type Source = "book" | "paste" | "file";

/** A text with the name of the model that learns it. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

export const source = signal<Source>("book");
export const pasted = kept("pasted", "");
export const file = signal<(NamedText & { readonly notices: readonly string[] }) | undefined>(undefined);
/** The name of the file that is being read. */
export const reading = signal("");
export const tokenizer = signal<TokenizerKind>(TRAIN_OPTIONS.tokenizer.default);
export const cell = signal<Cell>(TRAIN_OPTIONS.cell.default);
export const lines = signal(false);
/** Numbers as they were typed; an empty one is left to its default. */
export const numbers = kept<Readonly<Record<string, string>>>("numbers", {
  maxMinutes: "2",
});

/** A vocabulary of all words would make each step slow; so many are learned within minutes. */
export const VOCABULARY: Readonly<Partial<Record<TokenizerKind, number>>> = { word: 6000, bpe: 2000 };

/** More than this is better trained on with the command line. */
const MOST_BYTES = 100e6;

/** Takes a file that was picked or dropped. @throws UserError where it is empty, too large or not text */
export async function takeFile(picked: ArrayLike<File> | null | undefined): Promise<void> {
  const [first, ...others] = Array.from(picked ?? []);
  if (!first) return;
  if (others.length > 0) {
    throw new UserError(
      `${others.length + 1} files were given; choose one, or join them first. (The command line takes as many as there are.)`,
    );
  }
  if (first.size > MOST_BYTES) {
    throw new UserError(
      `${first.name} has ${Math.round(first.size / 1e6)} MB; the playground takes up to ${MOST_BYTES / 1e6} MB. Train on it with the command line: npx recurra train.`,
    );
  }
  source.value = "file";
  reading.value = first.name;
  file.value = undefined;
  try {
    const notices: string[] = [];
    const text = await readText(first, { onNotice: (message) => void notices.push(message) });
    file.value = { name: first.name, text, notices };
  } finally {
    reading.value = "";
  }
}

/** @throws UserError where there is none yet */
export async function chosenText(): Promise<NamedText> {
  if (source.value === "paste") {
    if (pasted.value.trim() === "")
      throw new UserError("There is no text yet; paste some, or choose Moby-Dick.");
    return { name: beginningOf(pasted.value), text: pasted.value };
  }
  if (source.value === "file") {
    if (!file.value) throw new UserError("No file was chosen yet; choose one, or take Moby-Dick.");
    return { name: file.value.name.replace(/(\.\w+)(\.gz)?$/, ""), text: file.value.text };
  }
  const response = await fetch(bookAddress).catch(() => undefined);
  if (!response?.ok) {
    throw new UserError("The book could not be loaded; check the connection and try again.");
  }
  return { name: "Moby-Dick", text: await response.text() };
}

/** The first words of a text, to know it again by. */
function beginningOf(text: string): string {
  const words = text.trim().split(/\s+/, 5).join(" ");
  return words.length > 32 ? `${Array.from(words).slice(0, 31).join("")}…` : words;
}

/** The minutes that were typed. @throws UserError where they are not a number above zero */
export function chosenMinutes(): number {
  const minutes = Number(numbers.value["maxMinutes"] || "2");
  checkValue("maxMinutes", minutes, TRAIN_OPTIONS.maxMinutes);
  return minutes;
}

/** The options of a new run. */
export function chosenOptions(): Omit<BrowserTrainOptions, "text"> {
  const given = Object.entries(numbers.value).filter(
    ([key, value]) => value !== "" && (key !== "vocabSize" || tokenizer.value !== "char"),
  );
  return {
    cell: cell.value,
    tokenizer: tokenizer.value,
    lines: lines.value,
    ...(VOCABULARY[tokenizer.value] !== undefined && { vocabSize: VOCABULARY[tokenizer.value] }),
    ...(Object.fromEntries(
      given.map(([key, value]) => [key, Number(value)]),
    ) as Partial<BrowserTrainOptions>),
  };
}

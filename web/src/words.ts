/** Whole words that may be meant at the caret, as the keyboards of phones have them. */
import { effect, signal } from "@preact/signals";
import type { BrowserModel, Suggestion } from "recurra/browser";
import { model, problem, sentence } from "./session.js";
import { hushed, lessons, seen } from "./suggestions.js";
import { phase } from "./training.js";
import { caret, insert, running, selecting, text } from "./writing.js";

export const MOST_WORDS = 3;
/** Characters before the caret that are read at least, where there are so many; and how much more may be. */
const READ = 10_000;
const STEP = 5000;

/** The most probable words at the caret. */
export const words = signal<readonly Suggestion[]>([]);

/** One question at a time: the worker answers them in order, and what was typed meanwhile makes the others void. */
let asking = false;
let wanted: { readonly from: BrowserModel; readonly before: string } | undefined;

effect(() => {
  const before = text.value.slice(0, caret.value);
  const from = model.value;
  void lessons.value;
  wanted =
    from && seen.value && !running.value && !hushed.value && !selecting.value ? { from, before } : undefined;
  if (!wanted) words.value = [];
  else if (!asking) void ask();
});

async function ask(): Promise<void> {
  asking = true;
  try {
    for (let now = wanted; now; now = wanted) {
      const found = await now.from.complete(nearCaret(now.before), { suggestions: MOST_WORDS });
      if (wanted !== now) continue;
      words.value = found;
      break;
    }
  } catch (error) {
    words.value = [];
    if (phase.value === "none") problem.value = sentence(error);
  } finally {
    asking = false;
  }
}

/** The end of a text; it begins at the same place while some thousand characters are typed, so that little is read anew. */
function nearCaret(before: string): string {
  const from = Math.max(0, STEP * Math.floor((before.length - READ) / STEP));
  return before.slice(from).replace(/^[\udc00-\udfff]/, "");
}

/** Takes the word of that number, with the space that mostly comes after it. */
export function takeWord(index: number): void {
  const word = words.value[index];
  if (!word || running.value || selecting.value) return;
  const after = /^\s/.test(text.value.slice(caret.value)) ? "" : " ";
  insert(word.text + after, caret.value);
}

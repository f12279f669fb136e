/** What may come next: tokens at the caret, and grey words after the end of the text. */
import { effect, signal } from "@preact/signals";
import type { NextToken } from "recurra/browser";
import { model, problem, sentence } from "./session.js";
import { phase } from "./training.js";
import { promptOf } from "../write-on.js";
import { caret, insert, running, selecting, temperature, text } from "./writing.js";

export const MOST_NEXT = 5;
/** Milliseconds without a key after which the model is queried. */
const STILL = 180;
/** A model in training is queried again this often, in milliseconds. */
const AGAIN = 3000;

/** The most probable tokens at the caret. */
export const next = signal<readonly NextToken[]>([]);
/** What the model would most probably write at the end of the text. */
export const ghost = signal("");
/** True from Esc until the text changes. */
export const hushed = signal(false);
/** The view is seen: there is somebody to suggest to. */
export const seen = signal(false);

/** The grey words are being thought of, and Tab waits for them. */
let expected = false;
let awaited = false;

/** Counts up while a model is in training, and when it is done. */
export const lessons = signal(0);
effect(() => {
  if (!seen.value || phase.value === "none") return;
  const timer = setInterval(() => lessons.value++, AGAIN);
  return () => {
    clearInterval(timer);
    lessons.value++;
  };
});

let suggestedFor = "";
effect(() => {
  const now = text.value;
  const at = caret.value;
  const degrees = temperature.value;
  const from = model.value;
  void lessons.value;
  // What was suggested for another text is wrong here; for the same one it stands until there is better.
  const where = JSON.stringify([now, at]);
  if (where !== suggestedFor) {
    ghost.value = "";
    awaited = false;
  }
  suggestedFor = where;
  expected = false;
  if (!from || !seen.value || running.value || hushed.value || selecting.value) return;
  const asking = new AbortController();
  expected = at === now.length && now !== "";
  const timer = setTimeout(() => {
    suggest(now, at, degrees, asking.signal)
      .catch((error: unknown) => {
        if (phase.value === "none" && !asking.signal.aborted) problem.value = sentence(error);
      })
      .finally(() => {
        if (!asking.signal.aborted) expected = false;
      });
  }, STILL);
  return () => {
    asking.abort();
    clearTimeout(timer);
  };
});
effect(() => {
  void text.value;
  hushed.value = false;
});
async function suggest(now: string, at: number, degrees: number, left: AbortSignal): Promise<void> {
  const from = model.value!;
  const prefix = now.slice(0, at);
  const tokens = await from.next(prefix, { count: MOST_NEXT, temperature: degrees });
  if (left.aborted) return;
  next.value = tokens;
  if (at < now.length || now === "") return;
  let rest = "";
  const most = from.info.tokenizer.kind === "char" ? 18 : 5;
  const options = {
    prompt: promptOf(prefix, from),
    length: most,
    temperature: 0,
    stop: ["\n"],
    signal: left,
  };
  for await (const piece of from.generate(options)) rest += piece.text;
  // Whole words only, as far as there are any.
  if (left.aborted) return;
  ghost.value = rest.replace(/(?<=\S)\s+\S*$/, "");
  if (awaited && ghost.value !== "") insert(ghost.value, now.length);
}

/** Tab: takes the grey words, or has them taken as soon as they are there. False where none are coming. */
export function complete(): boolean {
  if (running.value) return false;
  if (ghost.value !== "") insert(ghost.value, text.value.length);
  else if (expected) awaited = true;
  else return false;
  return true;
}

/** Takes the token of that number from those that may come next. */
export function take(index: number): void {
  const token = next.value[index];
  if (token && token.text !== "" && !running.value && !selecting.value) insert(token.text, caret.value);
}

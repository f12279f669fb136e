/** The text that is written on: what stands there, what may come next, and how the model goes on with it. */
import { batch, effect, signal } from "@preact/signals";
import type { NextToken } from "recurra/browser";
import { model, problem, sentence } from "./session.js";
import { phase } from "./training.js";

export const text = signal("The whale ");
/** Index in the text where the caret stands. */
export const caret = signal(text.value.length);
export const temperature = signal(0.7);
export const topK = signal("");
export const topP = signal(1);
export const length = signal("300");
export const seed = signal("");
export const running = signal<AbortController | undefined>(undefined);
/** The text before it was last changed by a button. */
export const before = signal<string | undefined>(undefined);
/** The most probable tokens at the caret. */
export const next = signal<readonly NextToken[]>([]);
/** What the model would most probably write at the end of the text. */
export const ghost = signal("");
/** True from Esc until the text changes. */
export const hushed = signal(false);
export const note = signal("");
/** The view is seen: there is somebody to suggest to. */
export const seen = signal(false);

export const MOST_NEXT = 5;
const DEFAULT_LENGTH = 300;
/** Milliseconds without a key after which the model is asked. */
const STILL = 180;
/** A model in training is asked again this often, in milliseconds. */
const AGAIN = 3000;
/** Milliseconds between two pictures of the text that is being written. */
const FRAME = 30;

/** Counts up while a model is in training, and when it is done. */
const lessons = signal(0);
effect(() => {
  if (!seen.value || phase.value === "none") return;
  const timer = setInterval(() => lessons.value++, AGAIN);
  return () => {
    clearInterval(timer);
    lessons.value++;
  };
});

let asked = "";
effect(() => {
  const [now, at, degrees, from] = [text.value, caret.value, temperature.value, model.value];
  void lessons.value;
  // What was suggested for another text is wrong here; for the same one it stands until there is better.
  const place = JSON.stringify([now, at]);
  if (place !== asked) ghost.value = "";
  asked = place;
  if (!from || !seen.value || running.value || hushed.value) return;
  const asking = new AbortController();
  const timer = setTimeout(() => {
    suggest(now, at, degrees, asking.signal).catch((error: unknown) => {
      if (phase.value === "none" && !asking.signal.aborted) problem.value = sentence(error);
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
  const options = { prompt: prefix, length: most, temperature: 0, stop: ["\n"], signal: left };
  for await (const piece of from.generate(options)) rest += piece.text;
  // Whole words only, as far as there are any.
  if (!left.aborted) ghost.value = rest.replace(/(?<=\S)\s+\S*$/, "");
}

/** Goes on with the text; a second call ends that. */
export async function write(): Promise<void> {
  if (running.value) return running.value.abort();
  const from = model.value!;
  const stop = new AbortController();
  batch(() => {
    before.value = text.value;
    running.value = stop;
    note.value = "";
  });
  let waiting = "";
  let shown = 0;
  const show = (): void => {
    batch(() => {
      text.value += waiting;
      caret.value = text.value.length;
    });
    waiting = "";
    shown = performance.now();
  };
  try {
    const unknown = (await from.unknowns(text.value)).slice(0, 8);
    if (unknown.length > 0) note.value = `The model does not know ${unknown.join(" ")} and passes over it.`;
    const options = {
      prompt: text.value,
      length: length.value === "" ? DEFAULT_LENGTH : Number(length.value),
      temperature: temperature.value,
      topP: topP.value,
      ...(topK.value !== "" && { topK: Number(topK.value) }),
      ...(seed.value !== "" && { seed: Number(seed.value) }),
    };
    for await (const piece of from.generate({ ...options, signal: stop.signal })) {
      waiting += piece.text;
      if (performance.now() - shown > FRAME) {
        show();
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    }
  } finally {
    batch(() => {
      show();
      if (text.value === before.value) before.value = undefined;
      running.value = undefined;
    });
  }
}

/** Puts a piece of text at a place, and the caret after it. */
export function insert(added: string, at: number): void {
  batch(() => {
    text.value = text.value.slice(0, at) + added + text.value.slice(at);
    caret.value = at + added.length;
  });
}

/** Takes the token of that number from those that may come next. */
export function take(index: number): void {
  const token = next.value[index];
  if (token && token.text !== "" && !running.value) insert(token.text, caret.value);
}

export function clear(): void {
  batch(() => {
    before.value = text.value;
    text.value = "";
    caret.value = 0;
  });
}

export function takeBack(): void {
  batch(() => {
    text.value = before.value!;
    caret.value = text.value.length;
    before.value = undefined;
  });
}

/** The text in the editor, and how the model continues it. */
import { batch, computed, effect, signal } from "@preact/signals";
import { UserError } from "recurra/browser";
import { GENERATE_OPTIONS } from "recurra/options";
import { anySeed, MOST_PROMPT, promptOf, writeOn } from "../write-on.js";
import { offered } from "./offered-text.js";
import { OwnWords } from "./own-words.js";
import { model, announce } from "./session.js";

export const text = offered("write", ({ excerpt, lines }) => (lines ? "" : beginningOf(excerpt)));
/** Whose each of its characters is. What the person types is noted first; all other changes are not the person's. */
export const own = new OwnWords();
effect(() => own.change(text.value, "model"));
const place = signal(Infinity);
/** Index in the text where the caret stands; the end, until it is moved. */
export const caret = computed(() => Math.min(place.value, text.value.length));
/** Some of the text is selected, so that nothing can come next. */
export const selecting = signal(false);
export const temperature = signal(0.7);
export const topK = signal("");
export const topP = signal(1);
/** Tokens to write, and, for a model of lines, lines; what an empty field means, too. */
const USUAL_TOKENS = "300";
const USUAL_LINES = "10";
export const length = signal(USUAL_TOKENS);
export const lineCount = signal(USUAL_LINES);
/** Of the field for lines: a page's own, as generation counts tokens. */
export const LINES_LABEL = "Lines";
export const seed = signal("");
export const running = signal<AbortController | undefined>(undefined);
/** The text before it was last changed by a button. */
export const before = signal<string | undefined>(undefined);
export const note = signal("");
/** Tokens that are written at a time. */
const MOST_TOKENS = 10_000;
/** Milliseconds in which a second press is taken for the same. */
const JUST = 500;
/** Milliseconds between two pictures of the text that is being written. */
const FRAME = 30;

let endedAt = -Infinity;

/** The first words of a text. */
function beginningOf(excerpt: string): string {
  const words = excerpt.split(/\s+/, 2).join(" ");
  return words === "" ? "" : `${words} `;
}

// Another model does not continue a text that was begun with this one.
effect(() => {
  void model.value;
  running.peek()?.abort();
});

/** Goes on with the text; a second call ends that. */
export async function write(): Promise<void> {
  if (running.value) return running.value.abort();
  // A press meant to stop it, just as it ended, must not start it again.
  if (performance.now() - endedAt < JUST) return;
  const amount = howMuch();
  const from = model.value!;
  const stop = new AbortController();
  batch(() => {
    before.value = text.value;
    running.value = stop;
    note.value = "";
  });
  const screen = new Screen();
  try {
    const prompt = promptOf(text.value, from);
    const unknown = (await from.unknowns(prompt)).slice(0, 8);
    note.value =
      unknown.length > 0
        ? `The model does not know ${unknown.map((piece) => JSON.stringify(piece)).join(" ")} and passes over it.`
        : prompt.length === MOST_PROMPT
          ? `The model reads the last ${MOST_PROMPT.toLocaleString("en")} characters of the text.`
          : "";
    const options = {
      temperature: temperature.value,
      topP: topP.value,
      ...(topK.value !== "" && { topK: Number(topK.value) }),
      signal: stop.signal,
    };
    const chance = seed.value === "" ? anySeed() : Number(seed.value);
    const pieces = writeOn(from, text.value, { ...options, amount, seed: chance });
    for await (const piece of pieces) await screen.add(piece);
  } finally {
    screen.show();
    batch(() => {
      if (text.value === before.value) before.value = undefined;
      running.value = undefined;
    });
    endedAt = performance.now();
    announce("The model has written.");
  }
}

/** Tokens, or lines, to write. @throws UserError where it is no such number */
function howMuch(): number {
  const lines = model.value!.info.tokenizer.lines;
  const given = (lines ? lineCount.value : length.value) || (lines ? USUAL_LINES : USUAL_TOKENS);
  const amount = Number(given);
  const most = lines ? 1000 : MOST_TOKENS;
  if (Number.isInteger(amount) && amount >= 1 && amount <= most) return amount;
  throw new UserError(
    `${lines ? LINES_LABEL : GENERATE_OPTIONS.length.label} is ${given}; give a whole number from 1 to ${most.toLocaleString("en")}. To go further, press Continue again.`,
  );
}

/** Shows new text once a frame. */
class Screen {
  #waiting = "";
  #next = 0;

  async add(written: string): Promise<void> {
    this.#waiting += written;
    const start = performance.now();
    if (start < this.#next) return;
    this.show();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    // A long text takes long to draw: most of the time is left to everything else.
    this.#next = performance.now() + Math.max(FRAME, 3 * (performance.now() - start));
  }

  show(): void {
    batch(() => {
      text.value += this.#waiting;
      place.value = Infinity;
    });
    this.#waiting = "";
  }
}

/** Types into the field, where it is focused, so that inserted text can be undone like typed text; false elsewhere. */
let typist: ((added: string, at: number) => boolean) | undefined;
export function setTypist(types: typeof typist): void {
  typist = types;
}

/** Puts a piece of text at a place, and the caret after it. */
export function insert(added: string, at: number): void {
  if (typist?.(added, at)) return;
  const now = text.value.slice(0, at) + added + text.value.slice(at);
  own.change(now, "person");
  batch(() => {
    text.value = now;
    place.value = at + added.length;
  });
}

/** A person has typed: there is nothing to take back any more. */
export function typed(now: string, at: number, to: number): void {
  own.change(now, "person");
  batch(() => {
    if (now !== text.value) {
      before.value = undefined;
      note.value = "";
    }
    text.value = now;
    place.value = at;
    selecting.value = to > at;
  });
}

export function clear(): void {
  batch(() => {
    before.value = text.value;
    text.value = "";
    place.value = Infinity;
  });
}

export function takeBack(): void {
  batch(() => {
    text.value = before.value!;
    place.value = Infinity;
    before.value = undefined;
  });
}

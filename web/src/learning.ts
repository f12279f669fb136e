/** Learning from what a person writes: when it pauses, what it gained, and forgetting. */
import { batch, effect, signal } from "@preact/signals";
import type { ProfileInfo } from "recurra/browser";
import { announce, attempt, download, model, opened } from "./session.js";
import { lessons } from "./suggestions.js";
import { phase } from "./training.js";
import { own, running, text } from "./writing.js";

/** Milliseconds without a key after which what was written is learned from. */
const STILL = 2000;
/** Characters of a piece at least. */
const LEAST = 20;

/** The person wants it. */
export const learns = signal(false);
/** What the open model has learned. */
export const learned = signal<ProfileInfo["points"]>([]);

// What another model has learned is not this one's.
effect(() => {
  void model.value;
  learned.value = [];
});

effect(() => {
  void text.value;
  if (!learns.value || !model.value || running.value || phase.value !== "none") return;
  const timer = setTimeout(() => void attempt(learn), STILL);
  return () => clearTimeout(timer);
});

let learning: Promise<void> | undefined;

/** Learns from what was written since the last time. One thing after the other. */
export async function learn(): Promise<void> {
  await learning?.catch(() => {});
  const from = model.value;
  const pieces = own.take(LEAST);
  if (!from || pieces.length === 0) return;
  const work = async (): Promise<void> => {
    const { points } = await (
      await from.learner()
    ).adapt(pieces.join(from.info.tokenizer.lines ? "\n" : " "));
    if (model.value !== from) return;
    batch(() => {
      learned.value = points;
      lessons.value++;
    });
    announce("The model has learned from what you wrote.");
  };
  learning = work();
  try {
    await learning;
  } catch (error) {
    learns.value = false;
    throw error;
  }
}

/** The model is as it was trained again. */
export async function forget(): Promise<void> {
  await learning?.catch(() => {});
  await (await model.value?.learner())?.forget();
  batch(() => {
    learned.value = [];
    learns.value = false;
    lessons.value++;
  });
  announce("What was learned is forgotten.");
}

/** Gives the person the profile's file, which the command line takes too. */
export async function keepProfile(): Promise<void> {
  const bytes = await (await model.value?.learner())?.profile();
  if (bytes)
    download(`${opened.value?.name ?? "model"}-profile.safetensors`, bytes, "application/octet-stream");
}

/** "Learned from 1,234 characters: 2.05 bits each, 2.31 without learning (11 % fewer)." */
export function gainText(points: ProfileInfo["points"]): string {
  const sum = { characters: 0, bits: 0, plainBits: 0 };
  for (const { characters, bits, plainBits } of points) {
    sum.characters += characters;
    sum.bits += bits;
    sum.plainBits += plainBits;
  }
  const { characters, bits, plainBits } = sum;
  const each = (total: number): string => (total / characters).toFixed(2);
  const change = Math.round(100 * (bits / plainBits - 1));
  const compared = change < 0 ? `${-change} % fewer` : change > 0 ? `${change} % more` : "about as many";
  return `Learned from ${characters.toLocaleString("en")} characters: ${each(bits)} bits each as you wrote them, ${each(plainBits)} without learning (${compared}).`;
}

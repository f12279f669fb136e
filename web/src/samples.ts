/** What a model writes as it learns. */
import { signal } from "@preact/signals";
import type { BrowserModel } from "recurra/browser";

/** Written after so many steps, at this loss. */
export interface Sample {
  readonly step: number;
  readonly loss: number;
  readonly text: string;
}

export const samples = signal<readonly Sample[]>([]);

const SAMPLE_CHARACTERS = 160;
/** Of a model of lines. */
const SAMPLE_LINES = 6;
const MOST_SAMPLES = 6;
const TEMPERATURE = 0.7;

/** Has the model write, always from the same draws, so that only what it has learned differs. */
export async function takeSample(
  model: BrowserModel,
  at: () => Omit<Sample, "text"> | undefined,
  stop?: AbortSignal,
): Promise<void> {
  const text = await sampleOf(model, SAMPLE_CHARACTERS, stop);
  const place = at();
  if (text === "" || stop?.aborted || !place) return;
  samples.value = [{ ...place, text }, ...samples.value].slice(0, MOST_SAMPLES);
}

/** Some text that the model writes from nothing; of a model of lines, some lines. */
export async function sampleOf(model: BrowserModel, characters: number, stop?: AbortSignal): Promise<string> {
  const { kind, lines } = model.info.tokenizer;
  const length = kind === "char" ? characters : Math.ceil(characters / 4);
  const texts = Array.from({ length: lines ? SAMPLE_LINES : 1 }, () => "");
  const options = { length, samples: texts.length, temperature: TEMPERATURE, seed: 1, signal: stop };
  for await (const { sample, text } of model.generate(options)) texts[sample] += text;
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("\n");
}

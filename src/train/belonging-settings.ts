/** Settings that go with a word of another setting, and are absent with its other words. */
import { defaultOf } from "../options/defaults.js";
import type { OptionTable } from "../options/description.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { TrainSettings } from "./run-settings.js";

const BELONGING = ["cooldown", "averageSpan", "averageEvery", "averageInterval"] as const;
type Belonging = (typeof BELONGING)[number];

/** The settings with those that belong to their words: as given, or their defaults; the others are left out. */
export function withBelonging(
  settings: TrainSettings,
  given: { readonly [Name in Belonging]?: number | undefined },
): TrainSettings {
  const table: OptionTable = TRAIN_OPTIONS;
  const words = settings as unknown as Readonly<Record<string, unknown>>;
  const all: Record<string, unknown> = { ...settings };
  for (const name of BELONGING) {
    const { belongsTo = {} } = table[name]!;
    const belongs = Object.entries(belongsTo).every(([other, chosen]) =>
      chosen.includes(String(words[other])),
    );
    if (belongs) all[name] = given[name] ?? defaultOf(table, name, words);
    else delete all[name];
  }
  return all as unknown as TrainSettings;
}

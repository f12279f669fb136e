/**
 * Settings that a person changes where a run goes on: they hold from that step on, and are recorded in the checkpoint,
 * the metrics and an event.
 */
import type { RunLimit, TrainSettings } from "./run-settings.js";

export type SettingName = Exclude<keyof TrainSettings, "limit"> | keyof RunLimit;
export type SettingValue = number | string | boolean;

/** A setting that was changed. */
export interface RunChange {
  /** Updates that were made before it. */
  readonly step: number;
  /** As its option is named in the library. */
  readonly setting: SettingName;
  /** Absent where there was none. */
  readonly from?: SettingValue;
  /** Absent where there is none any more. */
  readonly to?: SettingValue;
}

/** The windows depend on these: how the text is cut and what stands side by side. */
const OF_WINDOWS: ReadonlySet<SettingName> = new Set(["batchSize", "seqLen", "varySeqLen", "rotateStreams"]);
/** These change what is looked at, not how the run trains. */
const OF_LOOKING: ReadonlySet<SettingName> = new Set(["validateEvery", "patience"]);
const OF_LIMIT: ReadonlySet<SettingName> = new Set(["epochs", "steps", "maxMinutes"]);

/** Whether the text is cut into other windows. */
export const changesWindows = (changes: readonly RunChange[]): boolean => touches(changes, OF_WINDOWS);
/** Whether the end is another. */
export const changesLimit = (changes: readonly RunChange[]): boolean => touches(changes, OF_LIMIT);
/** Whether the weights are trained otherwise from then on, apart from when it ends. */
export const changesTraining = (changes: readonly RunChange[]): boolean =>
  changes.some(({ setting }) => !OF_LOOKING.has(setting) && !OF_LIMIT.has(setting));

function touches(changes: readonly RunChange[], settings: ReadonlySet<SettingName>): boolean {
  return changes.some(({ setting }) => settings.has(setting));
}

/** The settings that differ; samples are told at no cost to the run, and when is no change of it. */
export function changesBetween(before: TrainSettings, after: TrainSettings, step: number): RunChange[] {
  const [from, to] = [recorded(before), recorded(after)];
  const names = Object.keys({ ...from, ...to }) as SettingName[];
  return names
    .filter((name) => from[name] !== to[name])
    .map((setting) => ({
      step,
      setting,
      ...(from[setting] !== undefined && { from: from[setting] }),
      ...(to[setting] !== undefined && { to: to[setting] }),
    }));
}

/** The settings that are recorded, as one list; one that is 0 for "not given" is not there. */
function recorded({ limit, ...settings }: TrainSettings): Partial<Record<SettingName, SettingValue>> {
  const all: Partial<Record<SettingName, SettingValue>> = { ...settings, ...limit };
  delete all.sampleEvery;
  for (const name of OF_LOOKING) if (all[name] === 0) delete all[name];
  return all;
}

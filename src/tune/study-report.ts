/** A study as plain data, for the page that shows it. */
import { flagName } from "./flag-name.js";
import { type LearnedData, learnedJson } from "./learned-json.js";
import type { Setting, SettingValue } from "./space.js";
import type { Study } from "./study.js";
import type { Constraints, CurvePoint, TrialLength } from "./trial-runner.js";

export interface ReportedTrial {
  readonly trial: number;
  readonly setting: Setting;
  /** The best that it measured, and where. */
  readonly bitsPerChar: number;
  readonly rung: number;
  readonly partial: boolean;
  readonly seconds: number;
  readonly passes: number;
  readonly parameters: number;
  readonly bytes: number;
  readonly latency: number;
  readonly curve: readonly CurvePoint[];
}

export interface StudyReport {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly characters: number;
  readonly sampler: string;
  readonly eta: number;
  readonly rungs: number;
  readonly length: TrialLength;
  /** Options that were looked for, and those that were fixed. */
  readonly searched: readonly string[];
  readonly fixed: Readonly<Record<string, unknown>>;
  readonly constraints: Constraints;
  readonly spent: number;
  readonly begun: number;
  readonly refused: number;
  readonly failed: number;
  /** Best first. */
  readonly trials: readonly ReportedTrial[];
  readonly finished: {
    readonly trial: number;
    readonly bitsPerChar: number;
    readonly perplexity: number;
    readonly seconds: number;
    readonly bytes: number;
  } | null;
  readonly learned: LearnedData | null;
}

/** @param name of the study */
export function studyReport(study: Study, name: string): StudyReport {
  const { header, trials, spent, finished } = study;
  const { inputs, characters, sampler, eta, rungs, length, constraints } = header;
  return {
    name,
    inputs,
    characters,
    sampler,
    eta,
    rungs,
    length,
    searched: study.space.map((parameter) => flagName(parameter.name)),
    fixed: header.fixed as Readonly<Record<string, SettingValue>>,
    constraints,
    spent,
    begun: trials.length,
    refused: trials.filter((trial) => trial.refused).length,
    failed: trials.filter((trial) => trial.failed !== undefined).length,
    trials: study.ranking().flatMap(({ trial, line }) => {
      const { begun } = trial;
      if (!begun) return [];
      const { bitsPerChar, rung, partial, seconds, passes } = line;
      const lines = [...trial.measured, ...(trial.partial ? [trial.partial] : [])];
      const longest = lines.toSorted((a, b) => b.step - a.step)[0]!;
      const { parameters, bytes, latency } = begun;
      const { trial: number, setting } = trial;
      const measured = { bitsPerChar, rung, partial, seconds, passes };
      return [{ trial: number, setting, ...measured, parameters, bytes, latency, curve: longest.curve }];
    }),
    finished: finished
      ? {
          trial: finished.trial,
          bitsPerChar: finished.bitsPerChar,
          perplexity: finished.perplexity,
          seconds: finished.seconds,
          bytes: finished.bytes,
        }
      : null,
    learned: learnedJson(study),
  };
}

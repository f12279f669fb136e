/**
 * Runs a study: looks for the best model that a budget buys, and trains it to its end. It may be ended or killed at any
 * moment and goes on from its record.
 */
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { option, sentence, UserError } from "../errors.js";
import { readJsonFile } from "../format/json-file.js";
import { removeEmptyFolder } from "../format/make-folder.js";
import { usableMemory } from "../format/usable-memory.js";
import { STUDY_OPTIONS } from "../options/study-options.js";
import { planBySize } from "../train/plan.js";
import { rungFactor } from "./asha.js";
import { bestSplit, type Layout, layoutInTime, layoutOfPasses, type Split, splitsOf } from "./budget.js";
import { defaultSpace, firstSettings } from "./default-space.js";
import { LocalRunner, type WorkerProgram } from "./local-runner.js";
import { parseSpace } from "./parse-space.js";
import { checkStudyFolder, StudyFile, studyPaths } from "./study-file.js";
import { type SessionLine, STUDY_VERSION, type StudyHeader } from "./study-lines.js";
import { checkSameStudy, checkStudyOptions, fixedOptions, type StudyOptions } from "./study-options.js";
import { StudyLoop } from "./study-loop.js";
import type { Study } from "./study.js";
import type { StudyText, TrialOptions } from "./trial-runner.js";

/** Characters that trials are measured on, at most. */
const HELD_OUT = 100_000;
/** Seconds that each way to share the cores is measured, at most, and of the study's time the part. */
const MEASURING = { most: 3, share: 0.005 };

export interface StudyResult {
  readonly study: Study;
  /** Folder of the best model; undefined where no trial came so far. */
  readonly best: string | undefined;
  /** It was ended before its budget. */
  readonly stopped: boolean;
}

/**
 * @param program of a worker, where it is not the one that lies beside this
 * @throws UserError for every mistake that a person can correct; the signal's reason where that ended it before the first trial
 */
export async function runStudy(options: StudyOptions, program?: WorkerProgram): Promise<StudyResult> {
  checkStudyOptions(options);
  const { out, overwrite = false, resume = false, onEvent, signal } = options;
  checkStudyFolder(out);
  const file = new StudyFile(out);
  try {
    if (file.study && !resume && !overwrite) {
      throw new UserError({
        option: "out",
        problem: `${out} already holds a study`,
        advice: sentence`go on with it with ${option("resume")}, replace it with ${option("overwrite")}, or name another folder with ${option("out")}`,
      });
    }
    const resumed = resume ? file.study : undefined;
    if (resumed) {
      checkSameStudy(options, resumed.header);
      await checkSameSpace(options, resumed);
    }
    if (!resumed && !options.inputs) {
      throw new UserError({
        option: "resume",
        problem: `There is no study in ${out} to go on with`,
        advice: "name a text, to begin one",
      });
    }
    const fixed = resumed?.header.fixed ?? fixedOptions(options);
    // Before the text is read.
    const space = resumed || options.space === undefined ? undefined : await spaceOf(options.space, fixed);
    const begunAt = performance.now() - 1000 * (resumed?.spent ?? 0);
    const spent = (): number => (performance.now() - begunAt) / 1000;
    const inputs = options.inputs ?? resumed!.header.inputs;
    const makeRunner = ({ slots, threads }: Split): LocalRunner =>
      new LocalRunner({
        folder: out,
        inputs,
        heldOut: resumed?.header.heldOut ?? HELD_OUT,
        engine: options.engine,
        slots,
        threads,
        allThreads: allThreads(options, { slots, threads }),
        memory: usableMemory() / slots,
        program,
      });
    const prepared = await prepare(options, fixed, resumed, makeRunner);
    const { runner, text } = prepared;
    try {
      signal?.throwIfAborted();
      if (!resumed) {
        if (overwrite) removeStudy(out);
        file.begin(headerOf(options, space, text, fixed, prepared.session));
      }
      const study = file.study!;
      onEvent?.({ type: "begun", header: study.header, resumed: resumed !== undefined });
      const loop = new StudyLoop(file, runner, { ...options, spent });
      loop.note(prepared.session);
      const stopped = await loop.run();
      return { study, best: loop.hasBest ? file.paths.best : undefined, stopped };
    } finally {
      await runner.close();
    }
  } finally {
    if (!file.study) {
      rmSync(file.paths.texts, { recursive: true, force: true });
      file.close();
      removeEmptyFolder(out);
    } else file.close();
  }
}

/** For the best model's end: all cores, but where both numbers are given no more than these make. */
function allThreads({ parallel, threads: asked }: StudyOptions, { slots, threads }: Split): number {
  if (parallel !== undefined && asked !== undefined) return slots * threads;
  return Math.max(availableParallelism(), threads);
}

/** Reads the text, and measures how many trials run side by side. */
async function prepare(
  options: StudyOptions,
  fixed: TrialOptions,
  resumed: Study | undefined,
  makeRunner: (split: Split) => LocalRunner,
): Promise<{ readonly runner: LocalRunner; readonly text: StudyText; readonly session: SessionLine }> {
  const { parallel, threads, minutes, trials, onEvent } = options;
  const before = resumed?.sessions.at(-1);
  const asked = {
    ...(parallel !== undefined && { slots: parallel }),
    ...(threads !== undefined && { threads }),
  };
  const known = parallel === undefined && threads === undefined && before ? [before] : undefined;
  const splits = known ?? splitsOf(availableParallelism(), asked);
  onEvent?.({ type: "preparing", what: "reading the text" });
  let runner = makeRunner(splits.at(-1)!);
  try {
    const text = await runner.open(fixed);
    for (const message of text.notices) onEvent?.({ type: "notice", message });
    if (resumed && text.key !== resumed.header.textKey) {
      throw new UserError({
        option: "resume",
        problem: "The text is not the one that this study was begun on",
        advice: "restore it, or begin a new study",
      });
    }
    const limits = { ...budgetOf(options, before) };
    const session = { type: "session", at: new Date().toISOString(), ...limits } as const;
    if (splits.length === 1) {
      const { slots, threads: each } = splits[0]!;
      return { runner, text, session: { ...session, slots, threads: each } };
    }
    const seconds = Math.min(MEASURING.most, MEASURING.share * 60 * (minutes ?? (trials ? 10 : 60)));
    const model = { ...fixed, ...firstOf(options, fixed, text) };
    const measured: (Split & { readonly speed: number })[] = [];
    for (const split of splits) {
      const what = `measuring ${split.slots} ${split.slots === 1 ? "trial" : "trials"} side by side`;
      onEvent?.({ type: "preparing", what });
      const speeds = await runner.speeds(model, split.threads, split.slots, seconds);
      measured.push({ ...split, speed: Math.round(speeds.reduce((a, b) => a + b)) });
    }
    const { slots, threads: each } = bestSplit(measured);
    await runner.close();
    runner = makeRunner({ slots, threads: each });
    return { runner, text, session: { ...session, slots, threads: each, measured } };
  } catch (error) {
    await runner.close();
    throw error;
  }
}

/** What a session is given: of one that goes on, what it was given before, where nothing is said. */
function budgetOf(
  { minutes, trials }: StudyOptions,
  before: SessionLine | undefined,
): Pick<SessionLine, "minutes" | "trials"> {
  if (minutes === undefined && trials === undefined) {
    if (!before) return { minutes: STUDY_OPTIONS.minutes.default };
    const { minutes: earlier, trials: most } = before;
    return {
      ...(earlier !== undefined && { minutes: earlier }),
      ...(most !== undefined && { trials: most }),
    };
  }
  return { ...(minutes !== undefined && { minutes }), ...(trials !== undefined && { trials }) };
}

/** The first model that is tried: it shows how fast this machine is. */
function firstOf(options: StudyOptions, fixed: TrialOptions, { characters }: StudyText) {
  const kind = { lines: fixed.lines ?? false, characters };
  const given = fixed as Readonly<Record<string, unknown>>;
  const space = parseSpace(defaultSpace(kind, fixed.tokenizer), given, "the space");
  const { rungs, length } = layoutOf(options, fixed, characters, 1);
  const longest = {
    ...length,
    amount: length.amount * rungFactor(rungs - 1, options.eta ?? STUDY_OPTIONS.eta.default),
  };
  return firstSettings(space, kind, longest, fixed.tokenizer)[0] ?? {};
}

/** @param slots trials side by side */
function layoutOf(
  { minutes, trials, epochs, eta = STUDY_OPTIONS.eta.default }: StudyOptions,
  fixed: TrialOptions,
  characters: number,
  slots: number,
): Layout {
  if (epochs === undefined && (minutes !== undefined || trials === undefined))
    return layoutInTime(60 * (minutes ?? STUDY_OPTIONS.minutes.default), slots, eta);
  return layoutOfPasses(epochs ?? usualPasses(fixed, characters), trials ?? eta ** 3, eta);
}

function headerOf(
  options: StudyOptions,
  given: unknown,
  { key: textKey, characters }: StudyText,
  fixed: TrialOptions,
  { slots }: SessionLine,
): StudyHeader {
  const { sampler = "tpe", eta = STUDY_OPTIONS.eta.default } = options;
  const kind = { lines: fixed.lines ?? false, characters };
  const space = given ?? defaultSpace(kind, fixed.tokenizer);
  parseSpace(space, fixed as Readonly<Record<string, unknown>>, "the space");
  const { maxParameters, maxFileSize, maxLatency } = options;
  const layout = layoutOf(options, fixed, characters, slots);
  return {
    type: "study",
    version: STUDY_VERSION,
    inputs: options.inputs!,
    textKey,
    characters,
    heldOut: HELD_OUT,
    sampler,
    seed: fixed.seed!,
    eta,
    ...layout,
    space,
    fixed,
    constraints: {
      ...(maxParameters !== undefined && { maxParameters }),
      ...(maxFileSize !== undefined && { maxFileSize }),
      ...(maxLatency !== undefined && { maxLatency }),
    },
  };
}

/** What a file of a space has, or code gave. @throws UserError where it is no space */
async function spaceOf(asked: unknown, fixed: TrialOptions): Promise<unknown> {
  const space = typeof asked === "string" ? await readJsonFile(asked) : asked;
  parseSpace(
    space,
    fixed as Readonly<Record<string, unknown>>,
    typeof asked === "string" ? asked : "the space",
  );
  return space;
}

/** @throws UserError where a space is given, and is another than the study's own */
async function checkSameSpace({ space: asked }: StudyOptions, { space, header }: Study): Promise<void> {
  if (asked === undefined) return;
  const fixed = header.fixed as Readonly<Record<string, unknown>>;
  const given = parseSpace(await spaceOf(asked, header.fixed), fixed, "the space");
  if (JSON.stringify(given) === JSON.stringify(space)) return;
  throw new UserError({
    option: "space",
    problem: "This study was begun with another space, and keeps it",
    advice: "leave it out, or begin a new study",
  });
}

/** The passes that `train` would make over the text. */
function usualPasses({ tokenizer: kind = "char", lines = false }: TrialOptions, characters: number): number {
  return (
    planBySize({}, { kind, lines, tokens: Math.max(1, characters), vocabulary: 256 }).options.epochs ?? 1
  );
}

/** Removes what a study wrote, but for its lock. */
function removeStudy(folder: string): void {
  const { record, best, texts } = studyPaths(folder);
  for (const path of [record, best, texts, `${folder}/trials`])
    rmSync(path, { recursive: true, force: true });
}

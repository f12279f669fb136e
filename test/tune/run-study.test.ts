/** Whole studies of small models: killed and gone on with, checkpoints, constraints, what is refused. */
import { fork } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { train } from "../../src/apps/train.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import { runStudy } from "../../src/tune/run-study.js";
import { readStudy, studyPaths } from "../../src/tune/study-file.js";
import { parseStudyLines } from "../../src/tune/parse-study.js";
import type { StudyLine } from "../../src/tune/study-lines.js";
import type { StudyOptions } from "../../src/tune/study-options.js";
import { toyText } from "../train/toy-text.js";
import { WORKER } from "./worker-program.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-tune-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const text = join(folder, "toy.txt");
writeFileSync(text, toyText(400));

const OPTIONS: StudyOptions = {
  inputs: [text],
  out: "",
  trials: 9,
  epochs: 3,
  parallel: 1,
  threads: 1,
  seed: 5,
  space: {
    cell: ["lstm", "gru"],
    hidden: [8, 16, 24],
    lr: { from: 0.002, to: 0.05, log: true },
    weightDrop: { from: 0, to: 0.3 },
    batchSize: [4, 8],
  },
};

const linesOf = (out: string): readonly StudyLine[] =>
  parseStudyLines(readFileSync(studyPaths(out).record), "it")!.lines;

/** What was decided and measured, without times. */
function decided(out: string): unknown[] {
  return linesOf(out)
    .filter(({ type }) => type !== "session")
    .map((line) => {
      const { spent: _spent, ...rest } = line;
      const { seconds: _seconds, latency: _latency, curve, ...same } = rest as Record<string, unknown>;
      const points = (curve as { step: number; bitsPerChar: number }[] | undefined)?.map(
        ({ step, bitsPerChar }) => [step, bitsPerChar],
      );
      return { ...same, points };
    });
}

async function bits(path: string): Promise<string[]> {
  const { tensors } = await readSafetensors(path);
  return [...tensors].map(([name, { data }]) => {
    return `${name} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`;
  });
}

/** Runs a study in a process that is killed `delay` milliseconds after its first line; true where it came to its end. */
function runAndKill(options: StudyOptions, delay: number): Promise<boolean> {
  const child = fileURLToPath(new URL("./study-child.ts", import.meta.url));
  return new Promise((resolve, reject) => {
    const run = fork(child, [JSON.stringify(options)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let over = false;
    let errors = "";
    let timer: NodeJS.Timeout | undefined;
    run.stderr!.on("data", (data) => (errors += data));
    run.on("message", (message) => {
      if (message === "over") over = true;
      timer ??= setTimeout(() => run.kill("SIGKILL"), delay);
    });
    run.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (signal === "SIGKILL" || code === 0) resolve(over);
      else reject(new Error(`the study ended with ${code}: ${errors}`));
    });
  });
}

describe("a study", () => {
  const whole = join(folder, "whole");
  const ran = runStudy({ ...OPTIONS, out: whole }, WORKER);

  test("brings its best trial to the top, and leaves a model that can be loaded", async () => {
    const { study, best, stopped } = await ran;
    expect(stopped).toBe(false);
    expect(study.trials.length).toBe(9);
    expect(study.header).toMatchObject({ rungs: 3, eta: 3 });
    const { trial } = study.best()!;
    expect(study.finished).toMatchObject({ trial: trial.trial });
    const model = await load(best!);
    expect((await model.evaluate(toyText(400).slice(-1000))).bitsPerChar).toBeLessThan(2);
    // Its end was worth its time.
    expect(study.finished!.bitsPerChar).toBeLessThan(1.05 * study.best()!.line.bitsPerChar);
  });

  test("killed at random moments and gone on with, is the same study", { timeout: 120_000 }, async () => {
    await ran;
    const out = join(folder, "killed");
    let kills = 0;
    for (; kills < 5; kills++)
      if (await runAndKill({ ...OPTIONS, out, resume: kills > 0 }, 100 + 900 * Math.random())) break;
    expect(kills, "it was killed at least once").toBeGreaterThan(0);
    await runStudy({ out, resume: true }, WORKER);
    expect(decided(out)).toEqual(decided(whole));
    const [a, b] = [out, whole].map((each) => modelPaths(studyPaths(each).best));
    expect(await bits(a!.weights)).toEqual(await bits(b!.weights));
    expect(await bits(a!.checkpoint)).toEqual(await bits(b!.checkpoint));
  });

  test("a trial that was promoted has the bits of a run that never stopped", async () => {
    const { study } = await ran;
    const top = study.trials.find(({ measured }) => measured.length === 3)!;
    const target = 9 * top.begun!.steps;
    const out = join(folder, "at-once");
    const stop = new AbortController();
    await train({
      ...top.begun!.options,
      inputs: [text],
      out,
      steps: 9 * top.begun!.steps * 1000,
      threads: 2,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.step === target) stop.abort();
      },
    });
    const [trial, once] = [studyPaths(whole).trial(top.trial), out].map((each) => modelPaths(each));
    expect(await bits(trial!.checkpoint)).toEqual(await bits(once!.checkpoint));
    expect(await bits(trial!.weights)).toEqual(await bits(once!.weights));
  });

  test("can be read while its last line is being written; more trials go on from it", async () => {
    await ran;
    const { record } = studyPaths(whole);
    // What a person keeps beside it does not matter.
    writeFileSync(join(whole, "report.html"), "a report");
    appendFileSync(record, '{"type":"trial","trial":9,"set');
    expect(readStudy(whole)!.trials.length).toBe(9);
    const { study } = await runStudy({ out: whole, resume: true, trials: 10 }, WORKER);
    expect(study.trials.length).toBe(10);
    expect(linesOf(whole).filter(({ type }) => type === "finished").length).toBe(2);
  });

  test("is not replaced unasked, nor gone on with otherwise", async () => {
    await ran;
    const again = (more: Partial<StudyOptions>) => runStudy({ ...OPTIONS, out: whole, ...more }, WORKER);
    await expect(again({})).rejects.toThrow("already holds a study");
    await expect(again({ resume: true, space: undefined, seed: 6 })).rejects.toThrow(
      "This study was begun with seed: 5, and its trials could not be compared",
    );
    await expect(again({ resume: true, space: undefined, hidden: 8 })).rejects.toThrow(
      "begun without hidden",
    );
    await expect(again({ resume: true, space: { hidden: [8, 16] } })).rejects.toThrow(
      "begun with another space",
    );
    const changed = join(folder, "changed.txt");
    writeFileSync(changed, toyText(300, 2));
    await expect(again({ resume: true, inputs: [changed] })).rejects.toThrow(
      "not the one that this study was begun on",
    );
    await expect(runStudy({ out: join(folder, "nothing"), resume: true }, WORKER)).rejects.toThrow(
      "There is no study in",
    );
  });
});

test("no trial has more weights than allowed, and none is trained that has", async () => {
  const out = join(folder, "small");
  const { study } = await runStudy({ ...OPTIONS, out, trials: 6, epochs: 1, maxParameters: 2500 }, WORKER);
  expect(study.trials.some(({ refused }) => refused?.constraint === "maxParameters")).toBe(true);
  for (const { trial, begun, refused, measured } of study.trials) {
    if (begun) expect(begun.parameters).toBeLessThanOrEqual(2500);
    if (refused) {
      expect(refused.value).toBeGreaterThan(2500);
      expect(measured).toEqual([]);
      expect(existsSync(studyPaths(out).trial(trial))).toBe(false);
    }
  }
  expect(study.finished).toBeDefined();
  // Once a vocabulary is known, no model that is too large is tried.
  const after = study.trials.findIndex(({ begun }) => begun);
  expect(study.trials.slice(after + 1).every(({ refused }) => !refused)).toBe(true);
});

test("where no model is small enough, or none can be trained, it says so", async () => {
  const tiny = runStudy({ ...OPTIONS, out: join(folder, "tiny"), trials: 3, maxLatency: 1e-6 }, WORKER);
  await expect(tiny).rejects.toThrow("No model that was tried is as small or as fast as was asked for");
  const long = runStudy({ ...OPTIONS, out: join(folder, "long"), trials: 8, seqLen: 100_000 }, WORKER);
  await expect(long).rejects.toThrow(
    "No trial could be trained; the first one ended with: The text to train on has",
  );
});

test(
  "in minutes: ended by the clock, with a model; a signal ends it sooner",
  { timeout: 90_000 },
  async () => {
    const out = join(folder, "minutes");
    const { trials: _, epochs: __, ...rest } = OPTIONS;
    const begun = performance.now();
    const { study, best } = await runStudy({ ...rest, out, minutes: 0.2 }, WORKER);
    expect((performance.now() - begun) / 1000).toBeLessThan(80);
    expect(study.header.length.unit).toBe("seconds");
    expect(study.finished).toBeDefined();
    expect(existsSync(modelPaths(best!).weights)).toBe(true);

    // However little time there is, one trial is measured.
    const short = await runStudy({ ...rest, out: join(folder, "short"), minutes: 0.01 }, WORKER);
    expect(short.study.trials.length).toBe(1);
    expect(short.study.finished).toBeDefined();

    const stop = new AbortController();
    const ended = await runStudy(
      {
        ...OPTIONS,
        out: join(folder, "signal"),
        signal: stop.signal,
        onEvent: (news) => {
          if (news.type === "line" && news.line.type === "measured") stop.abort();
        },
      },
      WORKER,
    );
    expect(ended.stopped).toBe(true);
    expect(ended.study.trials.length).toBeLessThan(9);
    expect(existsSync(modelPaths(ended.best!).weights)).toBe(true);
  },
);

test("what is no text, or no folder of a study, is refused before anything is written", async () => {
  const out = join(folder, "never");
  await expect(runStudy({ ...OPTIONS, out, inputs: ["-"] }, WORKER)).rejects.toThrow(
    "standard input can be read once",
  );
  await expect(runStudy({ ...OPTIONS, out, inputs: [join(folder, "no.txt")] }, WORKER)).rejects.toThrow(
    "no.txt",
  );
  await expect(runStudy({ ...OPTIONS, out: folder, overwrite: true }, WORKER)).rejects.toThrow(
    "which is no part of a study",
  );
  await expect(runStudy({ ...OPTIONS, out, space: { hidden: [0] } }, WORKER)).rejects.toThrow("hidden is 0");
  expect(existsSync(out)).toBe(false);
});

/**
 * Trials in processes on this machine, a few side by side. A process that dies is replaced, and its trial begun again from
 * its last checkpoint; where that happens twice, the trial has failed.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.js";
import type {
  Failed,
  Finished,
  FinishJob,
  Stopped,
  StudyText,
  TrialHooks,
  TrialJob,
  TrialOptions,
  TrialOutcome,
  TrialRunner,
} from "./trial-runner.js";
import type { FromWorker, ToWorker, WorkRequest, WorkResult, WorkSetup } from "./worker-messages.js";

/** The program of a worker, and how Node is started for it. */
export interface WorkerProgram {
  readonly path: string;
  readonly execArgv: readonly string[];
}

/** Beside this file's folder, wherever this file was bundled to. */
const PROGRAM: WorkerProgram = {
  // From the sources, too, where Node was started with what reads them.
  path: fileURLToPath(
    new URL(`../tune/trial-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url),
  ),
  execArgv: process.execArgv,
};

/** Times that a trial is begun again after its process has died. */
const MOST_DEATHS = 1;

type Hooks = Partial<TrialHooks> & { readonly course?: Parameters<TrialRunner["finish"]>[1]["course"] };

/** Thrown where a process ended before it answered. */
class Died extends Error {}

/** One process. */
class Worker {
  readonly #child: ChildProcess;
  #pending:
    | { readonly resolve: (result: WorkResult) => void; readonly reject: (error: unknown) => void }
    | undefined;
  #hooks: Hooks = {};
  #ended = false;

  constructor(program: WorkerProgram) {
    // Its output is ours: what it says by itself is a bug's trace.
    this.#child = fork(program.path, {
      execArgv: [...program.execArgv],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (message) => this.#heard(message as FromWorker));
    const end = (how: string): void => {
      this.#ended = true;
      const pending = this.#pending;
      this.#pending = undefined;
      pending?.reject(new Died(`its process ended (${how})`));
    };
    this.#child.on("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    this.#child.on("error", (error) => end(error.message));
  }

  get ended(): boolean {
    return this.#ended;
  }

  ask(request: WorkRequest, hooks: Hooks = {}): Promise<WorkResult> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Died("its process has ended"));
      this.#pending = { resolve, reject };
      this.#hooks = hooks;
      this.tell(request);
    });
  }

  tell(message: ToWorker): void {
    if (!this.#ended && this.#child.connected) this.#child.send(message);
  }

  #heard(message: FromWorker): void {
    switch (message.type) {
      case "progress":
        return this.#hooks.progress?.(message.progress);
      case "begun":
        this.#hooks.begun?.(message.begun);
        return this.tell({ type: "noted" });
      case "course":
        this.#hooks.course?.(message.course);
        return this.tell({ type: "noted" });
      default: {
        const pending = this.#pending;
        this.#pending = undefined;
        if (message.type === "result") pending?.resolve(message.result);
        else if (message.type === "mistake") pending?.reject(new UserError(message.mistake));
        else pending?.reject(new Error(message.message));
      }
    }
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.connected) this.#child.disconnect();
    else this.#child.kill("SIGKILL");
    await ended;
  }
}

export interface LocalRunnerOptions extends Omit<WorkSetup, "slot" | "threads"> {
  readonly slots: number;
  readonly threads: number;
  /** Threads for the finish, which has the machine alone. */
  readonly allThreads: number;
  readonly program?: WorkerProgram | undefined;
}

export class LocalRunner implements TrialRunner {
  readonly slots: number;
  readonly #options: LocalRunnerOptions;
  readonly #workers: (Worker | undefined)[];
  readonly #free: number[];
  #stopped: { readonly measure: boolean } | undefined;

  constructor(options: LocalRunnerOptions) {
    this.#options = options;
    this.slots = options.slots;
    this.#workers = new Array<Worker | undefined>(options.slots).fill(undefined);
    this.#free = Array.from({ length: options.slots }, (_, slot) => slot).toReversed();
  }

  /** @throws UserError where the text cannot be read */
  async open(options: TrialOptions): Promise<StudyText> {
    return alive(async () => (await (await this.#worker(0)).ask({ type: "open", options })) as StudyText);
  }

  /** Tokens a second, measured by all workers at once. */
  async speeds(options: TrialOptions, threads: number, slots: number, seconds: number): Promise<number[]> {
    const request = { type: "speed", options, threads, seconds } as const;
    return alive(async () => {
      const workers = await Promise.all(Array.from({ length: slots }, (_, slot) => this.#worker(slot)));
      return (await Promise.all(workers.map((worker) => worker.ask(request)))) as number[];
    });
  }

  async run(job: TrialJob, hooks: TrialHooks): Promise<TrialOutcome> {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error("all slots are taken");
    let { begun } = job;
    const listening: TrialHooks = {
      ...hooks,
      begun: (made) => {
        begun = made;
        hooks.begun(made);
      },
    };
    try {
      return (await this.#asked(
        slot,
        () => ({ type: "run", job: { ...job, begun } }),
        listening,
      )) as TrialOutcome;
    } finally {
      this.#free.push(slot);
    }
  }

  async finish(
    job: FinishJob,
    hooks: Parameters<TrialRunner["finish"]>[1],
  ): Promise<Finished | Failed | Stopped> {
    let { course } = job;
    const listening: Hooks = {
      ...hooks,
      course: (made) => {
        course = made;
        hooks.course(made);
      },
    };
    // It has the machine alone, and threads that trials do not have.
    await this.#closeWorkers();
    const request = (): WorkRequest => ({ type: "finish", job: { ...job, course } });
    return (await this.#asked(0, request, listening, this.#options.allThreads)) as
      | Finished
      | Failed
      | Stopped;
  }

  /** Asks, again where the process died. Mistakes and bugs are the trial's failure, whose message says which. */
  async #asked(
    slot: number,
    request: () => WorkRequest,
    hooks: Hooks,
    threads?: number,
  ): Promise<WorkResult | Failed> {
    for (let deaths = 0; ; deaths++) {
      if (this.#stopped) return { type: "stopped" };
      try {
        const worker = await this.#worker(slot, threads);
        return await worker.ask(request(), hooks);
      } catch (error) {
        if (error instanceof Died && deaths < MOST_DEATHS) continue;
        return { type: "failed", message: error instanceof Error ? error.message : String(error) };
      }
    }
  }

  async #worker(slot: number, threads = this.#options.threads): Promise<Worker> {
    const known = this.#workers[slot];
    if (known && !known.ended) return known;
    const { slots: _slots, allThreads: _all, program = PROGRAM, ...setup } = this.#options;
    const worker = new Worker(program);
    this.#workers[slot] = worker;
    await worker.ask({ type: "setup", setup: { ...setup, threads, slot } });
    return worker;
  }

  stop(measure: boolean): void {
    this.#stopped = { measure };
    for (const worker of this.#workers) worker?.tell({ type: "stop", measure });
  }

  /** Trials may be run again. */
  go(): void {
    this.#stopped = undefined;
  }

  async close(): Promise<void> {
    await this.#closeWorkers();
  }

  async #closeWorkers(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker?.close()));
    this.#workers.fill(undefined);
  }
}

/** Work before the first trial. @throws UserError where a process died of it */
async function alive<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Died)) throw error;
    throw new UserError(
      {
        problem: `A process that read the text ended: ${error.message}`,
        advice: "where memory was short, give a shorter text or fewer trials side by side, and start again",
      },
      { cause: error },
    );
  }
}

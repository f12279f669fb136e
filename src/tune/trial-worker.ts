/**
 * A process that works on trials; see local-runner.ts, which starts it. It does one thing after the other. Ctrl-C in a
 * terminal reaches it, too, and means nothing to it: the study says when it is to end. Where the study has died it ends at
 * once; what it did last is at most a checkpoint old.
 */
import { UserError } from "../errors.js";
import type { FromWorker, ToWorker, WorkRequest, WorkResult } from "./worker-messages.js";
import { TrialWork } from "./trial-work.js";

/** Milliseconds between reports of how far it is. */
const REPORT_EVERY = 250;

for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => {});
process.on("disconnect", () => {
  work?.close();
  process.exit(0);
});

let work: TrialWork | undefined;
let stop = new AbortController();
let measure = true;
let noted: (() => void) | undefined;

/** Where nobody hears it any more, the event "disconnect" ends the process. */
const tell = (message: FromWorker): void => void process.send?.(message, undefined, {}, () => {});

process.on("message", (message: ToWorker) => {
  if (message.type === "noted") return noted?.();
  if (message.type === "stop") {
    measure = message.measure;
    return stop.abort();
  }
  void answer(message);
});

async function answer(request: WorkRequest): Promise<void> {
  if (request.type !== "setup") {
    stop = new AbortController();
    measure = true;
  }
  try {
    tell({ type: "result", result: await done(request) });
  } catch (error) {
    if (error instanceof UserError) {
      const { option, problem, advice } = error;
      tell({ type: "mistake", mistake: { option, problem, advice } });
    } else
      tell({
        type: "error",
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
  }
}

async function done(request: WorkRequest): Promise<WorkResult> {
  if (request.type === "setup") {
    work = new TrialWork(request.setup);
    await work.enter();
    return null;
  }
  const worker = work!;
  const control = { signal: stop.signal, measure: () => measure };
  let reported = 0;
  const progress = (now: Extract<FromWorker, { type: "progress" }>["progress"]): void => {
    const time = performance.now();
    if (time - reported < REPORT_EVERY) return;
    reported = time;
    tell({ type: "progress", progress: now });
  };
  switch (request.type) {
    case "open":
      return worker.open(request.options);
    case "speed":
      return worker.speed(request.options, request.threads, request.seconds);
    case "run": {
      const begun = untilNoted((value: Extract<FromWorker, { type: "begun" }>["begun"]) =>
        tell({ type: "begun", begun: value }),
      );
      return worker.run(request.job, { begun, progress }, control);
    }
    case "finish": {
      const course = untilNoted((value: Extract<FromWorker, { type: "course" }>["course"]) =>
        tell({ type: "course", course: value }),
      );
      return worker.finish(request.job, { course, progress }, control);
    }
  }
}

/** Tells something, and waits until it is written. */
const untilNoted =
  <Value>(say: (value: Value) => void) =>
  async (value: Value): Promise<void> => {
    const written = new Promise<void>((resolve) => (noted = resolve));
    say(value);
    await written;
  };

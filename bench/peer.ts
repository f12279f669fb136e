/**
 * The library that ours is measured beside. Its process is kept for a workload and takes one line of JSON a
 * measurement, so that its imports and first steps are not made anew each round (bench/pytorch-peer.py). Another script
 * may stand in for ours: it is started for each measurement and prints a line with its tokens_per_s.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UserError } from "../src/errors.js";
import type { TrainPrecision } from "../src/train/run-settings.js";
import { EVALUATION, GENERATION, TRAINING } from "./workloads.js";

/** The peers there are. */
export const PEERS = ["pytorch"] as const;

/** Threads that wait actively for more work are asleep after this. */
const REST_MILLISECONDS = 300;

export interface PeerSettings {
  readonly python: string;
  /** In place of our own. */
  readonly script: string | undefined;
}

export interface Peer {
  /** Tokens a second, measured over some seconds. */
  measure(seconds: number): Promise<number>;
  close(): void;
}

/** The peer with a workload made ready, on some threads. @throws UserError when it does not start */
export async function startPeer(
  settings: PeerSettings,
  workload: string,
  threads: number,
  precision: TrainPrecision = "f32",
): Promise<Peer> {
  if (settings.script !== undefined && precision !== "f32")
    throw new UserError("--peer-script measures float32; leave out one of it and --precision.");
  if (settings.script !== undefined && !existsSync(settings.script))
    throw new UserError(`There is no peer's script ${settings.script}; check --peer-script.`);
  return settings.script === undefined
    ? PeerProcess.start(settings.python, workload, threads, precision)
    : new PeerScript(settings.python, settings.script, workload, threads);
}

/** A workload as our script takes it. */
function description(workload: string): object {
  const kinds = { training: TRAINING, generation: GENERATION, evaluation: EVALUATION };
  for (const [kind, workloads] of Object.entries(kinds))
    if (workloads[workload]) return { kind, ...workloads[workload] };
  throw new RangeError(`no workload ${workload} for a peer`);
}

class PeerProcess implements Peer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #python: string;
  #errors = "";

  private constructor(python: string) {
    this.#python = python;
    const script = fileURLToPath(new URL("pytorch-peer.py", import.meta.url));
    this.#child = spawn(python, [script]);
    this.#child.on("error", (error) => (this.#errors += error.message));
    this.#child.stdin.on("error", () => {});
    this.#child.stderr.on("data", (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  static async start(
    python: string,
    workload: string,
    threads: number,
    precision: TrainPrecision,
  ): Promise<PeerProcess> {
    const peer = new PeerProcess(python);
    await peer.#ask({ ...description(workload), threads, precision });
    return peer;
  }

  async measure(seconds: number): Promise<number> {
    const { tokens_per_s } = await this.#ask({ seconds });
    await pause(REST_MILLISECONDS);
    if (typeof tokens_per_s !== "number") throw new UserError("The peer answered without tokens_per_s.");
    return tokens_per_s;
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }

  async #ask(question: object): Promise<{ readonly tokens_per_s?: unknown }> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const answer = await this.#answers.next();
    if (answer.done) {
      // Its last message may come after the end of its output.
      await pause(REST_MILLISECONDS);
      const reason = this.#errors.trim().split("\n").at(-1) || "it said nothing";
      throw new UserError(
        `The peer ended (${reason}); give the path of a Python that has PyTorch with --python (it was ${this.#python}).`,
      );
    }
    return JSON.parse(answer.value) as { tokens_per_s?: unknown };
  }
}

class PeerScript implements Peer {
  readonly #python: string;
  readonly #args: readonly string[];

  constructor(python: string, script: string, workload: string, threads: number) {
    this.#python = python;
    this.#args = [script, "--only", workload, "--threads", String(threads), "--seconds"];
  }

  async measure(seconds: number): Promise<number> {
    const args = [...this.#args, String(seconds)];
    const output = await new Promise<string>((resolve, reject) => {
      execFile(this.#python, args, (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const reason = stderr.trim().split("\n").at(-1) || error.message;
        return reject(new UserError(`The peer's script failed (${reason}); see --python and --peer-script.`));
      });
    });
    const speed = speedIn(output);
    if (speed === undefined)
      throw new UserError(`The peer's script printed no line of JSON with tokens_per_s: "${output.trim()}".`);
    return speed;
  }

  close(): void {}
}

function speedIn(output: string): number | undefined {
  for (const line of output.split("\n")) {
    try {
      const { tokens_per_s } = JSON.parse(line) as { tokens_per_s?: unknown };
      if (typeof tokens_per_s === "number") return tokens_per_s;
    } catch {
      // Another line than the one that is meant.
    }
  }
  return undefined;
}

/** The two sides of bench/time-to-quality.ts: runs of ours, each with a time of its own, and one of the peer. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { UserError } from "../src/errors.js";
import type { QualityPoint } from "./quality-records.js";

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const PROGRAM = `${ROOT}dist/cli/main.js`;

export interface OurRun {
  readonly train: string;
  readonly valid: string;
  readonly out: string;
  readonly minutes: number;
  readonly threads: number;
  /** Any other flags of `recurra train`. */
  readonly flags: readonly string[];
}

export function ourCommand({ train, valid, out, minutes, threads, flags }: OurRun): Command {
  const text = [train, "--valid", valid, "--tokenizer", "word"];
  const how = ["--max-minutes", String(minutes), "--threads", String(threads), "--out", out, "--overwrite"];
  return [process.execPath, PROGRAM, "train", ...text, ...how, "--json", ...flags];
}

/**
 * Trains with ours, as a person does.
 * @returns the point that it ends at, and those of its validations on the way
 * @throws UserError where it fails
 */
export async function runOurs(
  command: Command,
  minutes: number,
): Promise<{ readonly end: QualityPoint; readonly way: readonly QualityPoint[] }> {
  const start = performance.now();
  const passed = (): number => (performance.now() - start) / 1000;
  const way: QualityPoint[] = [];
  let perplexity: number | undefined;
  await eachLine(command, "", (line) => {
    const event = JSON.parse(line) as OurEvent;
    if (event.type === "validation") {
      way.push({ series: "on its way", seconds: passed(), perplexity: event.perplexity, minutes });
    }
    if (event.type === "done") perplexity = event.valid?.perplexity;
  });
  if (perplexity === undefined) throw new UserError("recurra train ended without a measure of its model.");
  return { end: { series: "recurra", seconds: passed(), perplexity, minutes }, way };
}

/** Of the events that `recurra train --json` prints, what is read here. */
type OurEvent =
  | { readonly type: "validation"; readonly perplexity: number }
  | { readonly type: "done"; readonly valid?: { readonly perplexity: number } }
  | { readonly type: "other" };

/** What the peer is told; see pytorch-word-lm.py. */
export interface PeerTask {
  readonly train: string;
  readonly valid: string;
  readonly vocabulary: number;
  readonly minutes: number;
  readonly threads: number;
  /** Validations between epochs, every so many updates; 0 for none. */
  readonly every: number;
}

export const PEER_SCRIPT = `${ROOT}bench/pytorch-word-lm.py`;

/**
 * Trains with the peer.
 * @param onPoint called with every validation
 * @returns the version of the peer's library
 * @throws UserError where it does not start, or ends early
 */
export async function runPeer(
  python: string,
  task: PeerTask,
  onPoint: (point: QualityPoint) => void,
): Promise<string> {
  let version: string | undefined;
  await eachLine([python, PEER_SCRIPT], `${JSON.stringify(task)}\n`, (line) => {
    const { torch, seconds, perplexity, epoch } = JSON.parse(line) as PeerLine;
    if (torch !== undefined) version = torch;
    else onPoint({ series: "PyTorch", seconds: seconds!, perplexity: perplexity!, epoch: epoch! });
  }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${error.message.replace(/\.$/, "")}; give the path of a Python that has PyTorch with --python (it was ${python}).`,
    );
  });
  if (version === undefined) throw new UserError("The peer ended before its time.");
  return version;
}

interface PeerLine {
  readonly torch?: string;
  readonly seconds?: number;
  readonly perplexity?: number;
  readonly epoch?: number;
}

/** Runs a program to its end, line by line. @throws UserError with its last words where it fails */
async function eachLine(
  [program, ...args]: Command,
  input: string,
  onLine: (line: string) => void,
): Promise<void> {
  const child = spawn(program, args, { cwd: process.cwd() });
  let errors = "";
  child.on("error", (error) => (errors += error.message));
  child.stdin.on("error", () => {});
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(input);
  const closed = once(child, "close").catch(() => [null]);
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  const [code] = (await closed) as [number | null];
  if (code === 0) return;
  const reason = errors.trim().split("\n").at(-1) || "it said nothing";
  throw new UserError(`${[program, ...args].slice(0, 3).join(" ")} failed (${reason}).`);
}

/**
 * A fuzz target: something that reads what others wrote, and inputs for it. Whatever the input, it may succeed or refuse
 * with a `UserError` of one clear sentence; anything else, taking too long, or taking too much memory is a failure.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { UserError } from "../../src/errors.js";

export interface FuzzTarget {
  readonly name: string;
  /** Inputs of the short test. */
  readonly runs: number;
  readonly property: fc.IAsyncProperty<[unknown]>;
}

export interface Limits {
  /** Of the processor's time for one input, so that a busy machine does not matter; default 10. */
  readonly seconds?: number;
  /** That the process may grow by, while it reads one input; default 400. */
  readonly megabytes?: number;
}

const inputFile = process.env["RECURRA_FUZZ_INPUT"];

/** @param check throws, or rejects, where something is wrong */
export function target<Input>(
  name: string,
  runs: number,
  input: fc.Arbitrary<Input>,
  check: (input: Input) => unknown,
  limits: Limits = {},
): FuzzTarget {
  const property = fc.asyncProperty(input, (value) => {
    // Who watches over this process learns what it died of.
    if (inputFile !== undefined) writeFileSync(inputFile, fc.stringify(value));
    return checked(() => check(value), limits);
  });
  return { name, runs, property: property as unknown as fc.IAsyncProperty<[unknown]> };
}

async function checked(check: () => unknown, { seconds = 10, megabytes = 400 }: Limits): Promise<void> {
  const peak = peakMegabytes();
  const began = process.cpuUsage();
  await inTime(userErrorsPass(check));
  const { user, system } = process.cpuUsage(began);
  const took = (user + system) / 1e6;
  if (took > seconds) throw new Error(`it took ${took.toFixed(1)} seconds`);
  const grown = peakMegabytes() - peak;
  if (grown > megabytes) throw new Error(`it took ${grown.toFixed(0)} MB of memory`);
}

/** The most memory that this process ever held. */
function peakMegabytes(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** After which what does not compute either is taken to wait for ever. */
const HANGS = 30;

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it hung for ${HANGS} seconds`)), 1000 * HANGS);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Lets `UserError`s of a clear sentence pass. @throws everything else */
export async function userErrorsPass(check: () => unknown): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    checkSentence(error.message);
  }
}

/** @throws Error where a message is no sentence that a person can read */
export function checkSentence(message: string): void {
  const problem = sentenceProblem(message);
  if (problem !== undefined) throw new Error(`the message ${problem}: ${JSON.stringify(message)}`);
}

function sentenceProblem(message: string): string | undefined {
  if (message.length > 1000) return `has ${message.length} characters`;
  if (/\n\s*at /.test(message)) return "has a stack trace";
  if (/\[object \w+\]/.test(message)) return "shows an object";
  if (/\bundefined\b/.test(message)) return "says undefined";
  return /[.!?]$/.test(message) ? undefined : "does not end as a sentence does";
}

let scratch: string | undefined;
let folders = 0;

/** A new empty folder, removed with all others when the process ends. */
export function newFolder(): string {
  if (scratch === undefined || !existsSync(scratch)) {
    scratch = mkdtempSync(join(tmpdir(), "recurra-fuzz-"));
    process.once("exit", removeFolders);
  }
  const folder = join(scratch, `${folders++}`);
  mkdirSync(folder);
  return folder;
}

/** Removes all of them now, where the process may end without saying so. */
export function removeFolders(): void {
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
}

/** Calls with a new folder that is removed afterwards. */
export async function withFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = newFolder();
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error where a number is NaN */
export function checkNumber(subject: string, value: number): void {
  if (Number.isNaN(value)) throw new Error(`${subject} is NaN`);
}

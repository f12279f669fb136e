/**
 * Whether a process is alive, and which one it is: the system reuses a number once its process has ended, so a number
 * alone is not enough. A process that has ended but that its parent has not waited for yet (a zombie, usual in
 * containers without an init) is dead.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { systemErrorCode } from "./system-error.js";

export interface ProcessStatus {
  readonly alive: boolean;
  /**
   * Its start time in the system's form; undefined where the system does not give it. Equal texts: the same process.
   */
  readonly start?: string | undefined;
}

/** The status of the process of this number, as the system has it. */
export function processStatus(pid: number): ProcessStatus {
  const status = process.platform === "linux" ? fromProc(pid) : fromPs(pid);
  if (status) return status;
  try {
    process.kill(pid, 0);
    return { alive: true };
  } catch (error) {
    return { alive: systemErrorCode(error) === "EPERM" };
  }
}

/**
 * Linux: proc(5). The line of /proc/PID/stat is "PID (NAME) STATE …", its 22nd field the start in ticks since the
 * machine was started; the name may hold anything, brackets too.
 */
function fromProc(pid: number): ProcessStatus | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    const state = fields[0];
    const ticks = fields[19];
    if (state === "Z" || state === "X") return { alive: false };
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { alive: true, start: `${boot} ${ticks}` };
  } catch {
    // It has ended, /proc hides it as another user's, or is not there: the signal will tell.
    return undefined;
  }
}

/** macOS and other systems with a POSIX `ps`; exported for the test, as Linux has one too. */
export function fromPs(pid: number): ProcessStatus | undefined {
  if (process.platform === "win32") return undefined;
  const { status, stdout } = spawnSync("ps", ["-o", "stat=", "-o", "lstart=", "-p", String(pid)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
  });
  const [, state, start] = /^(\S+)\s+(.+?)\s*$/.exec(status === 0 ? stdout.trim() : "") ?? [];
  if (state === undefined) return undefined;
  return state.startsWith("Z") ? { alive: false } : { alive: true, start };
}

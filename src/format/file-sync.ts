/**
 * The differences between systems when a file has to outlive a power cut: the one place that knows about platforms.
 * Checked on Linux; on macOS `fsync` reaches the platter through libuv; on Windows a folder cannot be synced.
 */
import { closeSync, fsyncSync, openSync } from "node:fs";
import { systemErrorCode } from "./system-error.js";

/** File systems that know no fsync of a folder answer with one of these. */
const NOT_POSSIBLE = new Set(["EINVAL", "ENOTSUP", "ENOSYS"]);

/** Makes a rename in `folder` durable. Does nothing where folders cannot be synced; other errors are thrown. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (!NOT_POSSIBLE.has(systemErrorCode(error) ?? "")) throw error;
  } finally {
    closeSync(descriptor);
  }
}

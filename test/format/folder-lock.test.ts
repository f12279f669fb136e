import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { lockFolder } from "../../src/format/folder-lock.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-lock-"));
const path = join(folder, ".lock");

afterEach(() => rmSync(path, { force: true }));

test("one holder at a time, and the next when it is given back", () => {
  const unlock = lockFolder(path, "a.model");
  expect(() => lockFolder(path, "a.model")).toThrow(/Another run .*is training in a\.model; wait for it/);
  unlock();
  expect(existsSync(path)).toBe(false);
  lockFolder(path, "a.model")();
});

test("a process that lives holds it; one that was killed does not", () => {
  writeFileSync(path, JSON.stringify({ pid: process.ppid, host: hostname() }));
  expect(() => lockFolder(path, "a.model")).toThrow(`process ${process.ppid}`);
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  writeFileSync(path, JSON.stringify({ pid, host: hostname() }));
  lockFolder(path, "a.model")();
});

test("a torn lock is nobody's, another machine's is respected", () => {
  writeFileSync(path, '{"pid":');
  lockFolder(path, "a.model")();
  writeFileSync(path, JSON.stringify({ pid: 1, host: "elsewhere" }));
  expect(() => lockFolder(path, "a.model")).toThrow("process 1 on elsewhere");
});

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../src/format/make-folder.js";

test("makes a folder and those above it, or says why not", () => {
  const folder = mkdtempSync(join(tmpdir(), "recurra-folder-"));
  makeFolder(join(folder, "a/b/c"));
  makeFolder(join(folder, "a/b/c"));
  expect(existsSync(join(folder, "a/b/c"))).toBe(true);
  writeFileSync(join(folder, "file"), "");
  expect(() => makeFolder(join(folder, "file/b"))).toThrow(/Cannot make the folder/);
  rmSync(folder, { recursive: true });
});

test.runIf(process.platform === "linux")("ends where the system refuses new folders", () => {
  expect(() => makeFolder("/proc/x/y")).toThrow(/Cannot make the folder \/proc\/x/);
});

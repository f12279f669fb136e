import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TemporaryFolder } from "../../src/format/temporary-folder.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recurra-temporary-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test("is made when it is needed, and removed with what is in it", () => {
  const temporary = new TemporaryFolder();
  expect(readdirSync(folder)).toEqual([]);
  const listeners = process.listenerCount("exit");
  const { path } = temporary;
  expect(temporary.path).toBe(path);
  writeFileSync(join(path, "a"), "");
  temporary.remove();
  temporary.remove();
  expect(existsSync(path)).toBe(false);
  expect(process.listenerCount("exit")).toBe(listeners);
});

test("is removed where the process exits before it could be", () => {
  const source = fileURLToPath(new URL("../../src/format/temporary-folder.ts", import.meta.url));
  const code = `import(${JSON.stringify(source)}).then(({ TemporaryFolder }) => {
    console.log(new TemporaryFolder().path);
    process.exit(0);
  });`;
  const path = execFileSync(process.execPath, ["--import", "tsx", "-e", code], { encoding: "utf8" }).trim();
  expect(path.startsWith(folder)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.startsWith("recurra-"))).toEqual([]);
});

test("says in a sentence where it cannot be made", () => {
  vi.stubEnv("TMPDIR", join(folder, "absent"));
  expect(() => new TemporaryFolder().path).toThrow(
    /^Cannot make a temporary folder at .*absent.*: there is no such/,
  );
});

test("is what all use that need such a folder", () => {
  const root = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const own = files.filter((name) => readFileSync(join(root, name), "utf8").includes("mkdtemp"));
  expect(own).toEqual([join("format", "temporary-folder.ts")]);
});

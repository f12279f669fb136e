import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, afterEach, expect, test } from "vitest";
import { checkUnlocked, lockFolder } from "../../src/format/folder-lock.js";
import { fromPs, processStatus } from "../../src/format/process-identity.js";

const root = mkdtempSync(join(tmpdir(), "recurra-lock-"));
const folder = join(root, "a.model");
mkdirSync(folder);
const path = join(folder, ".lock");
const linux = process.platform === "linux";

afterEach(() => rmSync(path, { recursive: true, force: true }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("one holder at a time, and the next when it is given back", () => {
  const unlock = lockFolder(path, "a.model");
  expect(() => lockFolder(path, "a.model")).toThrow(/Another run .*is training in a\.model; wait for it/);
  expect(() => checkUnlocked(path, "a.model")).toThrow(/Another run .*is training in a\.model; wait for it/);
  unlock();
  checkUnlocked(path, "a.model");
  expect(existsSync(path)).toBe(false);
  lockFolder(path, "a.model")();
  expect(readdirSync(folder)).toEqual([]);
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

test.each([
  ["another program's", "held by rsync\n"],
  ["empty, as flock leaves it", ""],
  ["JSON of something else", '{"name":"x"}'],
  ["longer than a record", `{"pid":1,"host":"${"x".repeat(5000)}"}`],
])("a file that is no record stays: %s", { timeout: 20_000 }, (_, content) => {
  writeFileSync(path, content);
  expect(() => lockFolder(path, "a.model")).toThrow(
    /\.lock is in the way: it is not a lock that recurra wrote/,
  );
  expect(readFileSync(path, "utf8")).toBe(content);
});

test("neither a folder nor a pipe of that name is waited for or removed", () => {
  mkdirSync(path);
  expect(() => lockFolder(path, "a.model")).toThrow(/in the way/);
  expect(existsSync(path)).toBe(true);
  rmSync(path, { recursive: true });
  if (spawnSync("mkfifo", [path]).status !== 0) return;
  expect(() => lockFolder(path, "a.model")).toThrow(/in the way/);
  expect(existsSync(path)).toBe(true);
});

test("what a person or another run has put there meanwhile is not given back", () => {
  const unlock = lockFolder(path, "a.model");
  const theirs = JSON.stringify({ pid: 1, host: "elsewhere" });
  writeFileSync(path, theirs);
  unlock();
  expect(readFileSync(path, "utf8")).toBe(theirs);
});

test.runIf(linux)("a number that the system gave again is another process", () => {
  for (const pid of [process.ppid, process.pid]) {
    const { start } = processStatus(pid);
    const [boot, ticks] = start!.split(" ");
    for (const earlier of [`${boot} ${Number(ticks) - 1}`, `another-boot ${ticks}`]) {
      writeFileSync(path, JSON.stringify({ pid, host: hostname(), start: earlier }));
      lockFolder(path, "a.model")();
    }
    writeFileSync(path, JSON.stringify({ pid, host: hostname(), start }));
    expect(() => lockFolder(path, "a.model")).toThrow(`process ${pid}`);
  }
});

test.runIf(linux)("a process that ended and was not reaped is dead", async () => {
  // The shell becomes a program that never waits for the child that it began as.
  const parent = spawn("sh", ["-c", "sleep 0.05 & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const pid = Number(
      await new Promise((resolve) => parent.stdout.once("data", (data) => resolve(String(data)))),
    );
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0]).toBe("Z");
    writeFileSync(path, JSON.stringify({ pid, host: hostname() }));
    lockFolder(path, "a.model")();
  } finally {
    parent.kill("SIGKILL");
  }
});

test.runIf(spawnSync("ps", ["-V"]).status === 0)(
  "a start told by ps stays the same, and differs",
  async () => {
    const mine = fromPs(process.pid);
    expect(mine?.alive).toBe(true);
    expect(fromPs(process.pid)).toEqual(mine);
    expect(mine!.start).toMatch(/\d\d:\d\d:\d\d \d{4}$/);
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    expect(fromPs(pid)).toBeUndefined();
  },
);

test("where the file system has no hard links", () => {
  const { linkSync } = fs;
  fs.linkSync = () => {
    throw Object.assign(new Error("EPERM: operation not permitted"), { code: "EPERM" });
  };
  syncBuiltinESMExports();
  try {
    const unlock = lockFolder(path, "a.model");
    expect(() => lockFolder(path, "a.model")).toThrow(/Another run/);
    unlock();
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync(path, JSON.stringify({ pid, host: hostname() }));
    lockFolder(path, "a.model")();
    writeFileSync(path, JSON.stringify({ pid: process.ppid, host: hostname() }));
    expect(() => lockFolder(path, "a.model")).toThrow(`process ${process.ppid}`);
    expect(readdirSync(folder)).toEqual([".lock"]);
  } finally {
    fs.linkSync = linkSync;
    syncBuiltinESMExports();
  }
});

/** Many processes that try at once, hold what they got until all have tried, and say how it went. */
async function contend(count: number): Promise<string[]> {
  const script = join(root, "contend.mjs");
  buildSync({
    stdin: {
      contents: `
        import { checkUnlocked, lockFolder } from ${JSON.stringify(fileURLToPath(new URL("../../src/format/folder-lock.ts", import.meta.url)))};
        process.stdout.write("r");
        process.stdin.once("data", () => {
          try { lockFolder(process.argv[2], "a.model"); process.stdout.write("won"); }
          catch (error) { process.stdout.write(error.name === "UserError" ? "refused" : String(error.stack)); }
        });`,
      resolveDir: root,
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: script,
  });
  const children: ChildProcess[] = [];
  const results: Promise<string>[] = [];
  const ready: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const child = spawn(process.execPath, [script, path], { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    ready.push(new Promise((resolve) => child.stdout!.once("data", resolve)));
  }
  await Promise.all(ready);
  for (const child of children) {
    results.push(new Promise((resolve) => child.stdout!.once("data", (data) => resolve(String(data)))));
    child.stdin!.write("go\n");
  }
  const outcomes = await Promise.all(results);
  for (const child of children) child.kill("SIGKILL");
  return outcomes;
}

test("of 25 processes that find a dead one's lock exactly one gets it", { timeout: 120_000 }, async () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  for (let round = 0; round < 3; round++) {
    writeFileSync(path, JSON.stringify({ pid, host: hostname() }));
    const outcomes = await contend(25);
    expect(outcomes.filter((word) => word === "won")).toHaveLength(1);
    expect(outcomes.filter((word) => word === "refused")).toHaveLength(24);
  }
});

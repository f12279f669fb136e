import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import { writeAllSync, writeFileAtomic, writeFileAtomicSync } from "../../src/format/atomic-file.js";
import { fileError } from "../../src/format/system-error.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-atomic-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Write = (path: string, content: string | Uint8Array | Iterable<Uint8Array>) => Promise<void>;
const ways: [string, Write][] = [
  ["writeFileAtomic", writeFileAtomic],
  ["writeFileAtomicSync", async (path, content) => writeFileAtomicSync(path, content)],
];

/** The error that `action` throws. */
async function thrown(action: () => Promise<void>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe.each(ways)("%s", (name, write) => {
  const dir = join(folder, name);
  beforeAll(() => mkdirSync(dir));

  it("writes text, bytes and chunks, over what was there, and leaves nothing else", async () => {
    const path = join(dir, "a.txt");
    await write(path, "größer");
    expect(readFileSync(path, "utf8")).toBe("größer");
    await write(path, new Uint8Array([1, 2, 3]));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    await write(path, [new Uint8Array([4]), new Uint8Array(0), new Uint8Array([5, 6])]);
    expect([...readFileSync(path)]).toEqual([4, 5, 6]);
    await write(path, "");
    expect(readFileSync(path).length).toBe(0);
    expect(readdirSync(dir)).toEqual(["a.txt"]);
  });

  it("keeps the old content and removes the temporary file when the content fails half-way", async () => {
    const path = join(dir, "half.txt");
    await write(path, "old");
    function* failing(): Iterable<Uint8Array> {
      yield new Uint8Array(100);
      throw new Error("no more");
    }
    expect(await thrown(() => write(path, failing()))).toEqual(new Error("no more"));
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(dir).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });

  it("refuses a folder, a device, and a path through a file or to nowhere", async () => {
    const file = join(dir, "file");
    await write(file, "x");
    const cases: [string, string][] = [
      [dir, `Cannot write ${dir}: it is a folder; give the path of a file.`],
      ["/dev/null", "Cannot write /dev/null: it is a device or pipe; give the path of a file."],
      [join(file, "b"), "a part of its path is a file, not a folder; choose another place."],
      [join(dir, "absent", "b"), "there is no such file or folder; check the path."],
      [join(dir, "n".repeat(300)), "its name is too long; choose a shorter one."],
    ];
    for (const [path, sentence] of cases) {
      const error = await thrown(() => write(path, "x"));
      expect(error).toBeInstanceOf(UserError);
      expect((error as Error).message).toContain(sentence);
    }
  });

  it("removes what killed writers left, but not what a living one writes", async () => {
    const path = join(dir, "left.bin");
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const leftover = join(dir, `.left.bin.${dead}-0123abcd.tmp`);
    const reused = join(dir, `.left.bin.${process.pid}-0123abcd.tmp`);
    const living = join(dir, `.left.bin.${process.ppid}-0123abcd.tmp`);
    const own = join(dir, `.left.bin.${process.pid}-89abcdef.tmp`);
    const stranger = join(dir, ".left.bin.notes.tmp");
    for (const file of [leftover, reused, living, own, stranger]) writeFileSync(file, "");
    utimesSync(reused, 1, 1);
    await write(path, "x");
    const exist = [leftover, reused, living, own, stranger].map((file) => existsSync(file));
    expect(exist).toEqual([false, false, true, true, true]);
  });
});

it("writes concurrently to one path without mixing", async () => {
  const path = join(folder, "race.bin");
  const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(100_000).fill(i));
  await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
  const bytes = readFileSync(path);
  expect(bytes.length).toBe(100_000);
  expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
});

it("turns the system's word for a full disk into a sentence", () => {
  const descriptor = openSync("/dev/full", "w");
  try {
    writeAllSync(descriptor, new Uint8Array(10));
    expect.unreachable();
  } catch (error) {
    expect(fileError(error, "write", "model/x", "its earlier content is unchanged")).toEqual(
      new UserError(
        "Cannot write model/x (its earlier content is unchanged): the disk is full; free some space, or write to another disk.",
      ),
    );
  } finally {
    closeSync(descriptor);
  }
});

it("passes on an error that is not the person's", () => {
  const error = new TypeError("ours");
  expect(fileError(error, "write", "x")).toBe(error);
});

/** A file system of 64 KiB, or the reason why there is none. */
function mountSmallDisk(): { path: string } | { reason: string } {
  const path = mkdtempSync(join(tmpdir(), "recurra-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path], { stdio: "pipe" });
    return { path };
  } catch {
    rmSync(path, { recursive: true, force: true });
    return { reason: "mounting a small disk is not permitted here" };
  }
}

const disk = mountSmallDisk();
const title = "reason" in disk ? ` (skipped: ${disk.reason})` : "";

describe.skipIf("reason" in disk)(`on a disk of 64 KiB${title}`, () => {
  const path = "path" in disk ? disk.path : "";
  afterAll(() => {
    execFileSync("umount", [path]);
    rmSync(path, { recursive: true, force: true });
  });

  it.each(ways)("%s says that it is full, keeps the old file, and leaves no rest", async (_, write) => {
    const file = join(path, "model.safetensors");
    await write(file, "old");
    const error = await thrown(() => write(file, new Uint8Array(1 << 20)));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toBe(
      `Cannot write ${file} (its earlier content is unchanged): the disk is full; free some space, or write to another disk.`,
    );
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(path)).toEqual(["model.safetensors"]);
    await write(file, "new");
    expect(readFileSync(file, "utf8")).toBe("new");
  });

  it("says when it can only be read", async () => {
    execFileSync("mount", ["-o", "remount,ro", path]);
    const error = await thrown(() => writeFileAtomic(join(path, "a"), "x"));
    expect((error as Error).message).toContain("the disk can only be read");
  });
});

it("writes through a linked folder", async () => {
  const real = join(folder, "real");
  mkdirSync(real);
  symlinkSync(real, join(folder, "link"));
  await writeFileAtomic(join(folder, "link", "a"), "x");
  expect(readFileSync(join(real, "a"), "utf8")).toBe("x");
});

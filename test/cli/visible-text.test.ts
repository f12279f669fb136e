/** What reaches a terminal: nothing that it obeys or hides, in whatever output. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { NO_COLORS } from "../../src/cli/colors.js";
import { exitCodeOf } from "../../src/cli/errors-to-exit.js";
import { LiveTrainDisplay, PlainTrainDisplay } from "../../src/cli/train-display.js";
import { resumeCommand } from "../../src/cli/train-words.js";
import { escapeControls, escapedLine } from "../../src/visible-text.js";
import { jsonLine, shellPath, shellQuoted } from "../../src/cli/visible-text.js";
import { UserError } from "../../src/errors.js";
import { CapturedOutput, capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-visible-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** C1 controls, DEL, line separators, what turns writing, and what takes no room. */
const HIDDEN = [
  "\u0007\u001b\u007f\u0085\u009b",
  "\u061c\u200e\u200f\u202a\u202e\u2066\u2069",
  "\u2028\u2029\u00ad\u200b\u2060\ufeff\u{e0041}",
].join("");
const SEEN = "Grüße, 你好, می‌خواهم, 👩‍💻 ❤️, ؀ \u0601\t|\n";

/** No character but line ends that a terminal would obey or hide. */
const SAFE = /^(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\n)*$/u;

test("what a terminal would obey or hide is written out, what people write is left", () => {
  expect(escapeControls(HIDDEN)).toMatch(SAFE);
  expect(escapeControls("a\u009bb\u200ec\u{e0041}")).toBe("a\\x9bb\\u{200e}c\\u{e0041}");
  expect(escapeControls(SEEN)).toBe(SEEN);
  expect(escapedLine("one \n two\u2028")).toBe("one two\\u{2028}");
});

test("JSON says the same, and has none of it", () => {
  const value = { [`key${HIDDEN}`]: [`text${HIDDEN}${SEEN}`, '\\\u0085"', "\ud800"], n: 1.5 };
  const line = jsonLine(value);
  expect(line.slice(0, -1)).toMatch(SAFE);
  expect(line.endsWith("}\n")).toBe(true);
  expect(JSON.parse(line)).toEqual(value);
});

test.each(["plain", "a b", "it's", "-x", "a\nb\t", `c${HIDDEN}d\\'`, '$HOME `x` "y"', "", "é\u200b"])(
  "%j is pasted as it is",
  (argument) => {
    expect(shellQuoted(argument)).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
    const shell = execFileSync("bash", ["-c", `printf '%s' ${shellQuoted(argument)}`], { encoding: "utf8" });
    expect(shell).toBe(argument);
  },
);

test("paths that begin with a dash are no flags where they are pasted", () => {
  expect([shellPath("-x.model"), shellPath("-a b"), shellPath("-"), shellPath("a/-x")]).toEqual([
    "./-x.model",
    "'./-a b'",
    "-",
    "a/-x",
  ]);
  expect(resumeCommand("recurra", ["--out", "-x", "--", "-x.txt"])).toBe(
    "recurra train --out -x --resume -- -x.txt",
  );
});

describe("of a model that learned them", async () => {
  const [text, model] = [join(folder, "hidden.txt"), join(folder, `m\u202e${"\u009b"}.model`)];
  writeFileSync(text, Array.from({ length: 60 }, (_, i) => `${HIDDEN}${i % 7}${SEEN}`).join(""));
  const size = ["--hidden", "8", "--batch-size", "2", "--seq-len", "8", "--steps", "3", "--threads", "1"];
  const trained = await recurra(["train", text, "--out", model, ...size]);
  const first = { out: trained.out, err: trained.err };

  test("train names its folder", () => {
    expect([trained.code, first.err]).toEqual([0, ""]);
    expect(first.out).toMatch(SAFE);
    expect(first.out).toContain("m\\u{202e}\\x9b.model");
    const command = /^ {2}recurra generate (.*) --length 300$/m.exec(first.out)![1]!;
    expect(execFileSync("bash", ["-c", `printf '%s' ${command}`], { encoding: "utf8" })).toBe(model);
  });

  test.each<[string, string[]]>([
    ["generate --json", ["generate", model, "--json", "--length", "80", "--temperature", "3"]],
    ["score --json", ["score", model, "--json", `a${HIDDEN}`]],
    ["info --json", ["info", model, "--json"]],
    ["train --json", ["train", text, "--out", join(folder, `j${HIDDEN}.model`), "--json", ...size]],
    ["eval --json", ["eval", model, text, "--json"]],
  ])("%s", async (_, argv) => {
    const { code, out } = await recurra(argv);
    expect(code).toBe(0);
    expect(out).toMatch(SAFE);
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).not.toEqual([]);
  });

  test.each<[string, string[]]>([
    ["generate", ["generate", model, "--length", "200", "--temperature", "3", "--prompt", HIDDEN]],
    ["score", ["score", model, `a${HIDDEN}`]],
    ["info", ["info", model]],
    ["a wrong path", ["info", `${folder}/no${HIDDEN}`]],
    ["a wrong flag", ["info", `--no${HIDDEN}`]],
  ])("%s on a terminal", async (_, argv) => {
    const io = capturedIo({ terminal: true });
    const { out, err } = await recurra(argv, io);
    // What people write with: joiners, a tab, signs of Arabic numbers.
    const plain = out.replaceAll(/\u200d|[\u200c\t\u0600\u0601]/g, "");
    expect(plain).toMatch(SAFE);
    expect(err).toMatch(SAFE);
    expect(out + err).not.toBe("");
  });

  test("generate into a pipe gives the text as it is", async () => {
    const { out } = await recurra(["generate", model, "--length", "3", "--seed", "1", "--prompt", HIDDEN]);
    expect(out.startsWith(HIDDEN)).toBe(true);
  });
});

test("errors, notices and what is read", () => {
  const stderr = new CapturedOutput();
  exitCodeOf(new UserError(`no ${HIDDEN} here.`), { stderr, env: {} });
  exitCodeOf(new Error(`bug ${HIDDEN}`), { stderr, env: { RECURRA_DEBUG: "1" } });
  for (const Display of [PlainTrainDisplay, LiveTrainDisplay]) {
    let now = 0;
    const clock = () => (now += 10_000);
    const display =
      Display === LiveTrainDisplay
        ? new LiveTrainDisplay(stderr, NO_COLORS, clock)
        : new PlainTrainDisplay(stderr, clock);
    display.handle({ type: "notice", message: `notice ${HIDDEN}` });
    display.handle({ type: "reading", what: `reading ${HIDDEN}`, done: 1, total: 2 });
    display.close();
  }
  const moves = /\u001b\[(?:2K|J|\d+A)|\r/g;
  expect(stderr.text.replaceAll(moves, "")).toMatch(SAFE);
  for (const word of ["no", "bug", "notice", "reading"]) expect(stderr.text).toContain(`${word} \\x07`);
});

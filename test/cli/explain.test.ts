/** `recurra explain`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { explanationLines } from "../../src/cli/explanation-lines.js";
import type { Explanation } from "../../src/explain/explanation.js";
import { explanationPage } from "../../src/export/explanation-page.js";
import { explain, load } from "../../src/index.js";
import { capturedIo, recurra } from "./captured-io.js";

const model = fileURLToPath(new URL("../fixtures/models/lstm-char", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "recurra-explain-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const refused = async (...argv: string[]): Promise<string> => {
  const { code, err, out } = await recurra(["explain", ...argv]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^recurra: [^\n]+[.?]\n$/);
  return err;
};

const EXPLANATION: Explanation = {
  text: "a <storm>\nat",
  target: "\n",
  logProbability: Math.log(0.25),
  probability: 0.25,
  method: "erasure",
  pieces: [
    { text: "a", effect: 0 },
    { text: " <storm>", effect: 2 },
    { text: "\nat", effect: -0.8 },
    { text: "\u001b", effect: null },
  ],
  earlier: 1234,
};

describe("recurra explain", () => {
  test("tells what the library tells, as JSON", async () => {
    const texts = ["the sea was calm", "and the whale\nslept"];
    const { code, out, err } = await recurra([
      "explain",
      model,
      texts[0]!,
      "and the whale\\nslept",
      "--target",
      " the\\n",
      "--json",
    ]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const loaded = await load(model, { threads: 1 });
    const told = await Promise.all(texts.map((text) => explain(loaded, text, { target: " the\n" })));
    // Keys are written in snake_case.
    const found = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Explanation & { log_probability: number });
    expect(found.map(({ pieces }) => pieces)).toEqual(told.map(({ pieces }) => pieces));
    expect(found.map((one) => one.log_probability)).toEqual(told.map((one) => one.logProbability));
  });

  test("lines of standard input, by gradient, and as a page", async () => {
    const page = join(folder, "why.html");
    const argv = ["explain", model, "-", "--method", "gradient", "--out", page];
    const { code, out } = await recurra(argv, capturedIo({ stdin: "the sea\n\nthe whale\n" }));
    expect([code, out]).toEqual([0, `2 texts in ${page}\n`]);
    const html = readFileSync(page, "utf8");
    expect(html.match(/<article>/g)).toHaveLength(2);
    expect(html).toContain("gradient times input");
    expect(await refused(model, "a", "--out", page)).toMatch(
      /There is a file .*why\.html already; choose another name, or replace it with --overwrite/,
    );
    writeFileSync(page, "old");
    expect((await recurra(["explain", model, "the sea", "--out", page, "--overwrite"])).code).toBe(0);
    expect(readFileSync(page, "utf8")).toMatch(/^<!doctype html>/);
  });

  test("a line for each piece", async () => {
    const { code, out } = await recurra(["explain", model, "the sea was calm"]);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toBe("the sea was calm");
    expect(lines[1]).toMatch(/^→ ".+" {2}[\d.]+ %, ln p -[\d.]+$/);
    expect(lines.slice(2).map((line) => line.trim().split(/\s+/).at(-1))).toEqual([
      "the",
      "sea",
      "was",
      "calm",
    ]);
    for (const line of lines.slice(2)) expect(line).toMatch(/^ *[+−]\d+\.\d{3} {2}▇* * {2}\S+$/);
  });

  test("refuses what makes no sense", async () => {
    expect(await refused(model, "")).toMatch(/There is no word in the text/);
    expect(await refused(model, "a", "--target", "鯨")).toMatch(/--target 鯨 has 鯨 in it/);
    expect(await refused(model, "a", "--out", "why.txt")).toMatch(
      /--out why\.txt has not the ending \.html; name a file with it/,
    );
    expect(await refused(model, "a", "--method", "gradients")).toMatch(/gradient/);
    expect(await refused(model, "a", "--overwrite")).toMatch(/--out/);
    const { code, err } = await recurra(["explain", model, "-"], capturedIo({ stdin: "\n" }));
    expect([code, err]).toEqual([
      2,
      "recurra: Standard input is empty: there is no text to explain; pipe some in.\n",
    ]);
  });
});

test("on a terminal words are coloured by how strongly they count, without colours they are not", () => {
  const plain = explanationLines(EXPLANATION, false);
  expect(plain).toEqual([
    "… (1,234 earlier tokens were read, too)",
    "a <storm> at\\x1b",
    '→ "\\n"  25.0 %, ln p -1.386',
    "   +0.000                        a",
    "   +2.000  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  <storm>",
    "   −0.800  ▇▇▇▇▇▇▇▇              at",
    "        –                        \\x1b",
  ]);
  const colored = explanationLines(EXPLANATION, true);
  expect(colored[1]).toBe("a \x1b[38;5;16;48;5;33m<storm>\x1b[0m \x1b[38;5;16;48;5;216mat\x1b[0m\\x1b");
  expect(colored[5]).toContain("\x1b[38;5;208m▇▇▇▇▇▇▇▇\x1b[39m");
});

test("a page has every text escaped, its colours by what each piece did, and asks no network", () => {
  const html = explanationPage("A & B", [EXPLANATION]);
  expect(html).toContain("<title>A &amp; B</title>");
  expect(html).toContain(
    '<span style="background:rgba(37,119,214,0.750)" title="+2.000"> &lt;storm&gt;</span><span style="background:rgba(224,123,22,0.300)" title="−0.8000">\nat</span>',
  );
  expect(html).toContain("1234 earlier tokens");
  expect(html).not.toMatch(/https?:|<script/);
});

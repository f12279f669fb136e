/** `recurra export`: one HTML file, small beside its weights, with nothing in it that was not escaped. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { escapeHtml } from "../../src/export/html-page.js";
import { toyText } from "../train/toy-text.js";
import { recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-export-"));
const at = (name: string) => join(folder, name);
const [model, int8, classifier] = [at("toy.model"), at("toy-int8.model"), at("toy-classifier.model")];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  writeFileSync(at("toy.txt"), toyText(300));
  const sizes = ["--hidden", "32", "--steps", "20", "--batch-size", "4", "--seq-len", "16", "--threads", "1"];
  expect((await recurra(["train", at("toy.txt"), "--out", model, ...sizes])).code).toBe(0);
  expect((await recurra(["quantize", model, "--out", int8])).code).toBe(0);
  const labelled = ["cat", "moon"].flatMap((label) =>
    ["the", "a", "one"].map((word) => `${JSON.stringify({ text: `${word} ${label}`, label })}\n`),
  );
  writeFileSync(at("toy.jsonl"), labelled.join(""));
  const made = ["classify", "train", at("toy.jsonl"), "--from", model, "--out", classifier, "--threads", "1"];
  expect((await recurra(made)).code).toBe(0);
});

const block = (html: string, id: string) =>
  Buffer.from(
    new RegExp(`<script type="text/plain" id="${id}">([A-Za-z0-9+/=]*)</script>`).exec(html)![1]!,
    "base64",
  );

describe.each([
  ["float32", model],
  ["int8", int8],
  ["a classifier", classifier],
])("a model of %s", (_, from) => {
  const html = at(`${_}.html`);

  test("is in the file, with at most 100 kB beside its weights", async () => {
    const { code, out, err } = await recurra(["export", from, "--html", html, "--json"]);
    expect([code, err]).toEqual([0, ""]);
    const report = JSON.parse(out) as { html: string; bytes: number; weight_bytes: number };
    const page = readFileSync(html, "utf8");
    expect(report).toMatchObject({ html, bytes: Buffer.byteLength(page) });
    expect(report.bytes - report.weight_bytes).toBeLessThanOrEqual(100_000);
    expect(JSON.parse(gunzipSync(block(page, "config")).toString())).toEqual(
      JSON.parse(readFileSync(join(from, "config.json"), "utf8")),
    );
    expect(block(page, "weights").length).toBeLessThanOrEqual(
      readFileSync(join(from, "model.safetensors")).length,
    );
    expect(gunzipSync(block(page, "script")).length).toBeGreaterThan(10_000);
  });

  test("asks for nothing outside of the file", () => {
    const page = readFileSync(html, "utf8");
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/https?:|(?:src|href)="/);
  });
});

test("a title cannot break out of its place", async () => {
  const title = `</title><script>alert("1")</script> & 'so'`;
  const html = at("title.html");
  expect((await recurra(["export", model, "--html", html, "--title", title])).code).toBe(0);
  const page = readFileSync(html, "utf8");
  expect(page).not.toContain('alert("1")');
  expect(page.split(escapeHtml(title))).toHaveLength(3);
  expect(escapeHtml(title)).not.toMatch(/[<>"']/);
});

test("a page takes the place of an earlier one, also of one that has no mark, or another policy", async () => {
  const html = at("again.html");
  const mark = '<meta name="generator" content="recurra">';
  const replace = (title: string) =>
    recurra(["export", model, "--html", html, "--title", title, "--overwrite"]);
  expect((await replace("first")).code).toBe(0);
  const page = readFileSync(html, "utf8");
  expect(page.slice(0, 1024)).toContain(mark);
  for (const earlier of [page, page.replace(`${mark}\n`, ""), page.replace("default-src 'none'; ", "")]) {
    writeFileSync(html, earlier);
    expect((await replace("second")).code).toBe(0);
    expect(readFileSync(html, "utf8")).toContain("<title>second</title>");
  }
});

describe("what is wrong is said in a sentence, and nothing is written", () => {
  test.each<[string, string[], RegExp]>([
    ["no model", [at("nothing"), "--html", at("a.html")], /There is no model at .*nothing/],
    ["no name", [model, "--html", ""], /--html is ""; give a text that is not empty/],
    ["no --html", [model], /--html <file>/],
    [
      "the standard output",
      [model, "--html", "-"],
      /not written to the standard output; name its file with --html/,
    ],
    [
      "an empty title",
      [model, "--html", at("a.html"), "--title", ""],
      /--title is ""; give a text that is not empty/,
    ],
    [
      "weights of another model",
      [model, "--html", join(int8, "model.safetensors"), "--overwrite"],
      /model\.safetensors is not a page that recurra exported, so it is not replaced; name another with --html\./,
    ],
    ["a folder in its place", [model, "--html", folder, "--overwrite"], /it is a folder/],
    [
      "its own weights",
      [model, "--html", join(model, "model.safetensors"), "--overwrite"],
      /model\.safetensors is a file of the model that is exported; name another with --html\./,
    ],
    ["no such folder", [model, "--html", at("no/where.html")], /no such file or folder/],
  ])("%s", async (_, argv, message) => {
    const { code, out, err } = await recurra(["export", ...argv]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  test("a file that is there, without --overwrite", async () => {
    writeFileSync(at("mine.html"), "mine");
    expect((await recurra(["export", model, "--html", at("mine.html")])).err).toMatch(
      /is there already; replace it/,
    );
    expect(readFileSync(at("mine.html"), "utf8")).toBe("mine");
  });

  test("a file that is there and is not such a page, also with --overwrite", async () => {
    const html = at("other.html");
    for (const mine of [
      "",
      "mine",
      `<!doctype html>\n<html lang="en">\n<title>mine</title>${"x".repeat(2000)}`,
    ]) {
      writeFileSync(html, mine);
      const { code, err } = await recurra(["export", model, "--html", html, "--overwrite"]);
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/other\.html is not a page that recurra exported/),
      ]);
      expect(readFileSync(html, "utf8")).toBe(mine);
    }
  });
});

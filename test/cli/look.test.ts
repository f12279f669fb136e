/** `recurra look`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { lookPage } from "../../src/export/look-page.js";
import { load, look } from "../../src/index.js";
import { snakeCaseJson } from "../../src/snake-case.js";
import { capturedIo, recurra } from "./captured-io.js";

const model = fileURLToPath(new URL("../fixtures/models/lstm-char", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "recurra-look-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TEXT = "the sea was calm\nand the whale slept\n";
const file = join(folder, "text.txt");
writeFileSync(file, TEXT);

const refused = async (...argv: string[]): Promise<string> => {
  const { code, err, out } = await recurra(["look", ...argv]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^recurra: [^\n]+[.?]\n$/);
  return err;
};

test("tells what the library tells, as JSON; of a file, of standard input and of a typed text", async () => {
  const told = await look(await load(model, { threads: 1 }), TEXT);
  const wanted: unknown = JSON.parse(snakeCaseJson(told));
  for (const [argv, stdin] of [
    [[file], ""],
    [["-"], TEXT],
    [["--text", TEXT.replaceAll("\n", "\\n")], ""],
  ] as const) {
    const { code, out, err } = await recurra(["look", model, ...argv, "--json"], capturedIo({ stdin }));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toEqual(wanted);
  }
});

test("lines for a person, and a report that holds the figures and fetches nothing", async () => {
  const page = join(folder, "report.html");
  const { code, out } = await recurra(["look", model, file, "--html", page]);
  expect(code).toBe(0);
  expect(out).toMatch(/bits a token \(perplexity [\d.]+\)/);
  expect(out).toContain(`The report is in ${page}`);
  const html = readFileSync(page, "utf8");
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!;
  const { report } = JSON.parse(data) as { report: { chapters: { surprise: { map: { text: string }[] } } } };
  expect(report.chapters.surprise.map.map(({ text }) => text).join("")).toBe(TEXT);
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).toContain("default-src 'none'");
  expect(await refused(model, file, "--html", page)).toMatch(/report\.html already.*--overwrite/);
  expect((await recurra(["look", model, file, "--html", page, "--overwrite"])).code).toBe(0);
});

test("a report of a model and a text that look like HTML", () => {
  const page = lookPage(
    "</title><script>",
    { text: "</script><!-- <script>" },
    { script: "1 </script> 2", style: "a </style>" },
  );
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page.match(/<\/style>/g)).toHaveLength(1);
  const data = /id="data">(.*?)<\/script>/s.exec(page)![1]!;
  expect(JSON.parse(data)).toEqual({ name: "</title><script>", report: { text: "</script><!-- <script>" } });
});

test("what makes no sense is refused in one sentence", async () => {
  expect(await refused(model)).toMatch(/needs a text: name a file after the model/);
  expect(await refused(model, file, "--text", "a text")).toMatch(
    /--text a text is a text, and .*names another/,
  );
  expect(await refused(model, file, "--overwrite")).toMatch(/--overwrite is given without --html/);
  expect(await refused(model, "--text", "a")).toMatch(/fewer than two tokens/);
  expect(await refused(model, file, "--only", "surprise,gatez")).toMatch(/--only.*gatez.*surprise/);
  expect(await refused(model, file, "--html", "report.pdf")).toMatch(/has not the ending \.html/);
  expect(await refused(model, join(folder, "none.txt"))).toMatch(/none\.txt/);
  expect(await refused(file, model)).toMatch(/the model comes first/);
});

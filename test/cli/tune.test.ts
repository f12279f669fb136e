/** `recurra tune` and `recurra study` as a person uses them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StudyReport } from "../../src/tune/study-report.js";
import { toyText } from "../train/toy-text.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-tune-cli-"));
const text = join(folder, "toy.txt");
const space = join(folder, "space.json");
const before = process.env["NODE_OPTIONS"];
beforeAll(() => {
  // Workers are processes, and the sources are TypeScript.
  process.env["NODE_OPTIONS"] = "--import tsx";
  writeFileSync(text, toyText(300));
  writeFileSync(
    space,
    '{ "hidden": [8, 16, 24], "lr": { "from": 0.002, "to": 0.05, "log": true }, "cell": ["lstm", "gru"] }',
  );
});
afterAll(() => {
  if (before === undefined) delete process.env["NODE_OPTIONS"];
  else process.env["NODE_OPTIONS"] = before;
  rmSync(folder, { recursive: true, force: true });
});

const HOW = ["--space", space, "--trials", "9", "--epochs", "2", "--parallel", "1", "--threads", "1"];

test("a study from beginning to end, and what is shown of it", { timeout: 120_000 }, async () => {
  const out = join(folder, "toy.study");
  const { code, out: shown, err } = await recurra(["tune", text, "--out", out, ...HOW]);
  expect([code, err]).toEqual([0, ""]);
  expect(shown).toContain("Looking among hidden, lr, cell.");
  expect(shown).toMatch(
    /Trials train for 0\.222 passes, 0\.667 passes, 2 passes, one in 3 goes on each time; tpe, seed 1\./,
  );
  expect(shown).toMatch(
    /trial 0 {2}rung 0 {2}\d+ s {2}\d\.\d{4} bits a character {2}the best so far {2}--cell lstm --hidden 24 --lr 0\.004/,
  );
  expect(shown).toMatch(/trial +bits\/char +rung +time +passes +weights +MB +ms\/token +options\n/);
  expect(shown).toMatch(
    /What mattered \(part of the difference between models that each option explains, from 9 trials\):/,
  );
  expect(shown).toMatch(/9 trials, \d promotions, in \d+ s\./);
  expect(shown).toMatch(/Best: trial \d, \d\.\d{4} bits a character on all of the held-out text, perplexity/);
  expect(shown).toContain(`  recurra train ${text} --seed 1 `);

  const study = await recurra(["study", out]);
  expect(study.code).toBe(0);
  // All but what a run alone tells.
  expect(shown).toContain(
    study.out.slice(study.out.indexOf("trial  bits/char"), study.out.indexOf("What mattered")),
  );

  const { out: json } = await recurra(["study", out, "--json"]);
  const value = JSON.parse(json) as {
    trials: { trial: number }[];
    learned: { options: object[] };
  };
  expect(value.trials.length).toBe(9);
  expect(value.learned.options.length).toBe(3);

  const page = join(folder, "report.html");
  const { out: told } = await recurra(["study", out, "--html", page]);
  expect(told).toContain(`The report is in ${page}`);
  const html = readFileSync(page, "utf8");
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!;
  const { report } = JSON.parse(data) as { report: StudyReport };
  expect(report).toMatchObject({ name: "toy.study", begun: 9, refused: 0, rungs: 3 });
  expect(report.trials.map(({ trial }) => trial)).toEqual(value.trials.map(({ trial }) => trial));
  expect(report.trials[0]!.curve.length).toBeGreaterThan(2);
  expect(html).toContain("default-src 'none'");
  const twice = await recurra(["study", out, "--html", page]);
  expect([twice.code, twice.err]).toEqual([2, expect.stringMatching(/report\.html already.*--overwrite/)]);

  const again = await recurra(["tune", text, "--out", out, ...HOW]);
  expect([again.code, again.out]).toEqual([2, ""]);
  expect(again.err).toMatch(
    /already holds a study; go on with it with --resume, replace it with --overwrite/,
  );
});

test(
  "Ctrl-C ends it in order and says how to go on; --json writes the record",
  { timeout: 120_000 },
  async () => {
    const out = join(folder, "ended.study");
    const io = capturedIo();
    io.stdout.onWrite = (written) => {
      if (written.includes('"type":"measured"')) io.interrupt();
    };
    const ended = await recurra(["tune", text, "--out", out, ...HOW, "--json"], io);
    expect(ended.code).toBe(130);
    const lines = ended.out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(lines.slice(0, 3)).toEqual(["study", "session", "trial"]);
    expect(lines).not.toContain("finished");
    const { code, out: shown } = await recurra(["tune", "--out", out, "--resume"]);
    expect(code).toBe(0);
    expect(shown).toMatch(/9 trials/);
  },
);

test("mistakes are told in a sentence", async () => {
  const refused = async (...argv: string[]): Promise<string> => {
    const { code, out, err } = await recurra(argv);
    expect([code, out]).toEqual([2, ""]);
    return err;
  };
  expect(await refused("tune")).toContain("recurra tune needs a text; give files or folders");
  expect(await refused("tune", text, "--out", folder)).toContain("which is no part of a study");
  expect(await refused("study", folder)).toContain("holds no study: it has no study.jsonl");
  expect(await refused("tune", "-", "--out", join(folder, "x"))).toContain("standard input can be read once");
  expect(await refused("tune", text, "--momentum", "0.9", "--out", join(folder, "x"))).toContain(
    "--momentum belongs to --optimizer sgd",
  );
  expect(await refused("tune", text, "--spce", "x")).toContain("did you mean --space?");
  writeFileSync(join(folder, "bad.json"), '{ "hiden": [8] }');
  expect(
    await refused(
      "tune",
      text,
      "--space",
      join(folder, "bad.json"),
      "--trials",
      "2",
      "--parallel",
      "1",
      "--out",
      join(folder, "x"),
    ),
  ).toContain('bad.json, there is no option "hiden"; did you mean hidden?');
});

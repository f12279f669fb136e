/** `recurra complete` and `recurra eval --completion`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../src/cli/program.js";
import { load, measureCompletion, train } from "../../src/index.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-complete-"));
const at = (name: string): string => join(folder, name);
const TEXT = "the white whale swam where the weather was wild.\n".repeat(60);

beforeAll(async () => {
  const options = { text: TEXT, hidden: 48, epochs: 12, seed: 1, overwrite: true, threads: 1 };
  await train({ ...options, out: at("char.model") });
  await train({ ...options, out: at("words.model"), tokenizer: "word" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lines = (out: string): { text: string; probability: number }[] =>
  out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as never]));

describe("recurra complete", () => {
  test.each(["char.model", "words.model"])("finishes a word with %s", async (name) => {
    const { code, out, err } = await recurra(["complete", at(name), "the white wh", "-n", "3", "--json"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const found = lines(out);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(3);
    expect(found[0]!.text).toBe("ale");
    for (const one of found) expect(Object.keys(one)).toEqual(["text", "probability"]);
    const probabilities = found.map((one) => one.probability);
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
    const shown = await recurra(["complete", at(name), "the white wh"]);
    expect(shown.out.split("\n")[0]).toMatch(/^ *\d+\.\d\d %  whale$/);
  });

  test("finishes a line, and goes on for some tokens", async () => {
    const line = await recurra(["complete", at("char.model"), "the white ", "--until", "line", "-n", "1"]);
    expect(line.out).toMatch(/%  whale swam where .*\n$/);
    const tokens = ["--until", "tokens", "--length", "2", "-n", "1", "--json"];
    const { out } = await recurra(["complete", at("char.model"), "the white wha", ...tokens]);
    expect(lines(out)[0]!.text).toBe("le");
  });

  test("says where the search ended early", async () => {
    await train({
      text: "abcdefghijklmnopqrstuvwxyz \n".repeat(20),
      steps: 1,
      hidden: 8,
      threads: 1,
      lr: 1e-9,
      out: at("flat.model"),
    });
    const { code, out, err } = await recurra(["complete", at("flat.model"), "a ", "-n", "40", "--json"]);
    expect(code).toBe(0);
    const found = lines(out);
    expect(found.at(-1)).toMatchObject({ unsure: true });
    const sure = found.findIndex((one) => "unsure" in one);
    expect(err).toBe(
      `The search ended before it had looked at everything: more probable suggestions than these${sure === 0 ? "" : ` after the first ${sure}`} may be missing; type on, or ask for fewer.\n`,
    );
    const few = await recurra(["complete", at("flat.model"), "a ", "-n", "3", "--json"]);
    expect([few.err, few.out.includes("unsure")]).toEqual(["", false]);
  });

  test("answers each line of standard input before the next one comes", async () => {
    const io = capturedIo();
    const stdin = new PassThrough();
    const done = run(["complete", at("char.model"), "--json", "-n", "2"], { ...io, stdin });
    let answers = 0;
    for (const text of ["the white wh", "the white wha", "so it was.\\nthe wea"]) {
      stdin.write(`${text}\n`);
      answers++;
      await expect.poll(() => io.stdout.text.split("\n\n").length - 1, { timeout: 10_000 }).toBe(answers);
    }
    stdin.end();
    expect(await done).toBe(0);
    const blocks = io.stdout.text.split("\n\n").map(lines);
    expect(blocks.slice(0, 3).map(([first]) => first!.text)).toEqual(["ale", "le", "ther"]);
  });

  test("beside an n-gram model, and with a temperature, is as probable as score has it", async () => {
    const model = at("words.model");
    const [text, ngram] = [at("ngram.txt"), at("words.arpa")];
    writeFileSync(text, `${TEXT}the white weather was where the whale was.\n`);
    const trained = await recurra(["ngram", "train", text, "--model", model, "--order", "3", "--out", ngram]);
    expect(trained.code).toBe(0);
    const logsOf = async (flags: readonly string[]) => {
      const asked = ["--until", "tokens", "-n", "2", "--json", ...flags];
      const { code, out, err } = await recurra(["complete", model, "the white ", ...asked]);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      const found = lines(out);
      expect(found).toHaveLength(2);
      const scored = await Promise.all(
        found.map(async (one) => {
          const score = await recurra(["score", model, `the white ${one.text}`, "--json", ...flags]);
          const { scores } = JSON.parse(score.out) as { scores: { log_probability: number }[] };
          return scores.at(-1)!.log_probability;
        }),
      );
      // Of two the ratio: what is never written has no part in the probabilities of suggestions.
      const [a, b] = found.map((one) => Math.log(one.probability));
      expect(a! - b!).toBeCloseTo(scored[0]! - scored[1]!, 4);
      return a!;
    };
    const beside = ["--interpolate", ngram, "--interpolate-weight", "0.7"];
    const all = [
      await logsOf([]),
      await logsOf(["--temperature", "2"]),
      await logsOf(beside),
      await logsOf([...beside, "--temperature", "2"]),
    ];
    expect(new Set(all.map((x) => x.toFixed(4))).size).toBe(4);
    const alone = await recurra(["complete", model, "a", "--interpolate-weight", "0.5"]);
    expect(alone).toMatchObject({
      code: 2,
      err: expect.stringMatching(/without --interpolate; give/) as string,
    });
  });

  test("says so where there is nothing, and refuses what makes no sense", async () => {
    const none = await recurra(["complete", at("words.model"), "the xyz"]);
    expect(none).toEqual({ code: 0, out: "", err: "The model knows nothing that goes on from there.\n" });
    const refused = async (...argv: string[]) => {
      const { code, err } = await recurra(argv);
      expect(code).toBe(2);
      return err;
    };
    const model = at("char.model");
    expect(await refused("complete", model, "a", "-n", "0")).toContain("--suggestions is 0");
    expect(await refused("complete", model, "a", "--length", "3")).toContain(
      "--length belongs to --until line",
    );
    expect(await refused("complete", model, "a", "-")).toContain("not both");
    expect(await refused("complete", model)).toContain("Standard input is empty");
    expect(await refused("complete", at("no.model"), "a")).toContain("no.model");
    expect(await refused("complete", model, "a", "--until", "end")).toContain("word, line, tokens");
  });
});

describe("recurra eval --completion", () => {
  test("counts keys and ranks", async () => {
    writeFileSync(at("text.txt"), "the white whale swam. 'tis ' 12\n");
    const { code, out } = await recurra(["eval", at("char.model"), at("text.txt"), "--completion", "--json"]);
    expect(code).toBe(0);
    const measured = JSON.parse(out) as {
      words: number;
      of_words: number;
      positions: number;
      measures: { suggestions: number; keystrokes_saved: number; mean_reciprocal_rank: number }[];
    };
    expect(measured).toMatchObject({ words: 6, of_words: 6, positions: 3 + 5 + 5 + 4 + 4 + 2 });
    expect(measured.measures.map((one) => one.suggestions)).toEqual([1, 3, 5]);
    const saved = measured.measures.map((one) => one.keystrokes_saved);
    expect(saved).toEqual(saved.toSorted((a, b) => a - b));
    expect(saved[2]).toBeGreaterThan(0.2);
    expect(saved[2]).toBeLessThan(1);
  });

  test("is what somebody who types gets", async () => {
    const model = await load(at("char.model"), { threads: 1 });
    const { measures, words, ofWords } = await measureCompletion(model, [at("text.txt")]);
    expect({ words, ofWords }).toEqual({ words: 6, ofWords: 6 });
    const text = "the white whale swam. 'tis ' 12\n";
    let keys = 0;
    let reciprocals = 0;
    let positions = 0;
    let end = 0;
    for (const { 0: word, index } of text.matchAll(/[\w']*\w[\w']*/g)) {
      keys += index - end;
      end = index + word.length;
      let taken = false;
      for (let typed = 0; typed < word.length; typed++) {
        const completer = await model.completer();
        const found = await completer.complete(text.slice(0, index + typed), { suggestions: 3 });
        const rank = found.findIndex((one) => one.text === word.slice(typed)) + 1;
        if (!taken) keys++;
        if (rank > 0) {
          reciprocals += 1 / rank;
          taken = true;
        }
        positions++;
      }
    }
    expect(measures[1]!.keystrokesSaved).toBeCloseTo(1 - keys / end, 10);
    expect(measures[1]!.meanReciprocalRank).toBeCloseTo(reciprocals / positions, 10);
  });

  test("takes words spread over a long text, and tells how many", async () => {
    writeFileSync(at("long.txt"), TEXT.repeat(8));
    const argv = ["eval", at("words.model"), at("long.txt"), "--completion", "--completion-words"];
    const { code, out } = await recurra([...argv, "21"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^words {7}21 of 4,320, spread evenly$/m);
    expect(out).toMatch(/^ {10}5 +\d+\.\d\d % +\d\.\d+$/m);
  });

  test("refuses what does not go with it", async () => {
    const refused = async (...flags: string[]) => {
      const { code, err } = await recurra(["eval", at("char.model"), at("text.txt"), ...flags]);
      expect(code).toBe(2);
      return err;
    };
    expect(await refused("--completion-words", "3")).toContain(
      "--completion-words is given without --completion",
    );
    expect(await refused("--completion", "--batch-size", "4")).toContain("leave --batch-size out");
    expect(await refused("--completion", "--cache")).toContain(
      "With --cache a model follows one text, and --completion reads several",
    );
    writeFileSync(at("signs.txt"), "... --- !!!\n");
    const { code, err } = await recurra(["eval", at("char.model"), at("signs.txt"), "--completion"]);
    expect(code).toBe(2);
    expect(err).toContain("There is no word in");
  });
});

/** What a run to be resumed finds in its folder: its files are compared with each other before it goes on. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { train } from "../../src/apps/train.js";
import { UserError } from "../../src/errors.js";
import { modelPaths } from "../../src/format/model-folder.js";
import type { TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { toyText } from "./toy-text.js";

const root = mkdtempSync(join(tmpdir(), "recurra-resume-files-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const text = toyText(60);
const small: TrainOptions = { text, steps: 6, hidden: 16, embedding: 8, batchSize: 2, seqLen: 8, seed: 5 };
const [old, other] = [join(root, "old"), join(root, "other")];
beforeAll(async () => {
  await train({ ...small, out: old });
  await train({ ...small, text: `ÄÖÜäöü ${text}`, hidden: 12, out: other });
});

let count = 0;
function copy(): string {
  const folder = join(root, `copy-${count++}`);
  cpSync(old, folder, { recursive: true });
  return folder;
}

/** Resumes, and gives the error's sentence; nothing is encoded, trained or measured before it. */
async function refusal(out: string, options: Partial<TrainOptions> = {}): Promise<string> {
  const events: string[] = [];
  const onEvent = (event: TrainEvent) => {
    events.push(event.type === "reading" ? event.what : event.type);
  };
  const error = await train({ ...small, out, resume: true, ...options, onEvent }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(events.filter((event) => event !== "notice")).toEqual([]);
  return (error as UserError).message;
}

describe("refused at once, by the file's name", () => {
  test("a tokenizer of another model", async () => {
    const out = copy();
    const { tokenizer, config } = modelPaths(out);
    cpSync(modelPaths(other).tokenizer, tokenizer);
    const message = await refusal(out, { steps: 8 });
    expect(message).toMatch(
      /tokenizer\.json has \d+ tokens, but .*config\.json says \d+; the folder is torn/,
    );
    expect(message).toContain(tokenizer);
    expect(message).toContain(config);
  });

  test("weights of another model, though no step is left", async () => {
    const out = copy();
    const { weights } = modelPaths(out);
    cpSync(modelPaths(other).weights, weights);
    expect(await refusal(out)).toMatch(/model\.safetensors does not fit the model's config\.json/);
  });

  test.each(["weights", "checkpoint"] as const)("%s with a changed bit", async (file) => {
    const out = copy();
    const path = modelPaths(out)[file];
    const bytes = readFileSync(path);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(path, bytes);
    const message = await refusal(out);
    expect(message).toContain(path);
    expect(message).toMatch(/Where there is no copy, train anew with overwrite in place of resume\.$/);
  });

  test("no tokenizer: that training goes on is not advised, as it cannot", async () => {
    const out = copy();
    rmSync(modelPaths(out).tokenizer);
    const sentence =
      /is not whole: tokenizer\.json is missing; restore it from a copy, or train the model again with overwrite\./;
    expect(await refusal(out)).toMatch(sentence);
    await expect(load(out)).rejects.toThrow(sentence);
  });
});

test("no weights: training goes on, and makes them; without a step left it says what to do", async () => {
  const out = copy();
  rmSync(modelPaths(out).weights);
  const sentence =
    /model\.safetensors is missing; let its training go on with resume, for longer where it had ended, or train/;
  await expect(load(out)).rejects.toThrow(sentence);
  await expect(train({ ...small, out, resume: true })).rejects.toThrow(sentence);
  // With a learning rate at its end nothing becomes better: the lost weights were the best.
  const { step } = await train({ ...small, out, steps: 7, resume: true });
  expect(step).toBe(7);
  expect((await load(out)).config.hidden).toBe(16);
});

describe("a run that was killed before it could replace a model", () => {
  /** The folder as a kill leaves it while the text is encoded. */
  async function killed(): Promise<string> {
    const out = copy();
    const left = join(root, `killed-${count++}`);
    const onEvent = (event: TrainEvent) => {
      if (event.type === "reading" && event.what.startsWith("encoding"))
        cpSync(out, left, { recursive: true, force: true });
    };
    await train({ ...small, text: `${text}xy`, hidden: 20, out, overwrite: true, onEvent });
    rmSync(modelPaths(left).lock);
    return left;
  }

  test("resumed with what it was to be, it is told whose run is there", async () => {
    const ours =
      "that run is the earlier model's, as the one that was to replace it had not begun to train; repeat that one with overwrite.";
    const out = await killed();
    expect(await refusal(out, { hidden: 20 })).toBe(
      `This run was begun with hidden: 16 and cannot go on with 20, since its weights were learned for that: ${ours}`,
    );
    expect(await refusal(out, { lr: 0.05 })).toBe(
      `This run was begun with lr: 0.004 and cannot go on with 0.05: ${ours}`,
    );
    expect(await refusal(out, { lines: true })).toContain(ours);
    await expect(train({ ...small, text: `${text}xy`, out, resume: true })).rejects.toThrow(ours);
  });

  test("the earlier model's run goes on with a notice, once", async () => {
    const out = await killed();
    const notices: string[] = [];
    const onEvent = (event: TrainEvent) => {
      if (event.type === "notice") notices.push(event.message);
    };
    await train({ ...small, out, steps: 8, resume: true, onEvent });
    expect(notices.join()).toMatch(/going on with that of the earlier model/);
    notices.length = 0;
    await train({ ...small, out, steps: 10, resume: true, onEvent });
    expect(notices.join()).not.toMatch(/earlier model/);
  });
});

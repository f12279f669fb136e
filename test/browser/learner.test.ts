/** A model in a page's worker learns from what a person writes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import type { BrowserModel } from "../../src/browser/browser-model.js";
import { UserError } from "../../src/errors.js";
import type { ModelFiles } from "../../src/format/model-files.js";
import { readFileSync } from "node:fs";
import { toyText } from "../train/toy-text.js";
import { startInProcess } from "./in-process.js";

const TEXT = toyText(60);
const OWN = TEXT.slice(0, 90).split(" ").toReversed().join(" ").repeat(14);
const folder = mkdtempSync(join(tmpdir(), "recurra-learner-"));
const recurra = await startInProcess();
let model: BrowserModel;
let files: ModelFiles;

beforeAll(async () => {
  const options = { hidden: 12, embedding: 12, layers: 1, batchSize: 2, seqLen: 8, steps: 60, seed: 1 };
  const run = recurra.train({ text: TEXT, ...options });
  await run.done;
  files = await (await run.model).files();
  model = await recurra.load({ files });
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
});
afterAll(() => {
  recurra.dispose();
  rmSync(folder, { recursive: true });
});

const bits = async (of = model): Promise<number> => (await of.evaluate(OWN)).bitsPerChar;

test("it learns, tells what that gains, gives a profile that Node reads, and forgets", async () => {
  const plain = await bits();
  const learner = await model.learner();
  expect(await learner.profile()).toBeUndefined();
  const heard: number[] = [];
  const { points } = await learner.adapt(OWN, { onProgress: ({ characters }) => heard.push(characters) });
  expect(heard.at(-1)).toBe(OWN.length);
  expect(points).toEqual([expect.objectContaining({ number: 1, characters: OWN.length - 1 })]);
  expect(points[0]!.bits).toBeLessThan(points[0]!.plainBits);
  const own = await bits();
  expect(own).toBeLessThan(plain);
  expect((await learner.adapt(OWN)).points).toHaveLength(2);
  const twice = await bits();

  // The model's files are as they were.
  expect((await model.files())["model.safetensors"]).toEqual(files["model.safetensors"]);
  const profile = (await learner.profile())!;
  writeFileSync(join(folder, "me.safetensors"), profile);
  const onNode = await load(folder, { profile: join(folder, "me.safetensors"), threads: 1 });
  expect((await onNode.evaluate(OWN)).bitsPerChar).toBeCloseTo(twice, 4);
  await onNode.adapt(OWN, { profile: join(folder, "me.safetensors") });

  await learner.forget();
  expect(await bits()).toBe(plain);
  expect(await learner.profile()).toBeUndefined();
  expect((await learner.use(profile)).points).toHaveLength(2);
  expect(await bits()).toBeCloseTo(twice, 6);
  // And the page reads what Node has learned since.
  const since = new Uint8Array(readFileSync(join(folder, "me.safetensors")));
  expect((await learner.use(since)).points).toHaveLength(3);
  await learner.forget();
});

test("what makes no sense is refused in a sentence, and changes nothing", async () => {
  const plain = await bits();
  const learner = await model.learner();
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  };
  expect(await refusal(learner.adapt(""))).toContain("nothing to learn from");
  expect(await refusal(learner.adapt(5 as never))).toContain("give a string");
  expect(await refusal(learner.adapt(OWN, { rate: -1 }))).toContain("rate is -1");
  expect(await refusal(learner.adapt(OWN, { profile: "me" } as never))).toContain("loaded from none");
  expect(await refusal(learner.adapt(OWN, null as never))).toContain("give an object");
  expect(await refusal(learner.use(new Uint8Array(3)))).toContain("The profile");
  expect(await refusal(learner.use("me" as never))).toContain("give a Uint8Array");
  await learner.adapt(OWN);
  const profile = (await learner.profile())!;
  await learner.forget();
  const other = recurra.train({ text: TEXT, hidden: 12, steps: 5, seed: 2 });
  await other.done;
  const otherLearner = await (await other.model).learner();
  expect(await refusal(otherLearner.use(profile))).toContain("of another model");
  expect(await bits()).toBe(plain);
});

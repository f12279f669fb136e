/** What is said of a model after its training, and later by info and eval, is of one text where it has one name. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { BrowserTrainEvent } from "../../src/service/protocol.js";
import type { DoneEvent } from "../../src/train/events.js";
import { startInProcess } from "../browser/in-process.js";
import { toyText } from "../train/toy-text.js";
import { recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-figures-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** So long that validations while it trains read a part of it. */
const HELD_OUT = toyText(3500, 5);
const TEXT = toyText(400);
const model = join(folder, "toy.model");

type Measured = Readonly<Record<"nats_per_token" | "perplexity" | "bits_per_char" | "tokens", number>>;
interface Info {
  readonly history: {
    readonly best: { readonly loss: number };
    readonly held_out: Readonly<Record<"step" | "loss" | "perplexity" | "bits_per_char", number>>;
  };
}

async function infoOf(where: string): Promise<Info> {
  return JSON.parse((await recurra(["info", where, "--json"])).out) as Info;
}

test("training, info and eval agree on the held-out text; the best validation is another figure", async () => {
  const [text, valid] = [join(folder, "text.txt"), join(folder, "valid.txt")];
  writeFileSync(text, TEXT);
  writeFileSync(valid, HELD_OUT);
  const size = ["--hidden", "8", "--batch-size", "4", "--seq-len", "16", "--steps", "30"];
  const trained = await recurra(["train", text, "--valid", valid, "--out", model, ...size, "--json"]);
  const done = JSON.parse(trained.out.trim().split("\n").at(-1)!) as { type: string; valid: Measured };
  expect(done.type).toBe("done");
  expect(done.valid.tokens).toBe(HELD_OUT.length - 1);

  const { best, held_out: heldOut } = (await infoOf(model)).history;
  expect(heldOut).toEqual({
    step: 30,
    loss: done.valid.nats_per_token,
    perplexity: done.valid.perplexity,
    bits_per_char: done.valid.bits_per_char,
  });
  expect(best.loss).not.toBe(heldOut.loss);

  const measured = JSON.parse((await recurra(["eval", model, valid, "--json"])).out) as Measured;
  expect(measured.nats_per_token).toBeCloseTo(heldOut.loss, 5);

  const { out } = await recurra(["info", model]);
  expect(out).toMatch(
    /^best validation {2}loss [\d.]+, perplexity [\d.]+, at step \d+ \(in training, on pieces/m,
  );
  const figure = heldOut.perplexity.toPrecision(4);
  expect(out).toMatch(
    new RegExp(`^held-out text {4}loss .*, perplexity ${figure}, .* read from end to end$`, "m"),
  );
});

test("what a page says after training is what info says of its model", async () => {
  const page = await startInProcess();
  try {
    let done: DoneEvent | undefined;
    const onEvent = (event: BrowserTrainEvent): void => {
      if (event.type === "done") done = event;
    };
    const options = { text: TEXT, hidden: 8, batchSize: 4, seqLen: 16, steps: 30 };
    const run = page.train(options, { onEvent });
    await run.done;
    const where = join(folder, "page.model");
    for (const [name, bytes] of Object.entries(await (await run.model).files())) {
      mkdirSync(dirname(join(where, name)), { recursive: true });
      writeFileSync(join(where, name), bytes);
    }
    const { held_out: heldOut } = (await infoOf(where)).history;
    expect(heldOut).toMatchObject({ step: 30, perplexity: done!.valid!.perplexity });
  } finally {
    page.dispose();
  }
});

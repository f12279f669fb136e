/** The service as whoever asks meets it: its handlers without a transport, and errors over one. */
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { Client } from "../../src/browser/client.js";
import { createEngine } from "../../src/engine/create.js";
import { option, sentence, UserError } from "../../src/errors.js";
import type { Handlers } from "../../src/service/handlers.js";
import { inferenceHandlers } from "../../src/service/inference-handlers.js";
import { ModelHost } from "../../src/service/model-host.js";
import type { Port } from "../../src/service/port.js";
import type { BrowserTrainEvent, BrowserTrainOptions } from "../../src/service/protocol.js";
import { serve } from "../../src/service/serve.js";
import { trainingHandlers } from "../../src/service/training-handlers.js";
import { toyText } from "../train/toy-text.js";

test("handlers answer without a port: with any engine, trained, saved, loaded, asked", async () => {
  const host = new ModelHost();
  expect(host.use(await createEngine({ engine: "native", threads: 1 }), 2 ** 33)).toMatchObject({
    name: "native",
  });
  const handlers = { ...inferenceHandlers(host), ...trainingHandlers(host) };
  const { signal } = new AbortController();
  const events: BrowserTrainEvent[] = [];
  const options = { text: toyText(500), hidden: 16, batchSize: 4, seqLen: 16, steps: 5 };
  await handlers.train!({ model: 1, options }, { signal, emit: (event) => events.push(event) });
  const saved = events.find((event) => event.type === "saved")!;
  expect(events.at(-1)).toMatchObject({ type: "done", reason: "finished" });
  const silent = { signal, emit: () => {} };
  await handlers.load!({ model: 2, files: saved.files }, silent);
  const texts: string[] = [];
  await handlers.generate!(
    { model: 2, options: { length: 5 } },
    { signal, emit: ({ text }) => texts.push(text) },
  );
  expect(texts).toHaveLength(5);
  await expect(handlers.score!({ model: 3, line: "a" }, silent)).rejects.toThrow(/given back/);
});

test("a model that was trained in a page begins the next run there, and that run goes on with its files", async () => {
  const host = new ModelHost();
  host.use(await createEngine({ engine: "native", threads: 1 }), 2 ** 33);
  const handlers = { ...inferenceHandlers(host), ...trainingHandlers(host) };
  const { signal } = new AbortController();
  const run = async (model: number, options: BrowserTrainOptions) => {
    const events: BrowserTrainEvent[] = [];
    await handlers.train!({ model, options }, { signal, emit: (event) => events.push(event) });
    return {
      done: events.find((event) => event.type === "done")!,
      files: events.findLast((event) => event.type === "saved")!.files,
    };
  };
  const sizes = { batchSize: 4, seqLen: 16 };
  const first = await run(1, { text: toyText(100), hidden: 16, ...sizes, steps: 5 });
  const text = toyText(100, 2).replaceAll("moon", "Mönd");
  const tuned = { text, from: first.files, ...sizes, layerDecay: 0.5 };
  const second = await run(2, { ...tuned, steps: 6 });
  expect(second.done.fineTuned).toMatchObject({ from: "", added: 2 });
  expect(second.done.fineTuned!.gain!.natsPerToken).toBeGreaterThan(0);
  const third = await run(3, { text, resume: second.files, steps: 8 });
  expect(third.done).toMatchObject({ step: 8, fineTuned: { before: second.done.fineTuned!.before } });
  await expect(run(4, { ...tuned, hidden: 17, steps: 6 })).rejects.toMatchObject({ option: "hidden" });
  for (const from of ["book.model", 3, { model: 1, tokenizer: 2 }])
    await expect(run(5, { ...tuned, from: from as never, steps: 6 })).rejects.toThrow(/^from is .*; give/);
  await expect(run(6, { ...tuned, from: {}, steps: 6 })).rejects.toThrow(/config.json is missing/);
});

/** A client, and whoever answers it. */
function connected(handlers: Handlers): { client: Client; close: () => void } {
  const { port1, port2 } = new MessageChannel();
  serve(port2 as unknown as Port, handlers);
  return { client: new Client(port1 as unknown as Port), close: () => port1.close() };
}

describe("over a port", () => {
  test("an error keeps its parts, so that a page can spell it", async () => {
    const problem = sentence`${option("batchSize", 32)} is too large`;
    const advice = sentence`leave ${option("batchSize")} out`;
    const { client, close } = connected({
      score: async () => Promise.reject(new UserError({ option: "batchSize", problem, advice })),
      files: async () => Promise.reject(new TypeError("x is not a function")),
    });
    const error = await client.ask("score", { model: 1, line: "a" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ option: "batchSize", problem, advice });
    expect((error as UserError).spelled(({ option: name, value }) => `<${name} ${value ?? ""}>`)).toBe(
      "<batchSize 32> is too large; leave <batchSize > out.",
    );
    const bug = await client.ask("files", { model: 1 }).catch((thrown: unknown) => thrown);
    expect(bug).not.toBeInstanceOf(UserError);
    expect(bug).toEqual(new Error("x is not a function"));
    close();
  });

  test("an onEvent that throws ends the work, and the request fails with what it threw", async () => {
    let cancelled = false;
    const { client, close } = connected({
      evaluate: ({ text }, { signal, emit }) =>
        new Promise((_, reject) => {
          emit({ tokens: text.length, total: 10 });
          signal.addEventListener("abort", () => {
            cancelled = true;
            reject(new Error("cancelled"));
          });
        }),
    });
    const thrown = new Error("no room for this event");
    const answer = client.ask(
      "evaluate",
      { model: 1, text: "abc" },
      {
        onEvent: () => {
          throw thrown;
        },
      },
    );
    await expect(answer).rejects.toBe(thrown);
    await expect.poll(() => cancelled).toBe(true);
    close();
  });

  test("what cannot be sent is refused in a sentence, and what comes after is answered", async () => {
    const { client, close } = connected({ unknowns: async () => ["x"] });
    await expect(client.ask("unknowns", { model: 1, text: (() => {}) as never })).rejects.toThrow(UserError);
    expect(await client.ask("unknowns", { model: 1, text: "x" })).toEqual(["x"]);
    close();
  });

  test("bytes are given away: those of an answer, of its fields, and of an event's files", async () => {
    const kept = [1, 2, 3].map((n) => new Uint8Array(n));
    const { client, close } = connected({
      files: async () => ({ a: kept[0]! }),
      zip: async () => kept[1]!,
      train: async (_, { emit }) => emit({ type: "saved", step: 1, files: { "a/b": kept[2]! } }),
    });
    expect(await client.ask("files", { model: 1 })).toEqual({ a: new Uint8Array(1) });
    expect(await client.ask("zip", { model: 1, folder: "" })).toEqual(new Uint8Array(2));
    const events: unknown[] = [];
    await client.ask(
      "train",
      { model: 1, options: { text: "a" } },
      { onEvent: (event) => events.push(event) },
    );
    expect(events).toEqual([{ type: "saved", step: 1, files: { "a/b": new Uint8Array(3) } }]);
    expect(kept.map(({ byteLength }) => byteLength)).toEqual([0, 0, 0]);
    close();
  });
});

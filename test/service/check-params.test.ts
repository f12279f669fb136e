/** What comes with a request is checked before it is answered. */
import { expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { inferenceHandlers } from "../../src/service/inference-handlers.js";
import { ModelHost } from "../../src/service/model-host.js";
import { trainingHandlers } from "../../src/service/training-handlers.js";

type Handler = (params: unknown, call: unknown) => Promise<unknown>;
const host = new ModelHost();
const handlers = { ...inferenceHandlers(host), ...trainingHandlers(host) } as Readonly<
  Record<string, Handler>
>;
const call = { signal: new AbortController().signal, emit: () => {} };

test.each([
  ["info", null, "The parameter of info is null; give an object."],
  ["info", {}, "info: model is missing; give a number."],
  ["score", { model: 1, line: 5 }, "score: line is 5; give a string."],
  ["load", { model: 1, files: [] }, "load: files is an empty list; give an object."],
  [
    "load",
    { model: 1, files: { "config.json": "{}" } },
    'load: files: config.json is "{}"; give a Uint8Array.',
  ],
  ["generate", { model: 1, options: null }, "generate: options is null; give an object."],
  ["train", { model: 1, options: undefined }, "train: options is missing; give an object."],
  ["train", { model: 1, options: { text: "x", resume: 1 } }, "train: options: resume is 1; give an object."],
  ["page", { model: 1, title: "", assets: {} }, "page: assets: script is missing; give its bytes."],
  ["pause", { model: 1, paused: "yes" }, 'pause: paused is "yes"; give true or false.'],
])("%s of %j", async (method, params, sentence) => {
  const answer = handlers[method]!(params, call);
  await expect(answer).rejects.toThrow(UserError);
  await expect(answer).rejects.toThrow(sentence);
});

test("a good request comes to its answer", async () => {
  await expect(handlers["info"]!({ model: 7 }, call)).rejects.toThrow("This model was given back");
});

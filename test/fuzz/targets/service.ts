/** Requests to the service with any parameters, as a page or a server's client may send them. */
import fc from "fast-check";
import { createEngine } from "../../../src/engine/create.js";
import { inferenceHandlers } from "../../../src/service/inference-handlers.js";
import { ModelHost } from "../../../src/service/model-host.js";
import { trainingHandlers } from "../../../src/service/training-handlers.js";
import { modelFile, TEXT } from "../fixtures.js";
import { STRANGE_ARGUMENTS } from "../mutations.js";
import { type FuzzTarget, target } from "../target.js";

type Handler = (
  params: unknown,
  call: { readonly signal: AbortSignal; emit(event: unknown): void },
) => Promise<unknown>;

const FILES = Object.fromEntries(
  ["config.json", "tokenizer.json", "model.safetensors"].map((name) => [name, modelFile("lstm-char", name)]),
);
const SMALL = { hidden: 4, embedding: 4, layers: 1, batchSize: 2, seqLen: 4, steps: 2, seed: 1 };

/** A good request of each method. */
const REQUESTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  load: { model: 1, files: FILES },
  info: { model: 1 },
  unload: { model: 2 },
  generate: { model: 1, options: { length: 3, prompt: "the ", seed: 1 } },
  complete: { model: 1, text: "the ", options: { suggestions: 3 } },
  embed: { model: 1, texts: ["the ", ""], options: { pool: "concat", centre: false } },
  next: { model: 1, text: "the ", count: 3, temperature: 1 },
  score: { model: 1, line: "the cat" },
  evaluate: { model: 1, text: "the cat sees" },
  inspect: { model: 1, text: "the cat" },
  unknowns: { model: 1, text: "the cat" },
  files: { model: 1 },
  zip: { model: 1, folder: "the.model" },
  page: { model: 1, title: "A page", assets: {} },
  train: { model: 3, options: { ...SMALL, text: TEXT.slice(0, 500) } },
  run: { model: 1 },
  pause: { model: 1, paused: true },
};

const strange = fc.constantFrom(...STRANGE_ARGUMENTS);
/** A parameter, or one of an object that is a parameter. */
const place = fc.tuple(fc.nat(3), fc.option(fc.nat(8)));

const requests = target(
  "requests of the service",
  700,
  fc.record({
    method: fc.constantFrom(...Object.keys(REQUESTS)),
    changes: fc.array(fc.tuple(place, strange), { maxLength: 2 }),
    whole: fc.option(strange, { freq: 12 }),
  }),
  async ({ method, changes, whole }) => {
    const params = whole ?? changes.reduce<Record<string, unknown>>(changedAt, { ...REQUESTS[method] });
    const host = new ModelHost();
    host.use(await createEngine({ engine: "reference" }), 2 ** 28);
    host.load(1, FILES);
    const handlers = { ...inferenceHandlers(host), ...trainingHandlers(host) } as Readonly<
      Record<string, Handler>
    >;
    const stopped = new AbortController();
    let events = 0;
    const emit = (): void => {
      if (++events > 40) stopped.abort();
    };
    await handlers[method]!(params, { signal: stopped.signal, emit });
  },
);

function changedAt(
  params: Record<string, unknown>,
  [[at, within], value]: readonly [readonly [number, number | null], unknown],
): Record<string, unknown> {
  const keys = Object.keys(params);
  const key = keys[at % keys.length]!;
  const held = params[key];
  const inner = typeof held === "object" && held !== null && !ArrayBuffer.isView(held) ? held : undefined;
  const names = Object.keys(inner ?? {});
  if (within === null || names.length === 0) return { ...params, [key]: value };
  return { ...params, [key]: { ...inner, [names[within % names.length]!]: value } };
}

export const SERVICE_TARGETS: readonly FuzzTarget[] = [requests];

/** Making a WebAssembly engine: from bytes or a module, for inference, with workers that end; and what is refused. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { createWasmEngine } from "../../src/engine/wasm-engine.js";
import { wasmFeatures } from "../../src/engine/wasm-features.js";
import { wasmEngine } from "../../src/engine/wasm-loader.js";
import { runWasmWorker } from "../../src/engine/wasm-worker.js";
import { generate } from "../../src/generate/generate.js";
import { CELLS, modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { squaresOf } from "./tensor-data.js";
import { trainStep } from "../model/train-step.js";

const { isas } = wasmFeatures();
const bytesOf = (name: string) => readFile(new URL(`../../wasm/${name}`, import.meta.url));

test("this Node has SIMD and may have threads", () => {
  expect(isas).toContain("simd128");
  expect(wasmFeatures().threads).toBe(true);
});

describe.each(isas)("%s", (isa) => {
  test("the module for inference reads every cell as the whole one does, to the bit, and trains none", async () => {
    const requested: string[] = [];
    const module = (name: string) => {
      requested.push(name);
      return bytesOf(name);
    };
    const small = await createWasmEngine({ module, isa, inference: true });
    expect(requested).toEqual([`recurra-${isa}-inference.wasm`]);
    const whole = await createWasmEngine({ module, isa });
    const [T, B, V] = [7, 3, 29];
    const random = new Random(3);
    const inputs = new Int32Array(T * B).map(() => random.below(V));
    for (const cell of CELLS) {
      const config = modelConfig({ vocabulary: V, cell, layers: 2, hidden: 21, embedding: 13 });
      const outputs = [small, whole].map((engine) => {
        const model = createModel(engine, config, 2);
        const state = model.zeroState(B);
        const { nats } = model.evaluate({ T, B, inputs, targets: inputs }, state);
        const logits = model.logits(inputs.slice(0, B), state).slice();
        return { model, nats, logits };
      });
      expect(outputs[0]!.nats).toBe(outputs[1]!.nats);
      expect(outputs[0]!.logits).toEqual(outputs[1]!.logits);
      const { model } = outputs[0]!;
      const train = () =>
        trainStep(model, { T, B, inputs, targets: inputs }, model.zeroState(B), { seed: 1, step: 1 });
      expect(train).toThrow(/only reads models/);
    }
  });
});

test("a compiled module will do as well as bytes", async () => {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { compile(bytes: Uint8Array): Promise<object> };
  };
  const engine = await createWasmEngine({ module: async (name) => WebAssembly.compile(await bytesOf(name)) });
  const x = engine.tensor(3);
  engine.fill(x, 2);
  expect(squaresOf(engine, x)).toBe(12);
});

test("what cannot be had is refused in a sentence", async () => {
  const module = bytesOf;
  await expect(createWasmEngine({ module, threads: 2 })).rejects.toThrow(/need a way to start workers/);
  await expect(createWasmEngine({ module, inference: true, threads: 2 })).rejects.toThrow(/one thread/);
  await expect(createWasmEngine({ module, threads: 0 })).rejects.toThrow(/whole number from 1 to 256/);
  await expect(createWasmEngine({ module, isa: "avx2" as "simd128" })).rejects.toThrow(/runs .*simd128/);
});

test("workers start, and a worker that fails makes the engine fail", async () => {
  const ready = wasmEngine(3);
  await expect(ready.ready()).resolves.toBeUndefined();
  ready.dispose();
  let ended = 0;
  const spawn = () => ({ ready: Promise.reject(new Error("no worker")), terminate: () => void ended++ });
  await expect(createWasmEngine({ module: bytesOf, threads: 3, spawn })).rejects.toThrow("no worker");
  expect(ended).toBe(2);
});

test("without its workers an engine does their work itself, and a stopped worker returns", async () => {
  const starts: Parameters<typeof runWasmWorker>[0][] = [];
  const engine = await createWasmEngine({
    module: bytesOf,
    threads: 2,
    spawn: (start) => {
      starts.push(start);
      return { ready: Promise.resolve(), terminate: () => {} };
    },
  });
  const x = engine.tensor(100_000);
  x.data.fill(1);
  expect(squaresOf(engine, x)).toBe(100_000);
  engine.dispose();
  // On this very thread: it would block for ever if it were not stopped.
  runWasmWorker(starts[0]!);
});

test("idle workers sleep, and keep no process alive", async () => {
  const program = `
    import { wasmEngine } from "./src/engine/wasm-loader.ts";
    const engine = wasmEngine(4);
    await Promise.all([engine.ready(), new Promise((resolve) => setTimeout(resolve, 300))]);
    const x = engine.tensor(1_000_000);
    const sums = engine.sums();
    for (let i = 0; i < 20; i++) engine.sumOfSquares(x, sums);
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await pause(100);
    const before = process.cpuUsage();
    await pause(1000);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`;
  const args = ["--import", "tsx", "--input-type=module", "-e", program];
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  // It ends by itself, or the time limit ends it and this fails.
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 50_000 });
  expect(stdout.trim()).toMatch(/^[\d.]+$/);
  // Milliseconds of processor time in a second; three workers that spin would take what the machine has.
  expect(Number(stdout)).toBeLessThan(400);
});

test("what was read of a memory that is not shared stays when the memory grows, also while samples begin", async () => {
  const engine = await createWasmEngine({ module: bytesOf });
  const x = engine.tensor(4);
  engine.write([1, 2, 3, 4], x);
  const values = engine.read(x);
  for (let i = 0; i < 40; i++) engine.tensor(1 << 16);
  expect(Array.from(values)).toEqual([1, 2, 3, 4]);

  // A prompt's logits are read, then the memory grows for the states of the samples.
  const config = modelConfig({ vocabulary: 20, hidden: 512, embedding: 8, layers: 1 });
  const model = await createModel(engine, config, 1);
  const tokenizer = await trainTokenizer("char", ["abcdefghijklmnopqrs"]);
  let pieces = 0;
  for await (const piece of generate(model, tokenizer, { prompt: "abc", samples: 400, length: 3, seed: 1 })) {
    expect(Number.isFinite(piece.logProbability)).toBe(true);
    pieces++;
  }
  expect(pieces).toBe(1200);
});

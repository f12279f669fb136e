/** The WebAssembly engine's memory: it grows under live tensors, comes back, reaches its upper half, and ends. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { wasmEngine } from "../../src/engine/wasm-loader.js";
import { makeMemory, WasmHeap } from "../../src/engine/wasm-memory.js";

const MIB = 2 ** 20;

function heapOf(bytes: number, shared = false) {
  const { memory, maximum } = makeMemory(bytes, shared);
  return { memory, maximum, heap: new WasmHeap(memory, maximum, 100) };
}

describe.each([false, true])("shared: %s", (shared) => {
  test("pieces are aligned, apart, and zero also where something stood before", () => {
    const { memory, heap } = heapOf(64 * MIB, shared);
    const first = heap.allocate(100);
    const second = heap.allocate(1);
    expect([first.address % 64, second.address % 64]).toEqual([0, 0]);
    expect(second.address - first.address).toBeGreaterThanOrEqual(100);
    new Uint8Array(memory.buffer, first.address, 100).fill(7);
    heap.release(first, 100);
    const again = heap.allocate(90);
    expect(again.address).toBe(first.address);
    expect(new Uint8Array(memory.buffer, again.address, 128).every((byte) => byte === 0)).toBe(true);
  });

  test("neighbours that came back in any order serve a longer piece; the last ones grow with the memory", () => {
    const { heap } = heapOf(64 * MIB, shared);
    const pieces = [0, 1, 2, 3].map(() => heap.allocate(MIB));
    for (const i of [2, 0, 1]) heap.release(pieces[i]!, MIB);
    expect(heap.allocate(3 * MIB).address).toBe(pieces[0]!.address);
    heap.release(pieces[3]!, MIB);
    expect(heap.allocate(2 * MIB).address).toBe(pieces[3]!.address);
  });
});

test("tensors stay what they are while the memory grows", () => {
  for (const threads of [1, 2]) {
    const engine = wasmEngine(threads);
    const x = engine.tensor(1000);
    x.data.set(Float32Array.from({ length: 1000 }, (_, i) => i));
    const before = engine.memoryBytes;
    const large = engine.tensor(4 * MIB);
    expect(engine.memoryBytes).toBeGreaterThan(before);
    engine.fill(large, 2);
    engine.add(x, large.slice(0, 1000));
    expect(x.data[999]).toBe(999);
    expect([large.data[0], large.data[999], large.data[1000]]).toEqual([2, 1001, 2]);
  }
});

test("what nobody holds comes back; a view holds its tensor", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  // A shared memory: one that is not detaches its views when it grows.
  const engine = wasmEngine(2);
  const view = engine.tensor(64).data;
  view.fill(5);
  for (let i = 0; i < 40; i++) {
    engine.tensor(16 * MIB);
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // 40 pieces of 64 MiB were asked for.
  expect(engine.memoryBytes).toBeLessThan(1024 * MIB);
  expect(view.every((x) => x === 5)).toBe(true);
});

test("addresses above 2 GiB", () => {
  const engine = wasmEngine(1);
  // Untouched memory costs nothing.
  const below = engine.tensor(300 * MIB);
  const more = engine.tensor(300 * MIB);
  const [N, k, n] = [5, 37, 41];
  const [x, w, y, p] = [
    engine.tensor(N * k),
    engine.tensor(k * n),
    engine.tensor(N * n),
    engine.packed(k, n),
  ];
  expect(w.address).toBeGreaterThan(2 ** 31);
  for (let i = 0; i < x.length; i++) x.data[i] = (i % 7) - 3;
  for (let i = 0; i < w.length; i++) w.data[i] = (i % 5) - 2;
  engine.pack(w, p, false);
  engine.matmul(x, p, y, N);
  for (let i = 0; i < N; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += x.data[i * k + l]! * w.data[l * n + j]!;
      expect(y.data[i * n + j]).toBe(sum);
    }
  // Kept until here: their memory would serve otherwise.
  expect([below.length, more.length]).toEqual([300 * MIB, 300 * MIB]);
});

test("memory that is out: one sentence, and what is there goes on", () => {
  const { heap } = heapOf(8 * MIB);
  expect(() => heap.allocate(9 * MIB)).toThrow(UserError);
  expect(() => heap.allocate(9 * MIB)).toThrow(/out of memory: it needs 9 MiB more, .* it may have 8 MiB/);
  expect(() => heapOf(2 ** 32).heap.allocate(2 ** 31)).toThrow(/out of memory/);
  expect(heap.allocate(MIB).address).toBeGreaterThan(0);
});

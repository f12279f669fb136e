/** Which precision a run limited by time takes where none was named: by a clock that products of fake engines advance. */
import { afterEach, expect, test, vi } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { UserError } from "../../src/errors.js";
import { fasterEngine } from "../../src/train/choose-precision.js";

let now = 0;
afterEach(() => vi.restoreAllMocks());

/** An engine that does nothing but take time. */
function engineOf(isa: string, trainingOperands: Engine["trainingOperands"], milliseconds: number): Engine {
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const nothing = (): undefined => undefined;
  const made = { isa, trainingOperands, tensor: nothing, fill: nothing, packed: nothing, pack: nothing };
  const matmul = (): void => {
    now += milliseconds;
  };
  return { ...made, read: nothing, matmul } as unknown as Engine;
}

const ISA = "avx512bf16";

test.each([
  ["faster", 5, true],
  ["hardly faster", 9.5, false],
  ["slower, as on some processors", 18, false],
])("bfloat16 that is %s", async (_, milliseconds, taken) => {
  const plain = engineOf(ISA, "float", 10);
  const rounding = engineOf(ISA, "bf16", milliseconds);
  expect(await fasterEngine(plain, async () => rounding)).toBe(taken ? rounding : plain);
});

test("a processor without the instruction makes no other engine", async () => {
  const plain = engineOf("avx512", "float", 10);
  const rounding = vi.fn<() => Promise<Engine>>();
  expect(await fasterEngine(plain, rounding)).toBe(plain);
  expect(rounding).not.toHaveBeenCalled();
});

test("an engine that is given stays, and other errors are not swallowed", async () => {
  const plain = engineOf(ISA, "float", 10);
  expect(await fasterEngine(plain, () => Promise.reject(new UserError("No bf16 here.")))).toBe(plain);
  await expect(fasterEngine(plain, () => Promise.reject(new RangeError("broken")))).rejects.toThrow("broken");
});

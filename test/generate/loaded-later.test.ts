/** An iteration whose maker is loaded at its first step. */
import { expect, test } from "vitest";
import { LoadedLater } from "../../src/generate/loaded-later.js";

function counting() {
  const seen = { loads: 0, ended: 0 };
  async function* pieces(): AsyncGenerator<number, void, undefined> {
    try {
      for (let i = 1; i <= 3; i++) yield i;
    } finally {
      seen.ended++;
    }
  }
  const later = new LoadedLater(async () => {
    seen.loads++;
    await Promise.resolve();
    return pieces();
  });
  return { seen, later };
}

test("its pieces come in their order, also those that are asked for before it is loaded", async () => {
  const { seen, later } = counting();
  expect(seen.loads).toBe(0);
  const asked = await Promise.all([later.next(), later.next(), later.next(), later.next()]);
  expect(asked.map(({ value }) => value)).toEqual([1, 2, 3, undefined]);
  expect(asked[3]!.done).toBe(true);
  expect(seen).toEqual({ loads: 1, ended: 1 });
});

test("leaving the loop ends it", async () => {
  const { seen, later } = counting();
  for await (const piece of later) if (piece === 2) break;
  expect(seen).toEqual({ loads: 1, ended: 1 });
  expect(await later.next()).toEqual({ done: true, value: undefined });
});

test("ended before its first step it loads nothing", async () => {
  const { seen, later } = counting();
  expect(await later.return()).toEqual({ done: true, value: undefined });
  expect(await later.next()).toEqual({ done: true, value: undefined });
  const other = counting();
  await expect(other.later.throw(new Error("given up"))).rejects.toThrow("given up");
  await other.later[Symbol.asyncDispose]();
  expect([seen.loads, other.seen.loads]).toEqual([0, 0]);
});

test("what cannot be loaded is told by every step", async () => {
  const later = new LoadedLater(() => Promise.reject(new Error("not there")));
  await expect(later.next()).rejects.toThrow("not there");
  await expect(later.next()).rejects.toThrow("not there");
});

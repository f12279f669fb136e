/** The playground's storage where a browser fails, blocks it, or has closed it meanwhile. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

type Listener = (event: object) => void;

/** What all of IndexedDB's objects are: they answer by events, later. */
class Answering {
  readonly #listeners = new Map<string, Listener[]>();
  result: unknown;
  error: unknown = null;

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  fire(type: string): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ type });
  }

  later(type: "success" | "error", result: unknown): this {
    queueMicrotask(() => {
      if (type === "error") this.error = result;
      else this.result = result;
      this.fire(type);
    });
    return this;
  }
}

class FakeDatabase extends Answering {
  closed = false;

  close(): void {
    this.closed = true;
  }

  transaction(): object {
    if (this.closed) throw new DOMException("The database connection is closing.", "InvalidStateError");
    return { objectStore: () => ({ getAll: () => new Answering().later("success", []) }) };
  }
}

/** What each opening gives: a database, or an error. */
let openings: (FakeDatabase | Error)[];

beforeEach(() => {
  vi.resetModules();
  openings = [];
  vi.stubGlobal("indexedDB", {
    open: () => {
      const next = openings.shift()!;
      return next instanceof Error
        ? new Answering().later("error", next)
        : new Answering().later("success", next);
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

const store = () => import("../../web/src/store.js");

describe("the models' database", () => {
  test("is opened anew where that failed", async () => {
    const failure = new DOMException("no room", "QuotaExceededError");
    openings = [failure, new FakeDatabase()];
    const { listModels } = await store();
    await expect(listModels()).rejects.toBe(failure);
    expect(await listModels()).toEqual([]);
  });

  test("is opened once, however many ask at the same time", async () => {
    openings = [new FakeDatabase()];
    const { listModels } = await store();
    expect(await Promise.all([listModels(), listModels(), listModels()])).toEqual([[], [], []]);
    expect(await listModels()).toEqual([]);
  });

  test("is opened anew where the browser has closed it", async () => {
    const first = new FakeDatabase();
    openings = [first, new FakeDatabase()];
    const { listModels } = await store();
    await listModels();
    first.closed = true;
    first.fire("close");
    expect(await listModels()).toEqual([]);
  });

  test("lets another tab clear it, and is opened anew then", async () => {
    const first = new FakeDatabase();
    openings = [first, new FakeDatabase()];
    const { listModels } = await store();
    await listModels();
    first.fire("versionchange");
    expect(first.closed).toBe(true);
    expect(await listModels()).toEqual([]);
  });

  test.each([
    [new DOMException("", "QuotaExceededError"), /no room left/],
    [new DOMException("", "InvalidStateError"), /\(InvalidStateError\), perhaps in a private window/],
    [null, /\(no reason given\)/],
  ])("failures are sentences: %s", async (error, sentence) => {
    expect((await store()).storageSentence(error)).toMatch(sentence);
  });
});

describe("where a browser blocks storage", () => {
  const blocked = (): never => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };

  test("what is typed is kept in the page alone", async () => {
    Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: blocked });
    try {
      const { kept } = await import("../../web/src/kept.js");
      const text = kept("text", "first");
      text.value = "second";
      expect(text.value).toBe("second");
    } finally {
      Reflect.deleteProperty(globalThis, "sessionStorage");
    }
  });

  test("tabs do not know of each other, and a model is trained all the same", async () => {
    vi.stubGlobal("BroadcastChannel", function BroadcastChannel() {
      blocked();
    });
    vi.stubGlobal("navigator", { locks: { request: async () => blocked() } });
    const { aloneAmongTabs, tellTabs } = await import("../../web/src/tabs.js");
    tellTabs();
    const release = await aloneAmongTabs({ id: "1", name: "a" } as never);
    release();
  });

  test("a model that another tab has is refused none the less", async () => {
    vi.stubGlobal("navigator", {
      locks: { request: async (_: string, __: object, work: (lock: null) => unknown) => work(null) },
    });
    const { aloneAmongTabs } = await import("../../web/src/tabs.js");
    await expect(aloneAmongTabs({ id: "1", name: "sea" } as never)).rejects.toThrow(
      /sea is in training in another tab/,
    );
  });
});

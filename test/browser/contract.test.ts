/** The contract in Chromium: in a page that is cross-origin isolated, with threads, and in one that is not. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ISOLATED, type Report, RUN, serveContract } from "./contract-page.js";

const executablePath = process.env["RECURRA_CHROMIUM"] ?? "/usr/bin/chromium";

describe.skipIf(!existsSync(executablePath))(`Chromium (${executablePath})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(async () => browser?.close());

  async function contractIn(headers: Readonly<Record<string, string>>): Promise<Report> {
    const { address, close } = await serveContract(headers);
    try {
      const page = await browser.newPage();
      await page.goto(address);
      return await page.evaluate<Report>(RUN);
    } finally {
      close();
    }
  }

  test("an isolated page: both instruction sets, one thread and two", { timeout: 240_000 }, async () => {
    const { engines, passed, failures } = await contractIn(ISOLATED);
    expect(failures).toEqual([]);
    expect(engines).toEqual(
      ["relaxed-simd", "simd128"].flatMap((isa) => [1, 2].map((n) => `${isa}, ${n} thread(s)`)),
    );
    expect(passed).toBeGreaterThan(4 * 10);
  });

  test(
    "a page that is not: one thread, and two are refused with the headers' names",
    { timeout: 240_000 },
    async () => {
      const { engines, refused, failures } = await contractIn({});
      expect(failures).toEqual([]);
      expect(engines).toEqual(["relaxed-simd, 1 thread(s)", "simd128, 1 thread(s)"]);
      expect(refused).toMatch(/Cross-Origin-Opener-Policy/);
    },
  );
});

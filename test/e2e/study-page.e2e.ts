/** The report of a study, opened from the disk: drawn, and answering. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { studyPage } from "../../src/export/study-page.js";
import { studyReport } from "../../src/tune/study-report.js";
import { madeStudy } from "../tune/made-study.js";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const built = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../dist/browser-bundle/${name}`, import.meta.url)), "utf8");
const folder = mkdtempSync(join(tmpdir(), "recurra-study-page-"));

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the report of a study of so many trials; what it says of errors is gathered. */
async function opened(trials: number) {
  const file = join(folder, `${trials}.html`);
  const report = studyReport(madeStudy(trials), "</script><b>a study");
  writeFileSync(file, studyPage(report, { script: built("study-page.js"), style: built("look-page.css") }));
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("h2");
  return { page, errors };
}

test("figures, tables and sentences, of which two can be turned", async () => {
  const { page, errors } = await opened(60);
  expect(await page.textContent("h1")).toBe("</script><b>a study");
  await page.waitForSelector("#frontier svg");
  expect(await page.locator(".chart svg").count()).toBe(4);
  expect(await page.textContent("#learned ul")).toContain("hidden 256 instead of 128 gains");
  expect(await page.locator("#best tbody tr").count()).toBe(20);

  const values = () => page.locator("#learned .figure:last-of-type tbody th").allTextContents();
  expect(await values()).toEqual(["64", "128", "256", "512"]);
  await page.selectOption("#learned select", "cell");
  expect(await values()).toEqual(["lstm", "gru"]);

  const costs = () => page.locator("#frontier thead th").nth(1).textContent();
  expect(await costs()).toBe("megabytes");
  await page.getByLabel("Latency").check();
  expect(await costs()).toBe("milliseconds a token");
  expect(errors).toEqual([]);
});

test("of few trials it says that they are few", async () => {
  const { page, errors } = await opened(3);
  expect(await page.textContent("#learned")).toContain("Too few trials were measured");
  expect(await page.locator("#best tbody tr").count()).toBe(3);
  expect(errors).toEqual([]);
});

test("of none, too", async () => {
  const { page, errors } = await opened(0);
  expect(await page.locator("#best tbody tr").count()).toBe(0);
  expect(errors).toEqual([]);
});

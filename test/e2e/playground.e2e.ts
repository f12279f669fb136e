/** The playground in a browser: train, write, come back, export, and what it says when something is wrong. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { preview, type PreviewServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { unzipModel } from "../../src/format/unzip-model.js";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const folder = mkdtempSync(join(tmpdir(), "recurra-e2e-"));
const at = (name: string) => join(folder, name);

let server: PreviewServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let address: string;
const errors: string[] = [];

beforeAll(async () => {
  const configFile = fileURLToPath(new URL("../../web/vite.config.ts", import.meta.url));
  server = await preview({ configFile, preview: { port: 0 }, logLevel: "error" });
  address = server.resolvedUrls!.local[0]!;
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  context = await browser.newContext({ acceptDownloads: true });
  page = await openPlayground(context);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openPlayground(where: BrowserContext): Promise<Page> {
  const opened = await where.newPage();
  opened.setDefaultTimeout(15_000);
  opened.on("pageerror", (error) => errors.push(error.message));
  await opened.goto(address);
  return opened;
}

const figure = async (name: string): Promise<number> => {
  const found = page.locator(".figures > div").filter({ has: page.locator(`dt:text-is("${name}")`) });
  return Number((await found.locator("dd").innerText()).replaceAll(",", ""));
};
const button = (name: string) => page.getByRole("button", { name, exact: true });
const radio = (name: string) => page.getByRole("radio", { name });
const view = (name: string) => page.getByRole("link", { name, exact: true }).click();

/** Trains the default model for so many seconds. */
async function start(seconds: number): Promise<void> {
  await page.getByLabel("Minutes").fill(String(seconds / 60));
  await button("Start").click();
}

describe("the default model", () => {
  test("learns: the loss falls, tokens are counted, samples come, and the held-out text is measured", async () => {
    await page.getByText("WebAssembly").waitFor();
    expect(await page.locator("footer").innerText()).not.toContain("no shared memory");
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { seen });
      const ticks = { last: performance.now() };
      setInterval(() => {
        seen.push(performance.now() - ticks.last);
        ticks.last = performance.now();
      }, 10);
    });
    await page.getByLabel("Minutes").fill("0.2");
    // A hand that clicks twice begins one run.
    await button("Start").dblclick();
    await view("Write");
    await page.locator(".next button").first().waitFor();
    const untaught = await page.locator(".next .percent").first().innerText();
    await view("Train");
    await page.waitForFunction(() => Number(document.querySelector(".figures dd")?.textContent) > 0);
    const first = await figure("loss");
    expect(await figure("tokens a second")).toBeGreaterThan(500);
    await page.locator(".samples blockquote").first().waitFor();
    await page.getByText("held-out perplexity", { exact: true }).waitFor({ timeout: 100_000 });
    expect(await figure("loss")).toBeLessThan(first - 0.5);
    expect(await figure("held-out perplexity")).toBeLessThan(30);
    // Half of the page's turns come in time even on a busy machine; a page that trains itself has none for seconds.
    const waits = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
    expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.95)]).toBeLessThan(50);
    await view("Write");
    await expect.poll(() => page.locator(".next .percent").first().innerText()).not.toBe(untaught);
    expect(await page.locator(".models li").count()).toBe(1);
  });

  test("writes on, offers what may come next under the caret, and completes", async () => {
    await view("Write");
    const prompt = page.getByLabel("Text", { exact: true }).and(page.locator("#prompt"));
    await prompt.fill("The whale ");
    await page.locator(".next button").first().click();
    await expect.poll(() => prompt.inputValue()).toMatch(/^The whale .$/);
    const line = (await prompt.boundingBox())!;
    const offered = (await page.locator(".next").boundingBox())!;
    expect(offered.y - line.y).toBeGreaterThan(30);
    expect(offered.y - line.y).toBeLessThan(80);
    expect(offered.x - line.x).toBeGreaterThan(50);
    await prompt.press("Alt+2");
    await expect.poll(() => prompt.inputValue()).toMatch(/^The whale ..$/);
    await prompt.press("Escape");
    expect(await page.locator(".next").count()).toBe(0);
    await prompt.fill("The whale s");
    // What is selected stays so.
    await prompt.press("ControlOrMeta+a");
    await page.waitForTimeout(50);
    await prompt.pressSequentially("of the wh");
    expect(await prompt.inputValue()).toBe("of the wh");
    await expect.poll(() => page.locator(".ghost").innerText(), { timeout: 10_000 }).not.toBe("");
    const begun = await prompt.inputValue();
    await prompt.press("Tab");
    await expect.poll(async () => (await prompt.inputValue()).length).toBeGreaterThan(begun.length);
    await prompt.press("ControlOrMeta+z");
    expect(await prompt.inputValue()).toBe(begun);
    // What may come next goes with the caret, and there is nothing where some of the text is selected.
    await prompt.press("Home");
    await expect.poll(async () => (await page.locator(".next").boundingBox())!.x - line.x).toBeLessThan(40);
    expect(await page.locator(".ghost").innerText()).toBe("");
    await prompt.press("Shift+ArrowRight");
    await expect.poll(() => page.locator(".next").count()).toBe(0);
    await prompt.press("End");
    const before = await prompt.inputValue();
    await button("Continue").click();
    await button("Continue").waitFor({ timeout: 30_000 });
    expect((await prompt.inputValue()).length).toBeGreaterThan(before.length + 200);
    await button("Take back").click();
    await expect.poll(() => prompt.inputValue()).toBe(before);
    // What was written by hand since is not taken back.
    await button("Continue").click();
    await button("Continue").waitFor({ timeout: 30_000 });
    await prompt.press("End");
    await prompt.press("!");
    expect(await button("Take back").isDisabled()).toBe(true);
  });

  test("learns from what a person writes, says what that gains, and forgets", async () => {
    await view("Write");
    const prompt = page.locator("#prompt");
    await prompt.fill("");
    await page.getByLabel("Learn from what I write").check();
    const own = "zebra quiz, zebra jazz, zebra quiz, zebra jazz. ";
    await prompt.pressSequentially(own.repeat(2));
    const told = page.locator(".learning [role=status]");
    await told.waitFor({ timeout: 20_000 });
    expect(await told.innerText()).toMatch(
      /^Learned from [\d,]+ characters: \d\.\d\d bits each as you wrote them, \d\.\d\d without learning/,
    );
    const characters = async () => Number(/[\d,]+/.exec(await told.innerText())![0].replace(",", ""));
    const first = await characters();
    // What the model writes is not learned from; what the person writes next is.
    await button("Continue").click();
    await button("Continue").waitFor({ timeout: 30_000 });
    await page.waitForTimeout(3000);
    expect(await characters()).toBe(first);
    await prompt.press("End");
    await prompt.pressSequentially(own);
    await expect.poll(characters, { timeout: 20_000 }).toBeGreaterThan(first);
    expect(await characters()).toBeLessThanOrEqual(3 * own.length);
    await button("Forget").click();
    await expect.poll(() => told.count()).toBe(0);
    expect(await page.getByLabel("Learn from what I write").isChecked()).toBe(false);
  });

  test("offers whole words under the text, and takes one", async () => {
    await view("Write");
    const prompt = page.locator("#prompt");
    await prompt.fill("");
    await prompt.pressSequentially("It was th");
    const words = page.locator(".words-row button");
    await expect.poll(() => words.count()).toBe(3);
    await expect.poll(() => words.first().innerText()).toMatch(/^th\p{L}+/u);
    const shown = await words.allInnerTexts();
    expect(new Set(shown).size).toBe(3);
    if (process.env["SCREENSHOT"]) await page.screenshot({ path: process.env["SCREENSHOT"] });
    await words.nth(1).click();
    await expect.poll(() => prompt.inputValue()).toBe(`It was ${shown[1]} `);
    // The next words, which stand for themselves, by keys.
    await expect.poll(() => words.count()).toBe(3);
    await page.waitForTimeout(500);
    const third = (await words.allInnerTexts())[2]!;
    await prompt.press("Alt+Shift+Digit3");
    await expect.poll(() => prompt.inputValue()).toBe(`It was ${shown[1]} ${third} `);
    await prompt.press("ControlOrMeta+z");
    await expect.poll(() => prompt.inputValue()).toBe(`It was ${shown[1]} `);
    await prompt.press("Escape");
    await expect.poll(() => words.count()).toBe(0);
  });

  test("stops writing at once, and a press that comes too late begins nothing", async () => {
    const prompt = page.locator("#prompt");
    await page.getByLabel("Tokens").fill("1000000");
    await page.waitForTimeout(600);
    await button("Continue").click();
    await expect.poll(() => page.getByRole("alert").innerText()).toContain("whole number from 1 to 10,000");
    await page.getByLabel("Tokens").fill("10000");
    await page.waitForTimeout(600);
    await button("Continue").click();
    await button("Stop").click();
    await button("Continue").waitFor({ timeout: 3000 });
    const stopped = await prompt.inputValue();
    await button("Continue").click();
    await page.waitForTimeout(300);
    expect(await prompt.inputValue()).toBe(stopped);
    await page.getByLabel("Tokens").fill("300");
  });

  test("is looked into", async () => {
    await view("Look");
    await page.locator(".tokens span").nth(20).hover();
    await page.getByText("Expected here").waitFor();
    await page.locator(".tokens").press("ArrowRight");
    expect(await page.locator(".tokens .at").getAttribute("data-n")).toBe("21");
    await radio("Hidden unit").check();
    await page.locator(".tokens .down").first().waitFor();
  });

  test("is still there after a reload, and downloads as the folder that Node reads", async () => {
    await view("Train");
    await page.reload();
    await page.getByRole("heading", { name: "Moby-Dick" }).waitFor();
    await page.locator(".chart canvas").waitFor();
    const [zip] = await Promise.all([page.waitForEvent("download"), button("Download").click()]);
    await zip.saveAs(at("model.zip"));
    const files = unzipModel(readFileSync(at("model.zip")));
    for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) {
      writeFileSync(at(name), files[name]!);
    }
    const model = await load(folder);
    expect(model.config).toMatchObject({ cell: "lstm", hidden: 128 });
    expect(Object.keys(files)).toContain("training/checkpoint.safetensors");
    expect(model.scoreLine("Call me Ishmael.").bits).toBeLessThan(16 * 6);
  });

  test("exported as a web page it opens from the disk and writes there, without a network", async () => {
    const [html] = await Promise.all([page.waitForEvent("download"), button("As a web page").click()]);
    await html.saveAs(at("book.html"));
    const offline = await browser.newContext({ offline: true });
    const exported = await offline.newPage();
    const requested: string[] = [];
    exported.on("request", (request) => requested.push(request.url()));
    exported.on("pageerror", (error) => errors.push(error.message));
    await exported.goto(pathToFileURL(at("book.html")).href);
    await exported.getByRole("button", { name: "Continue" }).waitFor({ timeout: 20_000 });
    await exported.getByLabel("Text").fill("The sea ");
    await exported.getByRole("button", { name: "Continue" }).click();
    await expect
      .poll(async () => (await exported.getByLabel("Text").inputValue()).length, { timeout: 30_000 })
      .toBeGreaterThan(150);
    expect(exported.workers()).toHaveLength(1);
    expect(requested.filter((url) => !url.startsWith("file:") && !url.startsWith("blob:"))).toEqual([]);
    await offline.close();
  });
});

test("a run whose page was closed goes on from its last checkpoint", async () => {
  await page.getByLabel("Minutes").fill("5");
  await page.getByLabel("Hidden units").fill("32");
  await page.getByLabel("Hidden units").press("Enter");
  // Who works by keys is where the run is, and stays there when a button changes or goes.
  const focused = () => page.evaluate(() => document.activeElement?.closest("#run") !== null);
  await expect.poll(focused).toBe(true);
  await expect.poll(() => page.locator(".models li").count(), { timeout: 40_000 }).toBe(2);
  await page.close();
  page = await openPlayground(context);
  await button("Continue training").click();
  await page.getByText("tokens a second").waitFor({ timeout: 20_000 });
  expect(await figure("steps")).toBeGreaterThan(5);
  await button("Pause").press("Enter");
  await button("Go on").press("Enter");
  await button("Pause").waitFor();
  expect(await focused()).toBe(true);
  const other = await openPlayground(context);
  await other.getByRole("button", { name: "Continue training" }).click();
  await expect.poll(() => other.getByRole("alert").innerText()).toContain("in training in another tab");
  await other.close();
  await button("Stop").click();
  await button("Continue training").waitFor({ timeout: 20_000 });
});

test("a finished model that was opened from its zip learns more, from the text that is chosen", async () => {
  const zip = { name: "mine.zip", mimeType: "application/zip", buffer: readFileSync(at("model.zip")) };
  await page.locator(".models input").first().setInputFiles(zip);
  await page.getByRole("heading", { name: "mine" }).waitFor();
  await radio("Paste").check();
  await page.getByLabel("The text to learn from").fill("Another text than the one that it learned.");
  await button("Train more").click();
  await expect.poll(() => page.getByRole("alert").innerText()).toContain("text is not the one");
  await radio("Moby-Dick").check();
  await page.getByLabel("Minutes").fill("0.05");
  await button("Train more").click();
  await page.getByText("tokens a second").waitFor({ timeout: 20_000 });
  await page.getByText("held-out perplexity", { exact: true }).waitFor({ timeout: 100_000 });
  expect(await page.getByRole("alert").count()).toBe(0);
});

test("a model of lines ends the line that was begun and writes more of them", async () => {
  const names = Array.from(
    { length: 600 },
    (_, i) => ["anna", "bertha", "clara", "dora"][i % 4]! + (i % 10),
  ).join("\n");
  const text = { name: "names.txt", mimeType: "text/plain", buffer: Buffer.from(names) };
  await radio("File").check();
  await page.locator(".drop input").setInputFiles(text);
  await page.getByText("Each line stands").click();
  await start(4);
  await page.getByText("held-out perplexity", { exact: true }).waitFor({ timeout: 60_000 });
  await view("Write");
  const prompt = page.locator("#prompt");
  await prompt.fill("ann");
  await page.getByLabel("Lines").fill("5");
  await button("Continue").click();
  await button("Continue").waitFor();
  const written = await prompt.inputValue();
  expect(written).toMatch(/^ann[^\n]*\n([^\n]+\n){3}[^\n]+\n$/);
  await prompt.fill("anna1");
  await page.getByText("end of line").click();
  await expect.poll(() => prompt.inputValue()).toBe("anna1\n");
  await view("Look");
  await expect.poll(() => page.locator(".tokens").innerText()).toContain("⏎");
  expect(await page.locator(".tokens").innerText()).not.toContain("�");
  await view("Train");
  await page.getByText("Each line stands").click();
  await radio("Moby-Dick").check();
});

test("a run that is stopped while its vocabulary is learned leaves what was there", async () => {
  await page.locator(".models").getByText("Moby-Dick").last().click();
  await page.locator(".chart canvas").waitFor();
  await radio("Byte pairs").check();
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Vocabulary").fill("60000");
  // Pairs are merged within a second: the page itself presses Stop as soon as it says so.
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector(".doing")?.textContent?.includes("merging pairs")) return;
      observer.disconnect();
      document.title = "stopped";
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Stop")!.click();
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await button("Start").click();
  await expect.poll(() => page.title(), { timeout: 30_000 }).toBe("stopped");
  await page.locator(".chart canvas").waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
  await radio("Characters").check();
});

describe("what is wrong is said in a sentence", () => {
  const alert = () => page.getByRole("alert").innerText();

  test("no text, a file that is none, an empty one", async () => {
    await radio("Paste").check();
    await page.getByLabel("The text to learn from").fill(" \n ");
    await button("Start").click();
    await expect.poll(alert).toContain("There is no text yet");
    await radio("Moby-Dick").check();
    await page.getByLabel("Hidden units").fill("0");
    await button("Start").click();
    await expect.poll(alert).toContain("Hidden units is 0; give a whole number");
    await page.getByLabel("Hidden units").fill("32");
    await radio("File").check();
    const input = page.locator(".drop input");
    await input.setInputFiles({
      name: "a.png",
      mimeType: "image/png",
      buffer: Buffer.from([0x89, 0xff, 0, 1]),
    });
    await expect.poll(alert).toContain("a.png is not a text");
    await input.setInputFiles({ name: "b.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) });
    await expect.poll(alert).toContain("b.txt is empty");
    await input.setInputFiles({
      name: "c.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("caf\xe9", "latin1"),
    });
    await expect.poll(alert).toContain("c.txt is not valid UTF-8 at byte 3 (line 1); save it as UTF-8");
  });

  test("a torn download, and a model of a newer version; the one that is open stays", async () => {
    const name = await page.locator(".open-model").innerText();
    const input = page.locator(".models input").first();
    const whole = readFileSync(at("model.zip"));
    await input.setInputFiles({
      name: "torn.zip",
      mimeType: "application/zip",
      buffer: whole.subarray(0, 9000),
    });
    await expect.poll(alert).toContain("torn.zip is torn or damaged");
    const { zipSync } = await import("fflate");
    const files = unzipModel(whole);
    const newer = zipSync({ ...files, "config.json": Buffer.from('{"format":"recurra","version":99}') });
    await input.setInputFiles({ name: "newer.zip", mimeType: "application/zip", buffer: Buffer.from(newer) });
    await expect.poll(alert).toContain("newer than");
    expect(await page.locator(".open-model").innerText()).toBe(name);
    await input.setInputFiles({ name: "mine.zip", mimeType: "application/zip", buffer: whole });
    await page.getByRole("heading", { name: "mine" }).waitFor();
  });

  test("no room in the browser's storage: training goes on", async () => {
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await radio("Moby-Dick").check();
    await start(6);
    await expect.poll(alert, { timeout: 60_000 }).toContain("no room left");
    await page.getByText("held-out perplexity", { exact: true }).waitFor({ timeout: 100_000 });
    await button("Train more").click();
    await page.getByText("tokens a second").waitFor({ timeout: 20_000 });
    await button("Stop").click();
    await button("Continue training").waitFor({ timeout: 20_000 });
  });

  test("a browser without WebAssembly SIMD", async () => {
    const old = await browser.newContext();
    await old.addInitScript(() => {
      WebAssembly.validate = () => false;
    });
    // The probe runs in the worker too, which an init script does not reach.
    await old.route("**/worker-*.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        body: `WebAssembly.validate = () => false;\n${await response.text()}`,
      });
    });
    const opened = await openPlayground(old);
    await expect.poll(() => opened.getByRole("alert").innerText()).toContain("has no SIMD");
    expect(await opened.locator("footer").innerText()).toContain("has no SIMD");
    await old.close();
  });

  test("without cross-origin isolation it says that it has one thread, and trains", async () => {
    const plain = await browser.newContext();
    await plain.route("**/*", async (route) => {
      const response = await route.fetch();
      const headers = response.headers();
      delete headers["cross-origin-opener-policy"];
      delete headers["cross-origin-embedder-policy"];
      await route.fulfill({ response, headers });
    });
    const opened = await openPlayground(plain);
    await expect.poll(() => opened.locator("footer").innerText()).toContain("one core only");
    expect(await opened.locator("footer").innerText()).toContain("one thread");
    await plain.close();
  });
});

test("no error was left unsaid", () => {
  expect(errors).toEqual([]);
});

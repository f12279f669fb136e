/** The package in a page of one's own, without a bundler; and an exported page where workers are not to be had. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { train } from "../../src/apps/train.js";
import { trainClassifier } from "../../src/apps/train-classifier.js";
import type { BrowserModel } from "../../src/browser/browser-model.js";
import type { Recurra } from "../../src/browser/recurra.js";
import { recurra } from "../cli/captured-io.js";
import { toyText } from "../train/toy-text.js";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "recurra-page-"));
const model = join(folder, "toy.model");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
const PAGE = `<!doctype html><title>page</title><pre id="out"></pre>
<script type="module">
  import { startRecurra } from "/dist/browser-bundle/recurra.js";
  const out = document.getElementById("out");
  try {
    const recurra = await startRecurra({ training: false });
    const model = await recurra.load("/model/");
    for await (const { text } of model.generate({ prompt: "the ", length: 40, seed: 1 })) out.append(text);
    const { perplexity } = await model.evaluate("the cat sees the moon.\\n");
    document.title = "done " + recurra.engine.isa + " " + perplexity;
  } catch (error) {
    document.title = "failed: " + error.message;
  }
</script>`;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  await train({
    text: toyText(300),
    out: model,
    hidden: 48,
    steps: 200,
    batchSize: 8,
    seqLen: 16,
    threads: 1,
  });
  server = createServer((request, response) => {
    const path = request.url!;
    const file = path.startsWith("/model/") ? join(model, path.slice(7)) : join(root, path);
    try {
      const body = path === "/" ? PAGE : readFileSync(file);
      const type = path === "/" ? "text/html" : (TYPES[extname(file)] ?? "application/octet-stream");
      response.writeHead(200, { "Content-Type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a page without a bundler loads a model from its folder's address, writes and measures", async () => {
  const page = await browser.newPage();
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await expect.poll(() => page.title(), { timeout: 20_000 }).toMatch(/^(done|failed)/);
  expect(await page.title()).toMatch(/^done (relaxed-simd|simd128) [\d.]+$/);
  expect((await page.locator("#out").innerText()).length).toBeGreaterThan(30);
  expect(loaded.filter((path) => path.endsWith(".wasm"))).toEqual([
    expect.stringMatching(/^\/wasm\/recurra-(relaxed-simd|simd128)-inference\.wasm$/),
  ]);
  await page.close();
});

test("an exported classifier tells the labels of what is typed", async () => {
  const labelled = ["sea", "land"].flatMap((label) =>
    Array.from({ length: 8 }, (_, i) => ({ text: `${"the cat ".repeat((i % 3) + 1)}${label}`, label })),
  );
  const out = join(folder, "sea.model");
  const { classifier } = await trainClassifier(labelled, { from: model, out, threads: 1 });
  const html = join(folder, "sea.html");
  expect((await recurra(["export", out, "--html", html])).code).toBe(0);
  const page = await browser.newPage();
  await page.goto(pathToFileURL(html).href);
  await page.locator("#text").fill("the cat sea");
  const [told] = await classifier.classify(["the cat sea"]);
  const first = page.locator("#labels .row").first();
  await expect.poll(() => first.innerText(), { timeout: 20_000 }).toContain(told!.label);
  expect(await first.innerText()).toContain(`${(100 * told!.probability).toFixed(1)} %`);
  expect(await page.locator("#labels .row").count()).toBe(2);
  await page.locator("#text").fill("");
  await expect.poll(() => page.locator("#labels .row").count()).toBe(0);
  await page.close();
});

/** What the page of the test below keeps between its turns. */
interface Kept {
  library: typeof import("../../src/browser/index.js");
  recurra: Recurra;
  model: BrowserModel;
}

test("parts are fetched when they are first used, by the page and by its workers", async () => {
  const page = await browser.newPage();
  const parts = new Set<string>();
  page.on("request", (request) => {
    const part = /browser-bundle\/([a-z-]+)-[\w-]{8}\.js$/.exec(request.url())?.[1];
    if (part !== undefined) parts.add(part);
  });
  await page.route("**/blank", (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>blank</title>" }),
  );
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/blank`);
  await page.evaluate(
    `import("/dist/browser-bundle/recurra.js").then((library) => Object.assign(globalThis, { library }))`,
  );

  const written = await page.evaluate(async () => {
    const { library } = globalThis as unknown as Kept;
    const own = await library.startRecurra({ threads: 1 });
    const loaded = await own.load("/model/");
    Object.assign(globalThis, { recurra: own, model: loaded });
    let text = "";
    for await (const piece of loaded.generate({ prompt: "the ", length: 20, seed: 1 })) text += piece.text;
    return text;
  });
  expect(written.length).toBeGreaterThan(10);
  for (const later of ["text-of-file", "unzip-model", "examining", "measure-chunks", "packed-model"])
    expect([...parts]).not.toContain(later);

  const text = "the cat sees the moon.\n";
  const read = await page.evaluate(
    (bytes) =>
      (globalThis as unknown as Kept).library.readText(new File([Uint8Array.from(bytes)], "cat.txt.gz")),
    [...gzipSync(text)],
  );
  expect(read).toBe(text);
  expect([...parts]).toContain("text-of-file");
  expect([...parts]).not.toContain("measure-chunks");

  const perplexity = await page.evaluate(
    async (measured) => (await (globalThis as unknown as Kept).model.evaluate(measured)).perplexity,
    text,
  );
  expect(perplexity).toBeGreaterThan(1);
  expect([...parts]).toContain("measure-chunks");
  expect([...parts]).not.toContain("packed-model");

  const again = await page.evaluate(async (measured) => {
    const { recurra: own, model: loaded } = globalThis as unknown as Kept;
    return (await (await own.load(await loaded.zip())).evaluate(measured)).perplexity;
  }, text);
  expect(again).toBe(perplexity);
  expect([...parts]).toEqual(expect.arrayContaining(["packed-model", "unzip-model"]));
  await page.close();
});

test.each<[string, (context: BrowserContext) => Promise<unknown>, RegExp]>([
  [
    "no worker's script",
    (context) => context.route("**/inference-worker.js", (route) => route.fulfill({ status: 404 })),
    /The worker could not be started; its script has to be served/,
  ],
  [
    "no worker's body",
    (context) => context.route("**/inference-worker-body-*.js", (route) => route.fulfill({ status: 404 })),
    /The worker could not be started; its script has to be served/,
  ],
  [
    "no module",
    (context) => context.route("**/*.wasm", (route) => route.fulfill({ status: 404 })),
    /\.wasm could not be fetched from .* \(HTTP 404\)/,
  ],
  [
    "a page in place of the model",
    (context) =>
      context.route("**/model/**", (route) => route.fulfill({ contentType: "text/html", body: PAGE })),
    /config\.json is a web page and no file of a model/,
  ],
  [
    "no part that is loaded later",
    (context) => context.route("**/measure-chunks-*.js", (route) => route.fulfill({ status: 404 })),
    /A part of recurra could not be loaded; check the connection/,
  ],
  [
    "a policy against WebAssembly",
    (context) =>
      context.route("**/*.js", async (route) => {
        const response = await route.fetch();
        const headers = { ...response.headers(), "content-security-policy": "script-src 'self'" };
        await route.fulfill({ response, headers });
      }),
    /could not be compiled .*'wasm-unsafe-eval'/,
  ],
])("a server that gives %s: a sentence", async (_, spoil, message) => {
  const context = await browser.newContext();
  await spoil(context);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await expect.poll(() => page.title(), { timeout: 20_000 }).toMatch(message);
  await context.close();
});

test("an exported page without workers computes on its own thread, in slices", async () => {
  const html = join(folder, "toy.html");
  expect((await recurra(["export", model, "--html", html])).code).toBe(0);
  const page = await browser.newPage();
  await page.addInitScript(() => {
    (globalThis as { Worker?: unknown }).Worker = function forbidden() {
      throw new DOMException("workers are forbidden", "SecurityError");
    };
  });
  await page.goto(pathToFileURL(html).href);
  await page.getByLabel("Text").fill("the ");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect
    .poll(async () => (await page.getByLabel("Text").inputValue()).length, { timeout: 20_000 })
    .toBeGreaterThan(100);
  expect(page.workers()).toHaveLength(0);
  await page.close();
});

test("an exported model of lines ends the line that was begun and writes more of them", async () => {
  const out = join(folder, "lines.model");
  await train({ text: toyText(300), lines: true, out, hidden: 24, steps: 150, threads: 1 });
  const html = join(folder, "lines.html");
  expect((await recurra(["export", out, "--html", html])).code).toBe(0);
  const page = await browser.newPage();
  await page.goto(pathToFileURL(html).href);
  await page.getByLabel("Text").fill("the cat sees\nthe ");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect
    .poll(() => page.getByLabel("Text").inputValue(), { timeout: 20_000 })
    .toMatch(/^the cat sees\nthe [^\n]*\n([^\n]+\n){9}$/);
  expect(await page.locator("#status").innerText()).toBe("");
  await page.close();
});

test("an exported page says in a sentence that its model is damaged", async () => {
  const html = join(folder, "damaged.html");
  expect((await recurra(["export", model, "--html", html])).code).toBe(0);
  const whole = readFileSync(html, "utf8");
  const torn = whole.replace(/(id="weights">[A-Za-z0-9+/]{4000})[A-Za-z0-9+/=]+/, "$1");
  expect(torn.length).toBeLessThan(whole.length);
  writeFileSync(html, torn);
  const page = await browser.newPage();
  await page.goto(pathToFileURL(html).href);
  await expect
    .poll(() => page.locator("#status").innerText(), { timeout: 20_000 })
    .toContain("model.safetensors is not a whole safetensors file");
  await page.close();
});

test("a report of a look inside opens from the disk, and its map goes by keys", async () => {
  const text = join(folder, "look.txt");
  const html = join(folder, "look.html");
  writeFileSync(text, toyText(40));
  expect((await recurra(["look", model, text, "--html", html])).code).toBe(0);
  const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) problems.push(request.url());
  });
  await page.goto(pathToFileURL(html).href);
  await page.getByRole("heading", { name: "Are its probabilities right?" }).waitFor();
  await page.locator(".chart svg").first().waitFor();
  const map = page.getByRole("listbox", { name: "The text, token by token" });
  await map.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.getByText(/bits, probability/).waitFor();
  expect(await page.locator(".details .bars li").count()).toBe(6);
  await page.getByRole("button", { name: "Arrange by neighbours (UMAP)" }).click();
  await page.getByText(/arranged by UMAP/).waitFor();
  for (const title of ["Why this word", "What the units do", "Gates", "How far it remembers", "Its words"])
    expect(await page.getByRole("heading", { name: title, exact: true }).count()).toBe(1);
  expect(await page.locator(".missing").allTextContents()).toEqual([]);
  // Nothing is wider than a phone.
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(problems).toEqual([]);
  await page.close();
});

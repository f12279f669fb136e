/** The essential path in Firefox and in WebKit, the engine of Safari. Chromium has the rest (playground.e2e.ts). */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { preview, type PreviewServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unzipModel } from "../../src/format/unzip-model.js";
import { ISOLATED, type Report, RUN, serveContract } from "../browser/contract-page.js";
import { FIREFOX, startFirefox } from "./firefox.js";
import { DrivenPage, KEYS, until, type Wire } from "./webdriver.js";
import { startWebKit, WEBKIT_DRIVER, XVFB } from "./webkit.js";

/** Milliseconds in which a model learns something even where others use the machine. */
const LEARNING = 90_000;
/** Whether the browser shares memory in a page that is cross-origin isolated. */
const SHARING = "return 'SharedArrayBuffer' in window;";

let folder: string;
let server: PreviewServer;
let address: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "recurra-others-"));
  const configFile = fileURLToPath(new URL("../../web/vite.config.ts", import.meta.url));
  server = await preview({ configFile, preview: { port: 0 }, logLevel: "error" });
  address = server.resolvedUrls!.local[0]!;
});

afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

essentialPath("Firefox", [FIREFOX], startFirefox);
essentialPath("WebKit", [WEBKIT_DRIVER, XVFB], () => startWebKit());
essentialPath("WebKit with shared memory", [WEBKIT_DRIVER, XVFB], () => startWebKit(true));

/** Where a program is missing the tests are skipped and say so; with CI=true they fail. */
function essentialPath(name: string, programs: readonly string[], start: () => Promise<Wire>): void {
  const missing = programs.filter((program) => !existsSync(program)).join(" and ");
  if (missing === "") {
    describe(name, () => inBrowser(name, start));
  } else if (process.env["CI"] === "true") {
    test(name, () => {
      throw new Error(`${missing} is missing`);
    });
  } else test.skip(`${name} (skipped: ${missing} is missing)`, () => {});
}

function inBrowser(name: string, start: () => Promise<Wire>): void {
  let page: DrivenPage;
  beforeAll(async () => {
    page = await DrivenPage.over(await start());
  });
  afterAll(() => page?.close());

  const loss = async (): Promise<number> => Number(await page.text(".figures dd"));
  const engine = () =>
    until("the engine", async () => (await page.text("footer")).match(/WebAssembly .*/)?.[0]);
  const downloaded = async (button: string): Promise<Buffer> => {
    await page.run("delete window.given;");
    await page.press(button);
    await until("the file", () => page.run<boolean>("return 'given' in window;"));
    return Buffer.from(await page.promised<string>("window.given"), "base64");
  };

  test("computes what the engine's contract says, on two threads where there is shared memory", async () => {
    const contract = await serveContract(ISOLATED);
    await page.open(contract.address);
    const sharing = await page.run<boolean>(SHARING);
    const { engines, passed, failures } = await page.promised<Report>(RUN);
    contract.close();
    expect(failures).toEqual([]);
    expect(engines.some((each) => each.endsWith("2 thread(s)"))).toBe(sharing);
    expect(passed).toBeGreaterThan(10 * engines.length);
  });

  test("starts the playground's engine, and says with how many threads", async () => {
    await page.open(address);
    expect(await page.run("return crossOriginIsolated;")).toBe(true);
    expect(await engine()).toMatch(
      (await page.run<boolean>(SHARING))
        ? /^WebAssembly (relaxed-simd|simd128), (one thread|\d+ threads)\.$/
        : /^WebAssembly (relaxed-simd|simd128), one thread\. This browser has no shared memory/,
    );
  });

  test("trains: the loss falls and samples come", async () => {
    await page.fill("input[type=number]", "1");
    await page.press("Start");
    const first = await until("a loss", async () => (await loss()) || undefined, LEARNING);
    await until("a lower loss", async () => (await loss()) < first - 1, LEARNING);
    await until("a sample", () => page.text(".samples blockquote"), LEARNING);
    await page.press("Pause");
    await page.press("Go on");
    await page.press("Stop");
    await until("the end", async () => (await page.text(".panel .buttons")).includes("Download"));
  });

  test("writes, offers what may come next under the caret, and completes", async () => {
    await page.press("Write");
    await page.fill("#prompt", "The whale ");
    await until("what may come next", () => page.text(".next button"));
    const [right, down] = await page.run<[number, number]>(`
      const [field, next] = ["#prompt", ".next"].map((each) => document.querySelector(each).getBoundingClientRect());
      return [next.x - field.x, next.y - field.y];`);
    expect(right).toBeGreaterThan(50);
    expect(down).toBeGreaterThan(30);
    expect(down).toBeLessThan(80);
    await page.click(".next button");
    await until("the token", async () => /^The whale .$/s.test(await page.value("#prompt")));
    expect(await page.run("return document.activeElement.id;")).toBe("prompt");
    await until("grey words", () => page.text(".ghost"));
    await page.type("#prompt", KEYS.tab);
    const taken = await until("the words", async () => {
      const text = await page.value("#prompt");
      return text.length > 11 && text;
    });
    await page.press("Continue");
    await until("the rest", async () => (await page.value("#prompt")).length >= taken.length + 300);
  });

  test("colours a text by surprisal", async () => {
    await page.press("Look");
    await page.type(".tokens", KEYS.right);
    await until("what was expected", async () => (await page.text(".detail")).includes("Expected here"));
  });

  test("keeps the model when it is loaded again, and gives it as a zip and as a page that writes", async () => {
    await page.press("Train");
    await page.reload();
    await engine();
    await until("the model", async () => (await page.text(".panel h1")) === "Moby-Dick");
    // What a person would find among the downloads.
    await page.run(`URL.createObjectURL = (blob) => {
      window.given = new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.replace(/^.*,/, ""));
        reader.readAsDataURL(blob);
      });
      return "#train";
    };`);
    expect(Object.keys(unzipModel(await downloaded("Download")))).toContain("model.safetensors");
    const file = join(folder, `${name}.html`);
    writeFileSync(file, await downloaded("As a web page"));
    expect(await page.text("[role=alert]")).toBe("");

    await page.open(pathToFileURL(file).href);
    await page.type("#text", "The sea ");
    await page.press("Continue");
    await until("the text", async () => (await page.value("#text")).length > 200);
    expect(await page.text("#status")).toBe("");
  });
}

/** WebKitGTK's MiniBrowser on a screen that nobody sees, over the HTTP of WebKit's own WebDriver. */
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcessGroup } from "./process-group.js";
import { COMMANDS, until, type Wire } from "./webdriver.js";

export const WEBKIT_DRIVER = process.env["WEBKIT_DRIVER"] ?? "/usr/bin/WebKitWebDriver";
export const XVFB = process.env["XVFB"] ?? "/usr/bin/Xvfb";

/**
 * @param sharedMemory true: as Safari has it in a page that is cross-origin isolated. WebKitGTK 2.50 isolates the page and
 *   does not switch SharedArrayBuffer on, but for this variable of its engine.
 */
export async function startWebKit(sharedMemory = false): Promise<Wire> {
  const home = mkdtempSync(join(tmpdir(), "recurra-webkit-"));
  const started: ProcessGroup[] = [];
  const close = async (): Promise<void> => {
    for (const group of started.toReversed()) await group.end();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const screen = new ProcessGroup(XVFB, ["-displayfd", "3", "-screen", "0", "1400x1100x24"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    started.push(screen);
    let display = "";
    screen.leader.stdio[3]!.on("data", (bytes: Buffer) => (display += bytes.toString()));
    await until("a screen", () => display.endsWith("\n"));

    const port = await freePort();
    const driver = new ProcessGroup(WEBKIT_DRIVER, [`--port=${port}`], {
      stdio: "ignore",
      env: {
        ...process.env,
        DISPLAY: `:${display.trim()}`,
        GDK_BACKEND: "x11",
        HOME: home,
        // Of this it makes the language "C" for its pages, which is none: Intl throws, and only the chart may mind.
        LC_ALL: "C.UTF-8",
        ...(sharedMemory && { JSC_useSharedArrayBuffer: "1" }),
      },
    });
    started.push(driver);
    const ask = asker(`http://127.0.0.1:${port}`);
    await until("WebKit's driver", () => ask("GET", "/status").catch(() => undefined));
    const { sessionId } = (await ask("POST", "/session", { capabilities: {} })) as { sessionId: string };
    return {
      send: (command, params = {}) => {
        const path = COMMANDS[command].replace("{id}", String(params["id"]));
        return ask("POST", `/session/${sessionId}${path}`, params);
      },
      close: async () => {
        await ask("DELETE", `/session/${sessionId}`).catch(() => undefined);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const asker =
  (address: string) =>
  async (verb: "GET" | "POST" | "DELETE", path: string, body: object = {}): Promise<unknown> => {
    const response = await fetch(address + path, {
      method: verb,
      ...(verb === "POST" && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { readonly value: unknown };
    if (!response.ok) throw new Error((value as { readonly message: string }).message);
    return value;
  };

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Firefox without a window, over Marionette: its own wire for WebDriver's commands. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcessGroup } from "./process-group.js";
import { until, type Wire } from "./webdriver.js";

export const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";

/** A new profile asks no server for anything. Port 0: any that is free. */
const PREFERENCES: Readonly<Record<string, boolean | number | string>> = {
  "marionette.port": 0,
  "app.update.auto": false,
  "app.normandy.enabled": false,
  "browser.download.folderList": 2,
  "browser.newtabpage.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

export async function startFirefox(): Promise<Wire> {
  const profile = mkdtempSync(join(tmpdir(), "recurra-firefox-"));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  lines.push(`user_pref("browser.download.dir", ${JSON.stringify(profile)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const args = ["--headless", "--no-remote", "--marionette", "--profile", profile];
  const browser = new ProcessGroup(FIREFOX, args, { stdio: "ignore" });
  const close = async (): Promise<void> => {
    await browser.end();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const file = join(profile, "MarionetteActivePort");
    const port = await until("Firefox's port", () => existsSync(file) && readFileSync(file, "utf8").trim());
    const marionette = await Marionette.connect(Number(port));
    await marionette.ask("WebDriver:NewSession", {});
    return {
      send: async (command, params = {}) => {
        const answer = (await marionette.ask(`WebDriver:${command}`, params)) as {
          readonly value?: unknown;
        } | null;
        return answer?.value;
      },
      close: async () => {
        marionette.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Messages are JSON behind their length in bytes and a colon: [0, id, command, params], [1, id, error, value]. */
class Marionette {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #received = Buffer.alloc(0);
  #last = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#hear(bytes));
    socket.on("error", () => this.close());
    socket.on("close", () => this.close());
  }

  static connect(port: number): Promise<Marionette> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new Marionette(socket)));
      socket.once("error", reject);
    });
  }

  ask(command: string, params: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#waiting.set(id, { resolve, reject });
      const message = JSON.stringify([0, id, command, params]);
      this.#socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
  }

  close(): void {
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(new Error("Firefox has gone"));
    this.#waiting.clear();
  }

  #hear(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const colon = this.#received.indexOf(":");
      const length = Number(this.#received.toString("latin1", 0, Math.max(colon, 0)));
      if (colon < 0 || this.#received.length < colon + 1 + length) return;
      const message = JSON.parse(this.#received.toString("utf8", colon + 1, colon + 1 + length)) as unknown;
      this.#received = this.#received.subarray(colon + 1 + length);
      // The greeting is an object, not an array.
      if (Array.isArray(message)) this.#answer(message as [1, number, { message: string } | null, unknown]);
    }
  }

  #answer([, id, error, value]: [1, number, { message: string } | null, unknown]): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(value);
  }
}

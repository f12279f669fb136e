/**
 * A browser that is driven by WebDriver's commands. Firefox and WebKit answer the same ones, each over a wire of its own
 * (firefox.ts, webkit.ts).
 */
/** The commands that are used, with the path below the session that each is posted to over HTTP. */
export const COMMANDS = {
  Navigate: "/url",
  Refresh: "/refresh",
  SetTimeouts: "/timeouts",
  SetWindowRect: "/window/rect",
  FindElement: "/element",
  ElementClick: "/element/{id}/click",
  ElementSendKeys: "/element/{id}/value",
  ElementClear: "/element/{id}/clear",
  ExecuteScript: "/execute/sync",
  ExecuteAsyncScript: "/execute/async",
} as const;

/** Sends a command and gives what it answers. @throws Error with what the browser said */
export interface Wire {
  send(command: keyof typeof COMMANDS, params?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Ends the session, the browser and what was started for it. */
  close(): Promise<void>;
}

/** The key by which WebDriver names an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
/** Milliseconds that a slow machine may take for anything; what is there is seen at once. */
const PATIENCE = 30_000;
const BETWEEN_LOOKS = 100;

/** Keys without a character. */
export const KEYS = { tab: "\uE004", right: "\uE014" } as const;

/** The page that is open in a browser. */
export class DrivenPage {
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** A session of a desktop's size. */
  static async over(wire: Wire): Promise<DrivenPage> {
    await wire.send("SetTimeouts", { implicit: 0, script: 4 * PATIENCE, pageLoad: 2 * PATIENCE });
    await wire.send("SetWindowRect", { x: 0, y: 0, width: 1280, height: 1000 });
    return new DrivenPage(wire);
  }

  async open(address: string): Promise<void> {
    await this.#wire.send("Navigate", { url: address });
  }

  async reload(): Promise<void> {
    await this.#wire.send("Refresh");
  }

  /** What a function's body returns in the page. */
  async run<Result>(body: string, ...args: readonly unknown[]): Promise<Result> {
    return (await this.#wire.send("ExecuteScript", { script: body, args })) as Result;
  }

  /** What an expression's promise resolves with in the page. */
  async promised<Result>(expression: string): Promise<Result> {
    const script = `const reply = arguments[arguments.length - 1];
      Promise.resolve(${expression}).then((value) => reply({ value }), (error) => reply({ error: String(error) }));`;
    const reply = await this.#wire.send("ExecuteAsyncScript", { script, args: [] });
    const { value, error } = reply as { readonly value: Result; readonly error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  }

  /** Clicks on what a CSS selector finds first, once it is there. */
  async click(selector: string): Promise<void> {
    await this.#wire.send("ElementClick", { id: await this.#element("css selector", selector) });
  }

  /** Clicks on the button, link or label of these words. */
  async press(words: string): Promise<void> {
    const path = `//*[(self::button or self::a or self::label) and normalize-space()="${words}"]`;
    await this.#wire.send("ElementClick", { id: await this.#element("xpath", path) });
  }

  /** Types as a person does, after what stands in the field. */
  async type(selector: string, text: string): Promise<void> {
    await this.#wire.send("ElementSendKeys", { id: await this.#element("css selector", selector), text });
  }

  /** Empties a field and types. */
  async fill(selector: string, text: string): Promise<void> {
    const id = await this.#element("css selector", selector);
    await this.#wire.send("ElementClear", { id });
    await this.#wire.send("ElementSendKeys", { id, text });
  }

  /** Text as it is shown; "" where there is no such element. */
  text(selector: string): Promise<string> {
    return this.run("return document.querySelector(arguments[0])?.innerText ?? '';", selector);
  }

  /** What stands in a field. */
  value(selector: string): Promise<string> {
    return this.run("return document.querySelector(arguments[0])?.value ?? '';", selector);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  async #element(using: string, value: string): Promise<string> {
    return until(`${value} in the page`, async () => {
      const found = await this.#wire.send("FindElement", { using, value }).catch(() => undefined);
      return (found as Readonly<Record<string, string>> | undefined)?.[ELEMENT];
    });
  }
}

/** What a look gives as soon as it gives something. @throws Error that names what did not come */
export async function until<Found>(
  awaited: string,
  look: () => Promise<Found | undefined | false | ""> | Found | undefined | false | "",
  milliseconds = PATIENCE,
): Promise<Found> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false && found !== "") return found;
    if (performance.now() > end) throw new Error(`${awaited}: not within ${milliseconds / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
  }
}

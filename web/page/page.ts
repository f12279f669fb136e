/** The script of an exported page that writes: its interface, and, started as a worker, what answers it. */
import type { BrowserModel } from "../../src/browser/browser-model.js";
import { anySeed, promptOf, writeOn } from "../write-on.js";
import { element } from "./element.js";
import { openPage } from "./open-page.js";
import { sentence } from "./sentence.js";

/** Characters that are written at a time. */
const LENGTH = 300;
/** Of a model of lines. */
const LINES = 10;

openPage(buildInterface);

function buildInterface(model: BrowserModel, status: HTMLElement): void {
  const text = element("textarea", {
    id: "text",
    rows: 14,
    spellcheck: false,
    placeholder: "Begin a text …",
  });
  const shown = element("output", { id: "temperature-shown" });
  const temperature = element("input", {
    id: "temperature",
    type: "range",
    min: "0",
    max: "1.5",
    step: "0.05",
    value: "0.7",
  });
  const show = (): void => void (shown.textContent = Number(temperature.value).toFixed(2));
  temperature.addEventListener("input", show);
  show();
  const button = element("button", { id: "continue", type: "button" }, "Continue");
  let running: AbortController | undefined;

  const write = async (): Promise<void> => {
    if (running) return running.abort();
    running = new AbortController();
    button.textContent = "Stop";
    text.readOnly = true;
    status.textContent = "";
    try {
      await unknownsOf(model, promptOf(text.value, model), status);
      const amount = model.info.tokenizer.lines ? LINES : LENGTH;
      const options = { amount, seed: anySeed(), temperature: Number(temperature.value) };
      for await (const piece of writeOn(model, text.value, { ...options, signal: running.signal })) {
        text.value += piece;
        text.scrollTop = text.scrollHeight;
      }
    } catch (error) {
      status.textContent = sentence(error);
    } finally {
      running = undefined;
      button.textContent = "Continue";
      text.readOnly = false;
      text.focus();
      text.setSelectionRange(text.value.length, text.value.length);
    }
  };
  button.addEventListener("click", () => void write());
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void write();
  });
  document
    .getElementById("app")!
    .append(
      element("label", { htmlFor: "text" }, "Text"),
      text,
      element(
        "div",
        { className: "row" },
        element("label", { htmlFor: "temperature" }, "Temperature ", shown),
        temperature,
        button,
      ),
      element("p", { className: "hint" }, "Ctrl-Enter goes on writing."),
    );
  text.focus();
}

async function unknownsOf(model: BrowserModel, text: string, status: HTMLElement): Promise<void> {
  const unknown = (await model.unknowns(text)).slice(0, 10);
  if (unknown.length > 0) {
    status.textContent = `The model does not know ${unknown.map((piece) => JSON.stringify(piece)).join(", ")} and passes over it.`;
  }
}

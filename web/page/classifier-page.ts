/** The script of an exported page of a classifier: a text, and its labels as it is typed. */
import type { BrowserModel } from "../../src/browser/browser-model.js";
import { element } from "./element.js";
import { openPage } from "./open-page.js";
import { sentence } from "./sentence.js";

/** Labels that are shown, the most probable first. */
const MOST_SHOWN = 8;

openPage(buildClassifier);

function buildClassifier(model: BrowserModel, status: HTMLElement): void {
  const count = model.info.config.classifier!.labels.length;
  const text = element("textarea", {
    id: "text",
    rows: 8,
    spellcheck: false,
    placeholder: "A text …",
  });
  const rows = element("div", { id: "labels" });
  let asked: AbortController | undefined;

  const tell = async (): Promise<void> => {
    asked?.abort();
    const own = (asked = new AbortController());
    if (text.value.trim() === "") return rows.replaceChildren();
    try {
      const [told] = await model.classify([text.value], { signal: own.signal });
      if (own.signal.aborted) return;
      status.textContent = "";
      rows.replaceChildren(...told!.probabilities.slice(0, MOST_SHOWN).map(labelRow));
    } catch (error) {
      if (!own.signal.aborted) status.textContent = sentence(error);
    }
  };
  text.addEventListener("input", () => void tell());
  document
    .getElementById("app")!
    .append(
      element("label", { htmlFor: "text" }, "Text"),
      text,
      rows,
      element("p", { className: "hint" }, `It tells ${count} labels apart.`),
    );
  text.focus();
}

function labelRow({
  label,
  probability,
}: {
  readonly label: string;
  readonly probability: number;
}): HTMLElement {
  const shown = `${(100 * probability).toFixed(1)} %`;
  const meter = element("meter", { min: 0, max: 1, value: probability, textContent: shown });
  return element("div", { className: "row" }, meter, element("strong", {}, label), ` ${shown}`);
}

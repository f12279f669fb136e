/** What to learn from, and with what. */
import { signal } from "@preact/signals";
import { type BrowserTrainOptions, type Cell, type TokenizerKind, UserError } from "recurra/browser";
import bookAddress from "../../../dist/book/moby-dick.txt?url";
import { readTextFile } from "../read-text.js";
import { attempt } from "../session.js";
import { phase, train } from "../training.js";
import { Choice, NumberField, Select } from "./field.js";

type Source = "book" | "paste" | "file";

const source = signal<Source>("book");
const pasted = signal("");
const file = signal<{ readonly name: string; readonly text: string } | undefined>(undefined);
const dragged = signal(false);
const tokenizer = signal<TokenizerKind>("char");
const cell = signal<Cell>("lstm");
const lines = signal(false);
/** Numbers as they were typed; an empty one is left to its default. */
const numbers = signal<Readonly<Record<string, string>>>({ hidden: "128", layers: "1", maxMinutes: "2" });

const CELLS: readonly (readonly [Cell, string])[] = [
  ["lstm", "LSTM"],
  ["gru", "GRU"],
  ["rnn", "RNN (Elman)"],
  ["minlstm", "minLSTM"],
  ["mingru", "minGRU"],
];

/** A vocabulary of all words would make each step slow; so many are learned within minutes. */
const VOCABULARY: Readonly<Partial<Record<TokenizerKind, number>>> = { word: 6000, bpe: 2000 };

async function take(files: FileList | null | undefined): Promise<void> {
  const [first] = files ?? [];
  if (!first) return;
  const text = await readTextFile(first);
  file.value = { name: first.name, text };
  source.value = "file";
}

async function chosenText(): Promise<{ name: string; text: string }> {
  if (source.value === "paste") {
    if (pasted.value.trim() === "")
      throw new UserError("There is no text yet; paste some, or take the book.");
    return { name: "Pasted text", text: pasted.value };
  }
  if (source.value === "file") {
    if (!file.value) throw new UserError("No file was chosen yet; choose one, or take the book.");
    return { name: file.value.name.replace(/\.\w+$/, ""), text: file.value.text };
  }
  const response = await fetch(bookAddress);
  if (!response.ok) throw new UserError("The book could not be loaded; check the connection and try again.");
  return { name: "Moby-Dick", text: await response.text() };
}

async function start(): Promise<void> {
  const { name, text } = await chosenText();
  const given = Object.entries(numbers.value).filter(
    ([key, value]) => value !== "" && (key !== "vocabSize" || tokenizer.value !== "char"),
  );
  await train(name, text, {
    cell: cell.value,
    tokenizer: tokenizer.value,
    lines: lines.value,
    ...(VOCABULARY[tokenizer.value] !== undefined && { vocabSize: VOCABULARY[tokenizer.value] }),
    ...(Object.fromEntries(
      given.map(([key, value]) => [key, Number(value)]),
    ) as Partial<BrowserTrainOptions>),
  });
}

const numberOf = (key: string) => ({
  value: numbers.value[key] ?? "",
  onChange: (value: string) => (numbers.value = { ...numbers.value, [key]: value }),
});

export function SetupForm() {
  const busy = phase.value !== "none";
  return (
    <form
      class={`card ${dragged.value ? "dropping" : ""}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void attempt(start);
      }}
      onDragOver={(event) => {
        event.preventDefault();
        dragged.value = true;
      }}
      onDragLeave={() => (dragged.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        dragged.value = false;
        void attempt(() => take(event.dataTransfer?.files));
      }}
    >
      <Choice
        label="Text"
        value={source.value}
        options={[
          ["book", "Moby-Dick"],
          ["paste", "Paste"],
          ["file", "File"],
        ]}
        onChange={(value) => (source.value = value)}
      />
      {source.value === "book" && (
        <p class="hint">
          Herman Melville, 1851. 1.2 million characters; the last tenth is held out to measure on.
        </p>
      )}
      {source.value === "paste" && (
        <textarea
          aria-label="The text to learn from"
          rows={7}
          placeholder="Paste at least a few thousand characters …"
          value={pasted.value}
          onInput={(event) => (pasted.value = event.currentTarget.value)}
        />
      )}
      {source.value === "file" && (
        <label class="drop">
          <input
            type="file"
            accept=".txt,.md,.csv,.json,.jsonl,text/*"
            onChange={(event) => {
              const { files } = event.currentTarget;
              void attempt(() => take(files));
            }}
          />
          {file.value
            ? `${file.value.name}, ${file.value.text.length.toLocaleString("en")} characters`
            : "Choose a text file, or drop one here"}
        </label>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={lines.value}
          onChange={(event) => (lines.value = event.currentTarget.checked)}
        />
        Each line stands on its own (names, titles)
      </label>
      <Choice
        label="Learn it by"
        value={tokenizer.value}
        options={[
          ["char", "Characters"],
          ["word", "Words"],
          ["bpe", "Byte pairs"],
        ]}
        onChange={(value) => (tokenizer.value = value)}
      />
      <div class="pair">
        <Select
          label="Cell"
          value={cell.value}
          options={CELLS}
          onChange={(value) => (cell.value = value as Cell)}
        />
        <NumberField label="Minutes" step="any" {...numberOf("maxMinutes")} />
        <NumberField label="Units a layer" step="1" {...numberOf("hidden")} />
        <NumberField label="Layers" step="1" {...numberOf("layers")} />
      </div>
      <details>
        <summary>More</summary>
        <div class="pair">
          {tokenizer.value !== "char" && (
            <NumberField
              label="Vocabulary"
              step="1"
              placeholder={String(VOCABULARY[tokenizer.value])}
              {...numberOf("vocabSize")}
            />
          )}
          <NumberField label="Learning rate" placeholder="0.004" {...numberOf("lr")} />
          <NumberField label="Dropout" placeholder="by the text" {...numberOf("dropout")} />
          <NumberField label="Batch" step="1" placeholder="by the text" {...numberOf("batchSize")} />
          <NumberField label="Steps a window" step="1" placeholder="by the text" {...numberOf("seqLen")} />
          <NumberField label="Seed" step="1" placeholder="1" {...numberOf("seed")} />
        </div>
      </details>
      <button type="submit" class="main" disabled={busy}>
        Start
      </button>
    </form>
  );
}

/** The form: what to learn from, and with what. */
import { signal } from "@preact/signals";
import type { Cell } from "recurra/browser";
import { attempt } from "../session.js";
import {
  cell,
  chosenOptions,
  chosenText,
  file,
  lines,
  numbers,
  pasted,
  reading,
  source,
  takeFile,
  tokenizer,
  VOCABULARY,
} from "../setup.js";
import { phase, train } from "../training.js";
import { Choice, NumberField, Select } from "./field.js";

const dragged = signal(false);

const CELLS: readonly (readonly [Cell, string])[] = [
  ["lstm", "LSTM"],
  ["gru", "GRU"],
  ["rnn", "RNN (Elman)"],
  ["minlstm", "minLSTM"],
  ["mingru", "minGRU"],
];

async function start(): Promise<void> {
  const { name, text } = await chosenText();
  await train(name, text, chosenOptions());
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
        void attempt(() => takeFile(event.dataTransfer?.files));
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
            accept=".txt,.md,.csv,.json,.jsonl,.ndjson,.gz,text/*"
            onChange={(event) => {
              const { files } = event.currentTarget;
              void attempt(() => takeFile(files));
            }}
          />
          {reading.value
            ? `Reading ${reading.value} …`
            : file.value
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

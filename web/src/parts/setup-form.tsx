/** The form: what to learn from, and with what. */
import type { Cell } from "recurra/browser";
import { focusOn } from "../focus.js";
import { attempt } from "../session.js";
import { cell, file, lines, numbers, pasted, reading, source, tokenizer, VOCABULARY } from "../setup.js";
import { dropping, take } from "../take-files.js";
import { phase, train } from "../training.js";
import { Choice, NumberField, Select } from "./field.js";

const CELLS: readonly (readonly [Cell, string])[] = [
  ["lstm", "LSTM"],
  ["gru", "GRU"],
  ["rnn", "RNN (Elman)"],
  ["minlstm", "minLSTM"],
  ["mingru", "minGRU"],
];

const numberOf = (key: string) => ({
  value: numbers.value[key] ?? "",
  onChange: (value: string) => (numbers.value = { ...numbers.value, [key]: value }),
});

export function SetupForm() {
  const busy = phase.value !== "none";
  return (
    <form
      class={`card ${dropping.value ? "dropping" : ""}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (busy) return;
        void train();
        focusOn("run");
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
              void attempt(() => take(files));
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
        <NumberField label="Minutes" step="any" placeholder="automatic" {...numberOf("maxMinutes")} />
        <NumberField label="Hidden units" step="1" {...numberOf("hidden")} />
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
          <NumberField label="Dropout" placeholder="automatic" {...numberOf("dropout")} />
          <NumberField label="Batch size" step="1" placeholder="automatic" {...numberOf("batchSize")} />
          <NumberField label="Sequence length" step="1" placeholder="automatic" {...numberOf("seqLen")} />
          <NumberField label="Seed" step="1" placeholder="1" {...numberOf("seed")} />
        </div>
      </details>
      <button type="submit" class="main" disabled={busy}>
        Start
      </button>
    </form>
  );
}

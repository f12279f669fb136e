/** The form: the text, and the options. */
import type { Cell } from "recurra/browser";
import { defaultOf, numberRule, type OptionDescription, TRAIN_OPTIONS } from "recurra/options";
import { focusOn } from "../focus.js";
import { attempt } from "../session.js";
import { cell, file, lines, numbers, pasted, reading, source, tokenizer, VOCABULARY } from "../setup.js";
import { dropping, take } from "../take-files.js";
import { phase, train } from "../training.js";
import { Choice, NumberField, Select } from "./field.js";

/** Options of training that the form has a field for. */
type Field = keyof typeof TRAIN_OPTIONS;

/** The words of an option, each with its label. */
function wordsOf<Word extends string>(value: {
  readonly words: readonly Word[];
  readonly labels: Readonly<Record<Word, string>>;
}): readonly (readonly [Word, string])[] {
  return value.words.map((word) => [word, value.labels[word]] as const);
}

/** A number of the run, as the table of options has it; an empty field is left to its default. */
function NumberOption({ name, placeholder }: { readonly name: Field; readonly placeholder?: string }) {
  const { value, label, defaultNote }: OptionDescription = TRAIN_OPTIONS[name];
  const usual = defaultOf(TRAIN_OPTIONS, name, { tokenizer: tokenizer.value });
  const whole = numberRule(value)?.whole === true;
  return (
    <NumberField
      label={label ?? name}
      step={whole ? "1" : "any"}
      placeholder={placeholder ?? (usual === undefined || defaultNote ? "automatic" : String(usual))}
      value={numbers.value[name] ?? ""}
      onChange={(typed) => (numbers.value = { ...numbers.value, [name]: typed })}
    />
  );
}

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
      {source.value === "file" &&
        file.value?.notices.map((notice) => (
          <p key={notice} class="hint">
            {notice}
          </p>
        ))}
      <label class="check">
        <input
          type="checkbox"
          checked={lines.value}
          onChange={(event) => (lines.value = event.currentTarget.checked)}
        />
        {TRAIN_OPTIONS.lines.label}
      </label>
      <Choice
        label={TRAIN_OPTIONS.tokenizer.label}
        value={tokenizer.value}
        options={wordsOf(TRAIN_OPTIONS.tokenizer.value)}
        onChange={(value) => (tokenizer.value = value)}
      />
      <div class="pair">
        <Select
          label={TRAIN_OPTIONS.cell.label}
          value={cell.value}
          options={wordsOf(TRAIN_OPTIONS.cell.value)}
          onChange={(value) => (cell.value = value as Cell)}
        />
        <NumberOption name="maxMinutes" placeholder="automatic" />
        <NumberOption name="hidden" />
        <NumberOption name="layers" />
      </div>
      <details>
        <summary>More</summary>
        <div class="pair">
          {tokenizer.value !== "char" && (
            <NumberOption name="vocabSize" placeholder={String(VOCABULARY[tokenizer.value])} />
          )}
          <NumberOption name="lr" />
          <NumberOption name="dropout" />
          <NumberOption name="batchSize" />
          <NumberOption name="seqLen" />
          <NumberOption name="seed" />
        </div>
      </details>
      <button type="submit" class="main" disabled={busy}>
        Start
      </button>
    </form>
  );
}

/** Write: a text that the model continues token by token, with the next tokens it would choose. */
import { useEffect } from "preact/hooks";
import { GENERATE_OPTIONS } from "recurra/options";
import { Editor, focusEditor } from "../parts/editor.js";
import { NoModel, NumberField, Slider } from "../parts/field.js";
import { Learning } from "../parts/learning.js";
import { Words } from "../parts/words.js";
import { attempt, model, starting } from "../session.js";
import { seen } from "../suggestions.js";
import {
  before,
  clear,
  length,
  lineCount,
  LINES_LABEL,
  note,
  running,
  seed,
  takeBack,
  temperature,
  text,
  topK,
  topP,
  write,
} from "../writing.js";

export function Write({ visible }: { readonly visible: boolean }) {
  useEffect(() => {
    seen.value = visible;
  }, [visible]);
  if (!model.value) return starting.value ? null : <NoModel>There is no model to write with yet.</NoModel>;
  return (
    <div class="writing">
      <div class="editor-side">
        <Editor />
        <Words />
        <div class="buttons" id="writing" tabIndex={-1} data-rest role="group" aria-label="Writing">
          <button type="button" class="main" onClick={() => void attempt(write)}>
            {running.value ? "Stop" : "Continue"}
          </button>
          <button
            type="button"
            disabled={before.value === undefined || running.value !== undefined}
            onClick={() => {
              takeBack();
              focusEditor();
            }}
          >
            Take back
          </button>
          <button
            type="button"
            disabled={running.value !== undefined || text.value === ""}
            onClick={() => {
              clear();
              focusEditor();
            }}
          >
            Clear
          </button>
        </div>
        <p class="hint keys">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> continues, <kbd>Tab</kbd> takes the grey words, <kbd>Alt</kbd>{" "}
          <kbd>1</kbd> … <kbd>5</kbd> one of the tokens, <kbd>Alt</kbd> <kbd>Shift</kbd> <kbd>1</kbd> …{" "}
          <kbd>3</kbd> one of the words, <kbd>Esc</kbd> hides them.
        </p>
        {note.value && (
          <p class="hint" role="status">
            {note.value}
          </p>
        )}
      </div>
      <aside class="card" aria-label="How it writes">
        <div class="pair">
          <Slider
            label={GENERATE_OPTIONS.temperature.label}
            min={0}
            max={1.5}
            step={0.05}
            value={temperature.value}
            shown={temperature.value.toFixed(2)}
            onChange={(value) => (temperature.value = value)}
          />
          <Slider
            label={GENERATE_OPTIONS.topP.label}
            min={0.05}
            max={1}
            step={0.05}
            value={topP.value}
            shown={topP.value.toFixed(2)}
            onChange={(value) => (topP.value = value)}
          />
          <NumberField
            label={GENERATE_OPTIONS.topK.label}
            step="1"
            placeholder={GENERATE_OPTIONS.topK.defaultNote}
            value={topK.value}
            onChange={(value) => (topK.value = value)}
          />
          {model.value.info.tokenizer.lines ? (
            <NumberField
              label={LINES_LABEL}
              step="1"
              value={lineCount.value}
              onChange={(value) => (lineCount.value = value)}
            />
          ) : (
            <NumberField
              label={GENERATE_OPTIONS.length.label}
              step="1"
              value={length.value}
              onChange={(value) => (length.value = value)}
            />
          )}
          <NumberField
            label={GENERATE_OPTIONS.seed.label}
            step="1"
            placeholder="random"
            value={seed.value}
            onChange={(value) => (seed.value = value)}
          />
        </div>
        <details class="words">
          <summary>What these do</summary>
          <dl>
            <dt>temperature</dt>
            <dd>
              Low: the most probable, again and again. 1: as often as the model finds it probable. High: wild.
            </dd>
            <dt>top-p</dt>
            <dd>Only the most probable tokens are drawn from, as many as have this probability together.</dd>
            <dt>top-k</dt>
            <dd>Only so many of the most probable tokens are drawn from.</dd>
            <dt>seed</dt>
            <dd>The same seed and text give the same again.</dd>
          </dl>
        </details>
        <Learning />
      </aside>
    </div>
  );
}

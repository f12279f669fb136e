/** Write: a text that the model goes on with, token by token, with what it would write next. */
import { batch, effect, signal as state } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { NextToken } from "recurra/browser";
import { NoModel, NumberField, Slider } from "../parts/field.js";
import { attempt, model, sentence, starting, problem } from "../session.js";
import { phase } from "../training.js";

const text = state("The whale ");
const caret = state(text.value.length);
const temperature = state(0.7);
const topK = state("");
const topP = state(1);
const length = state("300");
const seed = state("");
const running = state<AbortController | undefined>(undefined);
const before = state<string | undefined>(undefined);
const next = state<readonly NextToken[]>([]);
const ghost = state("");
const note = state("");
const inView = state(false);

const BARS = 10;
/** Milliseconds without a key after which the model is asked. */
const STILL = 180;

/** Asks for the next tokens and the ghost when the text has stood still; anew when a run has changed the model. */
let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | undefined;
effect(() => {
  const [now, at, degrees, asked] = [text.value, caret.value, temperature.value, model.value];
  asking?.abort();
  clearTimeout(timer);
  ghost.value = "";
  if (!asked || !inView.value || running.value || phase.value === "preparing") return;
  timer = setTimeout(() => {
    asking = new AbortController();
    void suggest(now, at, degrees, asking.signal).catch((error: unknown) => {
      if (phase.value === "none") problem.value = sentence(error);
    });
  }, STILL);
});

async function suggest(now: string, at: number, degrees: number, signal: AbortSignal): Promise<void> {
  const asked = model.value!;
  const prefix = now.slice(0, at);
  const tokens = await asked.next(prefix, { count: BARS, temperature: degrees });
  if (signal.aborted) return;
  next.value = tokens;
  if (at < now.length || now === "") return;
  let rest = "";
  const most = asked.info.tokenizer.kind === "char" ? 18 : 5;
  for await (const piece of asked.generate({
    prompt: prefix,
    length: most,
    temperature: 0,
    stop: ["\n"],
    signal,
  })) {
    rest += piece.text;
  }
  // Whole words only, as far as there are any.
  if (!signal.aborted) ghost.value = rest.replace(/(?<=\S)\s+\S*$/, "");
}

async function write(): Promise<void> {
  if (running.value) return running.value.abort();
  const asked = model.value!;
  const stop = new AbortController();
  batch(() => {
    before.value = text.value;
    running.value = stop;
    note.value = "";
  });
  try {
    const unknown = (await asked.unknowns(text.value)).slice(0, 8);
    if (unknown.length > 0) note.value = `The model does not know ${unknown.join(" ")} and passes over it.`;
    const options = {
      prompt: text.value,
      length: length.value === "" ? 300 : Number(length.value),
      temperature: temperature.value,
      topP: topP.value,
      ...(topK.value !== "" && { topK: Number(topK.value) }),
      ...(seed.value !== "" && { seed: Number(seed.value) }),
    };
    let waiting = "";
    let shown = 0;
    const show = (): void => {
      text.value += waiting;
      caret.value = text.value.length;
      waiting = "";
      shown = performance.now();
    };
    for await (const piece of asked.generate({ ...options, signal: stop.signal })) {
      waiting += piece.text;
      if (performance.now() - shown > 30) {
        show();
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    }
    show();
  } finally {
    running.value = undefined;
  }
}

function insert(added: string, at: number): void {
  const position = at + added.length;
  batch(() => {
    text.value = text.value.slice(0, at) + added + text.value.slice(at);
    caret.value = position;
  });
}

export function Write({ visible }: { readonly visible: boolean }) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    inView.value = visible;
  }, [visible]);
  useEffect(
    () =>
      effect(() => {
        const [now, at] = [text.value, caret.value];
        const field = area.current;
        if (!field || field.value === now) return;
        field.value = now;
        if (document.activeElement === field) field.setSelectionRange(at, at);
      }),
    [model.value],
  );
  if (!model.value) return starting.value ? null : <NoModel>There is no model to write with yet.</NoModel>;
  const sync = (): void => {
    const field = area.current!;
    batch(() => {
      text.value = field.value;
      caret.value = field.selectionStart;
    });
  };
  return (
    <div class="writing">
      <div class="editor-side">
        <div class={`editor ${running.value ? "busy" : ""}`}>
          <div class="mirror" aria-hidden="true">
            {text.value}
            <span class="ghost">{ghost.value}</span>
            {"\u200b"}
          </div>
          <textarea
            ref={area}
            id="prompt"
            aria-label="Text"
            spellcheck={false}
            defaultValue={text.value}
            readOnly={running.value !== undefined}
            placeholder="Begin a text …"
            onInput={sync}
            onSelect={sync}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                void attempt(write);
              } else if (event.key === "Tab" && !event.shiftKey && ghost.value !== "") {
                event.preventDefault();
                insert(ghost.value, text.value.length);
              } else if (event.key === "Escape") {
                if (running.value) running.value.abort();
                ghost.value = "";
              }
            }}
          />
        </div>
        <div class="buttons">
          <button type="button" class="main" onClick={() => void attempt(write)}>
            {running.value ? "Stop" : "Continue"}
          </button>
          <button
            type="button"
            disabled={before.value === undefined || running.value !== undefined}
            onClick={() => {
              batch(() => {
                text.value = before.value!;
                caret.value = text.value.length;
                before.value = undefined;
              });
            }}
          >
            Take back
          </button>
          <button
            type="button"
            disabled={running.value !== undefined || text.value === ""}
            onClick={() => {
              batch(() => {
                before.value = text.value;
                text.value = "";
                caret.value = 0;
              });
              area.current!.focus();
            }}
          >
            Clear
          </button>
        </div>
        <p class="hint keys">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> continues, <kbd>Tab</kbd> takes the grey words, <kbd>Esc</kbd> lets
          them go.
        </p>
        {note.value && (
          <p class="hint" role="status">
            {note.value}
          </p>
        )}
      </div>
      <aside class="card">
        <h2>Next, most probable</h2>
        <Bars onTake={(token) => insert(token.text, caret.value)} />
        <div class="pair">
          <Slider
            label="Temperature"
            min={0}
            max={1.5}
            step={0.05}
            value={temperature.value}
            shown={temperature.value.toFixed(2)}
            onChange={(value) => (temperature.value = value)}
          />
          <Slider
            label="Top-p"
            min={0.05}
            max={1}
            step={0.05}
            value={topP.value}
            shown={topP.value.toFixed(2)}
            onChange={(value) => (topP.value = value)}
          />
          <NumberField
            label="Top-k"
            step="1"
            placeholder="all"
            value={topK.value}
            onChange={(value) => (topK.value = value)}
          />
          <NumberField
            label="Tokens"
            step="1"
            value={length.value}
            onChange={(value) => (length.value = value)}
          />
          <NumberField
            label="Seed"
            step="1"
            placeholder="random"
            value={seed.value}
            onChange={(value) => (seed.value = value)}
          />
        </div>
      </aside>
    </div>
  );
}

function Bars({ onTake }: { readonly onTake: (token: NextToken) => void }) {
  const most = next.value[0]?.probability ?? 1;
  return (
    <ol class="bars">
      {next.value.map((token) => (
        <li key={token.id}>
          <button
            type="button"
            disabled={token.text === "" || running.value !== undefined}
            onClick={() => onTake(token)}
            aria-label={`Take ${token.token}, ${percent(token.probability)}`}
          >
            <span class="token">{token.token}</span>
            <span class="bar">
              <span style={{ width: `${(token.probability / most) * 100}%` }} />
            </span>
            <span class="percent">{percent(token.probability)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function percent(p: number): string {
  if (p < 0.001) return "< 0.1 %";
  return `${(p * 100).toFixed(p >= 0.0995 ? 0 : 1)} %`;
}

/** The text field: grey words after its end, and under the caret the tokens that may come next. */
import { effect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { NextToken } from "recurra/browser";
import { attempt, model } from "../session.js";
import { complete, ghost, hushed, MOST_NEXT, next, take } from "../suggestions.js";
import { caret, running, selecting, setTypist, text, typed, write } from "../writing.js";
import { MOST_WORDS, takeWord } from "../words.js";
import { percent } from "./numbers.js";

const ID = "prompt";

export function focusEditor(): void {
  document.getElementById(ID)?.focus();
}

export function Editor() {
  const area = useRef<HTMLTextAreaElement>(null);
  const mark = useRef<HTMLSpanElement>(null);
  // The field holds its own text, so that typing keeps its history; only changes from elsewhere are written to it.
  useEffect(
    () =>
      effect(() => {
        const now = text.value;
        const at = caret.value;
        const field = area.current;
        // What is selected by hand stays selected.
        if (!field || field.value === now) return;
        field.value = now;
        if (document.activeElement === field) field.setSelectionRange(at, at);
      }),
    [model.value],
  );
  const sync = (): void => {
    const { value, selectionStart, selectionEnd } = area.current!;
    typed(value, selectionStart, selectionEnd);
  };
  useEffect(() => {
    const moved = (): void => {
      if (document.activeElement === area.current) sync();
    };
    document.addEventListener("selectionchange", moved);
    setTypist((added, at) => {
      const field = area.current;
      if (!field || document.activeElement !== field) return false;
      field.setSelectionRange(at, at);
      return document.execCommand("insertText", false, added);
    });
    return () => {
      document.removeEventListener("selectionchange", moved);
      setTypist(undefined);
    };
  }, []);
  // What goes on writing stays in sight.
  useEffect(() => {
    if (running.value) mark.current?.scrollIntoView({ block: "nearest" });
  }, [text.value, running.value]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const digit = /^Digit(\d)$/.exec(event.code)?.[1];
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void attempt(write);
    } else if (event.key === "Tab" && !event.shiftKey) {
      if (complete()) event.preventDefault();
    } else if (event.altKey && event.shiftKey && digit && Number(digit) <= MOST_WORDS && Number(digit) > 0) {
      event.preventDefault();
      takeWord(Number(digit) - 1);
    } else if (event.altKey && digit && Number(digit) <= MOST_NEXT && Number(digit) > 0) {
      event.preventDefault();
      take(Number(digit) - 1);
    } else if (event.key === "Escape") {
      running.value?.abort();
      ghost.value = "";
      hushed.value = true;
    }
  };
  return (
    <div class={`editor ${running.value ? "busy" : ""}`}>
      <div class="mirror" aria-hidden="true">
        {text.value.slice(0, caret.value)}
        <span ref={mark}>{"\u200b"}</span>
        <span class="ghost">{ghost.value}</span>
        {text.value.slice(caret.value)}
        {"\u200b"}
      </div>
      <textarea
        ref={area}
        id={ID}
        aria-label="Text"
        spellcheck={false}
        defaultValue={text.value}
        readOnly={running.value !== undefined}
        placeholder="Begin a text …"
        onInput={sync}
        onSelect={sync}
        onKeyUp={sync}
        onClick={sync}
        onKeyDown={onKeyDown}
      />
      {!running.value && !hushed.value && !selecting.value && next.value.length > 0 && (
        <NextTokens under={mark} />
      )}
    </div>
  );
}

/** The token as a person should see it: in a model of lines a newline ends one. */
function nameOf({ text: added, token }: NextToken): string {
  return added === "\n" && model.value?.info.tokenizer.lines ? "end of line" : token;
}

/** The most probable tokens, under the caret. */
function NextTokens({ under }: { readonly under: { readonly current: HTMLElement | null } }) {
  const list = useRef<HTMLOListElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  useLayoutEffect(() => {
    const follow = (): void => {
      const box = list.current!;
      const mark = under.current!;
      const room = box.parentElement!.clientWidth - box.offsetWidth - 8;
      setPlace({
        left: Math.max(8, Math.min(mark.offsetLeft - 10, room)),
        top: mark.offsetTop + mark.offsetHeight + 4,
      });
    };
    follow();
    const observer = new ResizeObserver(follow);
    observer.observe(list.current!.parentElement!);
    return () => observer.disconnect();
  }, [text.value, caret.value]);
  return (
    <ol
      ref={list}
      class="bars next"
      aria-label="Most probable next"
      style={{ left: `${place.left}px`, top: `${place.top}px` }}
    >
      {next.value.map((token, index) => (
        <li key={index}>
          <button
            type="button"
            disabled={token.text === ""}
            // The caret stays where it is.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => take(index)}
            aria-label={`Take ${nameOf(token)}, ${percent(token.probability)}`}
            title={`Alt ${index + 1}`}
          >
            <span class="token">{nameOf(token)}</span>
            <span class="bar">
              <span style={{ width: `${token.probability * 100}%` }} />
            </span>
            <span class="percent">{percent(token.probability)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** A text that each model brings along, until a person writes another one. */
import { effect, type Signal } from "@preact/signals";
import { kept } from "./kept.js";
import { opened } from "./session.js";
import type { StoredModel } from "./store.js";

/** @param choose what to offer with a model */
export function offered(name: string, choose: (model: StoredModel) => string): Signal<string> {
  const text = kept(name, "");
  const from = kept(`${name} from`, "");
  effect(() => {
    if (!opened.value) return;
    const offer = choose(opened.value) ?? "";
    if (offer === from.peek()) return;
    if (text.peek() === from.peek()) text.value = offer;
    from.value = offer;
  });
  return text;
}

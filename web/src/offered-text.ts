/** A text that each model brings along, until a person writes another one. */
import { effect, type Signal } from "@preact/signals";
import { kept } from "./kept.js";
import { opened } from "./session.js";

/** @param choose what to offer, of a piece of the text that the model learned from */
export function offered(name: string, choose: (excerpt: string) => string): Signal<string> {
  const text = kept(name, "");
  const from = kept(`${name} from`, "");
  effect(() => {
    const offer = choose(opened.value?.excerpt ?? "");
    if (offer === "" || offer === from.peek()) return;
    if (text.peek() === from.peek()) text.value = offer;
    from.value = offer;
  });
  return text;
}

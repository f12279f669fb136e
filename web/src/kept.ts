/** What a person has typed outlives a reload of the tab. */
import { effect, signal, type Signal } from "@preact/signals";

/** A signal that begins with its last value in this tab. */
export function kept<Value>(name: string, initial: Value): Signal<Value> {
  const key = `recurra ${name}`;
  const made = signal(stored(key) ?? initial);
  effect(() => store(key, made.value));
  return made as Signal<Value>;
}

// Without storage, or with too long a text for it, nothing outlives a reload.
function stored<Value>(key: string): Value | undefined {
  return allowed(() => JSON.parse(sessionStorage.getItem(key) ?? "null") as Value | null) ?? undefined;
}

function store(key: string, value: unknown): void {
  const done = allowed(() => {
    sessionStorage.setItem(key, JSON.stringify(value));
    return true;
  });
  if (!done) allowed(() => sessionStorage.removeItem(key));
}

/** Where a browser blocks storage, it throws as soon as it is named. */
function allowed<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

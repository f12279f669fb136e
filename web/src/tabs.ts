/**
 * Several tabs of the playground share one storage: each notifies the others of changes, and one at a time trains a
 * model.
 */
import { UserError } from "recurra/browser";
import type { StoredModel } from "./store.js";

const channel = openChannel();

/** Undefined where the browser has none, or refuses it, as some do where storage is blocked. */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel("recurra-playground");
  } catch {
    return undefined;
  }
}

/** Tells the other tabs that the stored models have changed. */
export function tellTabs(): void {
  channel?.postMessage("changed");
}

export function hearTabs(changed: () => void): void {
  channel?.addEventListener("message", changed);
}

/**
 * Has a model for this tab alone until what is answered is called. Where the browser has no locks, as on a page without
 * https, or does not allow them, as where storage is blocked, tabs do not know of each other.
 * @throws UserError where another tab has it
 */
export async function aloneAmongTabs({ id, name }: StoredModel): Promise<() => void> {
  if (!navigator.locks) return () => {};
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`recurra-model-${id}`, { ifAvailable: true }, (lock) => {
        if (!lock) throw new UserError(`${name} is in training in another tab; stop it there first.`);
        return new Promise<void>((release) => resolve(release));
      })
      .catch((error: unknown) => (error instanceof UserError ? reject(error) : resolve(() => {})));
  });
}

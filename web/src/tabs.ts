/** Several tabs of the playground share one storage: what one does the others hear, and one at a time trains a model. */

const channel =
  typeof BroadcastChannel === "function" ? new BroadcastChannel("recurra-playground") : undefined;

/** Tells the other tabs that the stored models have changed. */
export function tellTabs(): void {
  channel?.postMessage("changed");
}

export function hearTabs(changed: () => void): void {
  channel?.addEventListener("message", changed);
}

/**
 * Has a model for this tab alone until what is answered is called; undefined where another tab has it. Where the browser
 * has no locks, as on a page without https, tabs do not know of each other.
 */
export async function aloneAmongTabs(id: string): Promise<(() => void) | undefined> {
  if (!navigator.locks) return () => {};
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`recurra-model-${id}`, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(undefined);
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

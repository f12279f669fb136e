/** Where the focus goes when its element is gone: a button that disappears or is disabled once it is pressed. */

let last: readonly Element[] = [];

document.addEventListener("focusin", (event) => {
  last = event.composedPath().filter((target): target is Element => target instanceof Element);
});

/** Focuses an element that is no control, so that a screen reader reads on from there, and brings it into sight. */
export function focusOn(id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}

/** The control that had the focus is gone: the part of the page around it gets it (`data-rest`). */
export function keepFocus(): void {
  requestAnimationFrame(() => {
    const [control] = last;
    const lost = control && (!control.isConnected || control.matches(":disabled"));
    if (!lost || (document.activeElement !== document.body && document.activeElement !== control)) return;
    const rest = last.find((element) => element.isConnected && element.matches("[data-rest]"));
    if (rest instanceof HTMLElement) rest.focus();
  });
}

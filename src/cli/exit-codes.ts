/** Exit codes: 2 for what a person can mend. */
export const EXIT = { ok: 0, bug: 1, usage: 2, interrupted: 130 } as const;

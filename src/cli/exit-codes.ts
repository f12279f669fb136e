/**
 * Exit codes: 2 for mistakes that a person can correct; 130, as shells have it for Ctrl-C, for every end by a signal:
 * Ctrl-C (SIGINT), SIGTERM, and the hang-up of a terminal (SIGHUP).
 */
export const EXIT = { ok: 0, bug: 1, usage: 2, interrupted: 130 } as const;

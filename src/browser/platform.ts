/** The few parts of a browser that are used, as types: every runtime's own fit these. */
import type { Port } from "../service/port.js";

/** A started worker. */
export interface WorkerPort extends Port {
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
  terminate(): void;
}

/** A `File`, as far as it is read. */
export interface FileLike {
  readonly name: string;
  /** The path below the folder that was picked, where one was. */
  readonly webkitRelativePath?: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A `Response`, as far as it is read. */
export interface Fetched {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

interface BrowserGlobals {
  readonly Worker?: new (url: string | URL, options?: { type?: "classic" | "module" }) => WorkerPort;
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly location?: { readonly href: string };
}

/** The members of this thread's global object that are used here. */
export const globals = globalThis as unknown as BrowserGlobals;

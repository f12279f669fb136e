/** What `embed` is told, and what is used where something is not said. */
import { checkBelonging, checkOptions } from "../options/check.js";
import { EMBED_OPTIONS } from "../options/vector-options.js";
import type { CommonOptions } from "./common-part.js";
import type { Pool } from "./pooling.js";

/** How a text becomes a vector. */
export interface PoolingOptions extends CommonOptions {
  /** Default "mean". */
  readonly pool?: Pool;
  /** a of the weights a / (a + p), of "sif"; default 0.001. */
  readonly sifA?: number;
}

export interface EmbedOptions extends PoolingOptions {
  /** Vectors of length 1; default true. */
  readonly unit?: boolean;
  /** Called with notices, such as where the probabilities of tokens come from. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Called with the number of texts that were read. */
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PoolingSettings extends Required<CommonOptions> {
  readonly pool: Pool;
  readonly sifA: number;
}

/** @throws UserError for options that make no sense */
export function embedSettings(options: EmbedOptions): PoolingSettings & { readonly unit: boolean } {
  checkOptions("embed", options, EMBED_OPTIONS);
  checkBelonging(options, EMBED_OPTIONS);
  return { ...poolingSettings(options), unit: options.unit ?? EMBED_OPTIONS.unit.default };
}

/** What is not said by default. */
export function poolingSettings({
  pool = EMBED_OPTIONS.pool.default,
  sifA = EMBED_OPTIONS.sifA.default,
  centre = EMBED_OPTIONS.centre.default,
  components = EMBED_OPTIONS.components.default,
}: PoolingOptions): PoolingSettings {
  return { pool, sifA, centre, components };
}

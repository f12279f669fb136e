/** The engines there are on Node. */
export const ENGINES = ["native", "wasm", "reference"] as const;
export type EngineName = (typeof ENGINES)[number];

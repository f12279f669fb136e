/** The engines there are on Node. */
import { ENGINES } from "../options/words.js";

export { ENGINES };
export type EngineName = (typeof ENGINES)[number];

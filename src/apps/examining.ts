/** Looking into a model, as one part that is loaded when it is first used. */
export { inspectText } from "./inspect-text.js";
export { nextTokens } from "./next-tokens.js";

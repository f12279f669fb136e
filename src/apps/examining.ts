/** What examines a model, as one part that is loaded when it is first used: its measure on a text, and looks into it. */
export { inspectText } from "./inspect-text.js";
export { measureChunks } from "./measure-chunks.js";
export { nextTokens } from "./next-tokens.js";

/** The beginning of the error of a worker whose first script could not load its body. */
export const NO_BODY = "The worker's body could not be loaded";

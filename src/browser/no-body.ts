/** How a worker's error begins whose first script could not load its body. */
export const NO_BODY = "The worker's body could not be loaded";

/** The version of checkpoints that is written, and the oldest that is read. */
export const VERSION = 3;
/** It has no rates of regularisation: `settingsOf` takes them from the model. */
export const OLDEST = 2;

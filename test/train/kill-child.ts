/**
 * The run that tests kill: its options come as JSON in the first argument. It writes a checkpoint every step, and goes on
 * with what is there unless it is to be overwritten.
 */
import type { TrainOptions } from "../../src/train/options.js";
import { train } from "../../src/apps/train.js";

const options = JSON.parse(process.argv[2]!) as TrainOptions;
const { step } = await train({
  ...options,
  resume: options.overwrite !== true,
  checkpointSeconds: 0,
  onEvent: (event) => {
    if (event.type === "step" && event.step % 5 === 0) process.send?.(event.step);
  },
});
process.send?.({ finished: step });

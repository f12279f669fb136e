/** The run that kill.test.ts kills: its options come as JSON in the first argument. It writes a checkpoint every step. */
import type { TrainOptions } from "../../src/train/options.js";
import { train } from "../../src/apps/train.js";

const options = JSON.parse(process.argv[2]!) as TrainOptions;
const { step } = await train({
  ...options,
  resume: true,
  checkpointSeconds: 0,
  onEvent: (event) => {
    if (event.type === "step" && event.step % 5 === 0) process.send?.(event.step);
  },
});
process.send?.({ finished: step });

/** The run that is killed: its options come as JSON in the first argument. It writes a checkpoint every step. */
import { train, type TrainOptions } from "../../src/index.js";

const options = JSON.parse(process.argv[2]!) as TrainOptions;
process.send!("ready");
await train({ ...options, checkpointSeconds: 0 });

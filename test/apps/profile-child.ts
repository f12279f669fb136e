/** Learns from a text in a profile, keeping it after every piece, again and again: what a test kills. */
import { load } from "../../src/apps/load.js";

const [folder, text] = process.argv.slice(2) as [string, string];
const model = await load(folder, { threads: 1 });
for (;;) {
  const learned = await model.adapt(text, { profile: "me", checkpointSeconds: 0 });
  process.send?.(learned.profile!.points.length);
}

/** The best trials as a table. */
import type { ReportedTrial } from "../../src/tune/study-report.js";
import { Figure, Table } from "../look/figure.js";
import { duration, grouped, settingText, short } from "./numbers.js";

const MOST = 20;

export function BestTrials({ trials }: { readonly trials: readonly ReportedTrial[] }) {
  const head = [
    "trial",
    "bits a character",
    "rung",
    "trained for",
    "passes",
    "weights",
    "MB",
    "ms a token",
    "options",
  ];
  const rows = trials
    .slice(0, MOST)
    .map(({ trial, bitsPerChar, rung, partial, seconds, passes, parameters, bytes, latency, setting }) => [
      String(trial),
      bitsPerChar.toFixed(4),
      partial ? `${rung}, ended by the clock` : String(rung),
      duration(seconds),
      short(passes),
      grouped(parameters),
      (bytes / 1e6).toFixed(2),
      short(latency),
      <span class="setting">{settingText(setting)}</span>,
    ]);
  return (
    <Figure
      title={
        trials.length > MOST ? `The best ${MOST} of ${grouped(trials.length)}` : "All that were measured"
      }
      about="By the best that each measured, on the same held-out text. A trial at a low rung was stopped early; what it would have become is not known."
    >
      <Table head={head} rows={rows} />
    </Figure>
  );
}

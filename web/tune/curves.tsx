/** Bits a character of all trials against the time that each trained. */
import { useMemo } from "preact/hooks";
import type { ReportedTrial } from "../../src/tune/study-report.js";
import { Figure } from "../look/figure.js";
import { Chart, Plot } from "../look/plot.js";
import { settingText } from "./numbers.js";

/** Losses above this many times the best are left out of the picture. */
const HIGHEST = 2.5;

export function Curves({ trials }: { readonly trials: readonly ReportedTrial[] }) {
  const options = useMemo((): Plot.PlotOptions => {
    const [best] = trials;
    const most = HIGHEST * (best?.bitsPerChar ?? 1);
    const points = trials.flatMap(({ trial, curve, setting }) =>
      curve
        .filter(({ seconds, bitsPerChar }) => seconds > 0 && bitsPerChar <= most)
        .map((point) => ({
          ...point,
          trial,
          text: `trial ${trial}\n${settingText(setting).replaceAll(", ", "\n")}`,
        })),
    );
    const isBest = ({ trial }: { readonly trial: number }): boolean => trial === best?.trial;
    return {
      x: {
        type: "log",
        label: "seconds of training →",
        grid: true,
        tickFormat: (value: number) => String(value),
      },
      y: { label: "↑ bits a character", grid: true },
      marks: [
        Plot.line(points, {
          x: "seconds",
          y: "bitsPerChar",
          z: "trial",
          stroke: "currentColor",
          strokeOpacity: 0.35,
        }),
        Plot.dot(points, { x: "seconds", y: "bitsPerChar", r: 1.6, fill: "currentColor", fillOpacity: 0.5 }),
        Plot.line(points.filter(isBest), {
          x: "seconds",
          y: "bitsPerChar",
          stroke: "var(--accent)",
          strokeWidth: 2.5,
        }),
        Plot.dot(points.filter(isBest), { x: "seconds", y: "bitsPerChar", r: 2.5, fill: "var(--accent)" }),
        Plot.tip(
          points,
          Plot.pointer({ x: "seconds", y: "bitsPerChar", title: "text", fill: "var(--paper)" }),
        ),
      ],
    };
  }, [trials]);
  return (
    <Figure
      title="Every trial's way"
      about={
        <>
          Validations on the way, the <span class="key down">best trial</span> in colour. Curves that end
          early were stopped by successive halving. The rate is constant; the best model's own end, with a
          falling rate, is not in this picture. Trials worse than {HIGHEST} times the best are left out.
        </>
      }
    >
      <Chart options={options} label="Bits a character against seconds of training, a curve for each trial" />
    </Figure>
  );
}

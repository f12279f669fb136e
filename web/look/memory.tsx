/** The chapter "How far it remembers". */
import { useMemo } from "preact/hooks";
import type { ContextLoss, Memory } from "../../src/look/memory/memory.js";
import { Figure } from "./figure.js";
import { fixed, grouped, short } from "./numbers.js";
import { Chart, Plot } from "./plot.js";

export function MemoryChapter({ data }: { readonly data: Memory }) {
  return (
    <>
      <Truncated data={data} />
      <Changed data={data} />
      {data.layers.length > 1 && <ByLayer data={data} />}
      <Gradients data={data} />
    </>
  );
}

interface Named extends ContextLoss {
  readonly name: string;
}

const named = (name: string, losses: readonly ContextLoss[]): Named[] =>
  losses.map((loss) => ({ ...loss, name }));

/** Curves of nats against tokens, each with two standard errors. */
function Curves({ curves, label }: { readonly curves: readonly Named[]; readonly label: string }) {
  const options = useMemo((): Plot.PlotOptions => {
    const names = [...new Set(curves.map(({ name }) => name))];
    return {
      x: { label: "k, tokens →", type: "log", grid: true, tickFormat: (k: number) => grouped(k), ticks: 5 },
      y: { label: "↑ nats lost", grid: true, zero: true },
      color: { legend: names.length > 1, domain: names },
      symbol: { domain: names },
      marks: [
        Plot.ruleY([0]),
        Plot.ruleX(curves, {
          x: "context",
          y1: (point: Named) => point.mean - 2 * point.error,
          y2: (point: Named) => point.mean + 2 * point.error,
          stroke: "name",
        }),
        Plot.line(curves, { x: "context", y: "mean", stroke: "name", strokeWidth: 2 }),
        Plot.dot(curves, { x: "context", y: "mean", stroke: "name", symbol: "name", fill: "name" }),
      ],
    };
  }, [curves]);
  return <Chart options={options} label={label} />;
}

function Truncated({ data: { truncated, halfLife, full, places } }: { readonly data: Memory }) {
  const curves = useMemo(() => named("all layers", truncated), [truncated]);
  const half =
    halfLife === null
      ? "Context gains nothing here"
      : `Half of that gain is there with ${fixed(halfLife, 1)} tokens: the half-life`;
  return (
    <Figure
      title="With the last k tokens only"
      about={`What a prediction loses in the mean where the model has read nothing but the last k tokens, against ${grouped(full.context)} of them (${fixed(full.mean, 3)} nats), at ${grouped(places)} places. The curve ends where no place changes any more. ${half}.`}
    >
      <Curves curves={curves} label={`Loss against the context kept. ${half}.`} />
    </Figure>
  );
}

function Changed({ data: { shuffled, replaced, far } }: { readonly data: Memory }) {
  const curves = useMemo(
    () => [...named("shuffled", shuffled), ...named("replaced", replaced)],
    [shuffled, replaced],
  );
  return (
    <Figure
      title="What lies further back, changed"
      about={`What is lost where the tokens further back than k, up to ${grouped(far)}, stand in another order, or are those of another place of the text. Where the first curve is at zero and the second is not, the model still knows what stood there, but not in which order.`}
    >
      <Curves curves={curves} label="Loss with what lies further back shuffled or replaced" />
    </Figure>
  );
}

function ByLayer({ data: { layers } }: { readonly data: Memory }) {
  const curves = useMemo(
    () => layers.flatMap(({ layer, forgotten }) => named(`layer ${layer + 1}`, forgotten)),
    [layers],
  );
  return (
    <Figure
      title="Layer by layer"
      about="What is lost where the state of one layer alone was set to zero k tokens before, all others going on: where the memory is."
    >
      <Curves curves={curves} label="Loss after the state of one layer was set to zero" />
    </Figure>
  );
}

function Gradients({ data: { gradients } }: { readonly data: Memory }) {
  const points = useMemo(
    () =>
      (gradients ?? [])
        .map(({ mean, error }, i) => ({ k: i + 1, mean, error }))
        .filter(({ mean }) => mean > 0),
    [gradients],
  );
  const options = useMemo(
    (): Plot.PlotOptions => ({
      x: { label: "k, tokens →", type: "log", grid: true, tickFormat: (k: number) => grouped(k), ticks: 5 },
      y: { label: "↑ norm of the gradient", type: "log", grid: true, tickFormat: short },
      marks: [Plot.line(points, { x: "k", y: "mean", stroke: "var(--accent)", strokeWidth: 2 })],
    }),
    [points],
  );
  return (
    <Figure
      title="The gradient by what was read"
      about="The norm of the gradient of a prediction's loss by the embedding of the token k before it, in the mean: how strongly the prediction depends on it, and how much training could learn from there."
    >
      {gradients === null ? (
        <p class="missing">
          Weights in whole numbers have no gradients; look into the model that they were made from.
        </p>
      ) : (
        <Chart options={options} label="Norm of the gradient by the input against distance" />
      )}
    </Figure>
  );
}

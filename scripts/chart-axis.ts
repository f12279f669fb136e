/** Axes of a chart: where a value lies, and which values are marked. */

export interface Scale {
  /** "log2" marks powers of two, "log10" 1, 2 and 5 times powers of ten; "linear" begins at 0. */
  readonly kind: "log2" | "log10" | "linear";
  /** Unit and quantity, such as "tokens/s". */
  readonly label: string;
}

export interface Axis {
  /** 0 … 1 along the axis. */
  position(value: number): number;
  readonly ticks: readonly number[];
}

const MOST_TICKS = 8;

/**
 * An axis that holds all values.
 * @throws RangeError without values, or where a logarithm would be of 0 or less
 */
export function makeAxis(kind: Scale["kind"], values: readonly number[]): Axis {
  const least = Math.min(...values);
  const most = Math.max(...values);
  if (!Number.isFinite(least) || !Number.isFinite(most)) throw new RangeError("an axis needs finite values");
  if (kind === "linear") return linear(Math.min(0, least), most);
  if (least <= 0) throw new RangeError(`a logarithmic axis cannot hold ${least}`);
  return kind === "log2" ? powersOfTwo(least, most) : decades(least, most);
}

function linear(from: number, most: number): Axis {
  const step = niceStep((most - from || 1) / 5);
  const to = Math.ceil(most / step) * step || step;
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to + step / 2; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return { position: (value) => (value - from) / (to - from), ticks };
}

/** The next of 1, 2, 5 times a power of ten. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((times) => times * power >= step) ?? 10);
}

function powersOfTwo(least: number, most: number): Axis {
  const from = Math.floor(Math.log2(least));
  const to = Math.max(from + 1, Math.ceil(Math.log2(most)));
  const every = Math.ceil((to - from + 1) / MOST_TICKS);
  const ticks: number[] = [];
  for (let power = from; power <= to; power += every) ticks.push(2 ** power);
  return { position: (value) => (Math.log2(value) - from) / (to - from), ticks };
}

function decades(least: number, most: number): Axis {
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power++)
    all.push(...[1, 2, 5].map((times) => Number(`${times}e${power}`)));
  const first = all.findLastIndex((tick) => tick <= least);
  const last = Math.max(
    first + 1,
    all.findIndex((tick) => tick >= most),
  );
  const marked = all.slice(first, last + 1);
  const from = Math.log10(marked[0]!);
  const to = Math.log10(marked.at(-1)!);
  const isPower = (tick: number) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6);
  const ticks = marked.length <= MOST_TICKS ? marked : marked.filter(isPower);
  return { position: (value) => (Math.log10(value) - from) / (to - from), ticks };
}

/** A number as it stands at an axis: 2k, 1.5M. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  const short = (x: number) => String(Number(x.toPrecision(6)));
  if (size >= 1e6) return `${short(value / 1e6)}M`;
  if (size >= 1e4) return `${short(value / 1e3)}k`;
  return size >= 1000 ? short(value).replace(/(\d)(\d{3})$/, "$1,$2") : short(value);
}

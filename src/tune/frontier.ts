/** Models that no other one is better than in two things. */

/** By their cost, each of which the cheaper ones are worse than. */
export function frontierOf<Point>(
  points: readonly Point[],
  costOf: (point: Point) => number,
  lossOf: (point: Point) => number,
): Point[] {
  const frontier: Point[] = [];
  for (const point of points.toSorted((a, b) => costOf(a) - costOf(b) || lossOf(a) - lossOf(b))) {
    const last = frontier.at(-1);
    if (!last || lossOf(point) < lossOf(last)) frontier.push(point);
  }
  return frontier;
}

/** The element of a list that flows in lines to which a key leads: beside, above or below the present one, the first or the last. */
export function beside(
  key: string,
  at: number | undefined,
  list: HTMLElement,
  count: number,
): number | undefined {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key === "ArrowRight") return (at ?? -1) + 1;
  if (key === "ArrowLeft") return (at ?? 1) - 1;
  if (key !== "ArrowDown" && key !== "ArrowUp") return undefined;
  if (at === undefined) return 0;
  const places = list.children as HTMLCollectionOf<HTMLElement>;
  const from = places[at]!;
  const by = key === "ArrowDown" ? 1 : -1;
  let best = at;
  for (let n = at + by, line: number | undefined; n >= 0 && n < count; n += by) {
    const { offsetTop, offsetLeft } = places[n]!;
    if (offsetTop === from.offsetTop) continue;
    line ??= offsetTop;
    if (offsetTop !== line) break;
    const nearer =
      Math.abs(offsetLeft - from.offsetLeft) < Math.abs(places[best]!.offsetLeft - from.offsetLeft);
    if (best === at || nearer) best = n;
  }
  return best;
}

/** What is most probable first. */
export class ProbabilityHeap<Item extends { readonly p: number }> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** p of the most probable; 0 where there is none. */
  get greatest(): number {
    return this.#items[0]?.p ?? 0;
  }

  push(item: Item): void {
    const items = this.#items;
    let i = items.length;
    items.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]!.p >= item.p) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  pop(): Item | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]!.p > items[child]!.p) child++;
      if (items[child]!.p <= last.p) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return top;
  }

  /** All that are there, in no order. */
  drain(): Item[] {
    return this.#items.splice(0);
  }
}

/** A model's checks of a window: done once before it is read, so that layers and engines may rely on it. */

/** The ids of a window. */
export interface ModelWindow {
  readonly T: number;
  readonly B: number;
  /** (T·B) */
  readonly inputs: Int32Array;
  /** (T·B); −1 where nothing is to be predicted. */
  readonly targets: Int32Array;
}

/** @throws RangeError where sizes are not whole, arrays do not fit them, or an id or a target is not of the vocabulary */
export function checkWindow({ T, B, inputs, targets }: ModelWindow, vocabulary: number): void {
  checkSize("T", T);
  checkSize("B", B);
  checkIds("id", inputs, T * B, 0, vocabulary);
  checkIds("target", targets, T * B, -1, vocabulary);
}

/** Ids of one step of B sequences. @throws RangeError */
export function checkStep(ids: Int32Array, vocabulary: number): void {
  checkSize("the number of sequences", ids.length);
  checkIds("id", ids, ids.length, 0, vocabulary);
}

function checkSize(name: string, size: number): void {
  if (Number.isSafeInteger(size) && size >= 1) return;
  throw new RangeError(`${name} is ${size}; it has to be a whole number from 1 on`);
}

function checkIds(
  kind: "id" | "target",
  ids: Int32Array,
  N: number,
  least: number,
  vocabulary: number,
): void {
  if (ids.length !== N)
    throw new RangeError(
      `the window has ${ids.length} ${kind}s, and T · B is ${N}: there has to be one for each`,
    );
  for (let n = 0; n < N; n++) {
    const id = ids[n]!;
    if (id >= least && id < vocabulary) continue;
    const none = least < 0 ? ", or −1 where nothing is to be predicted" : "";
    throw new RangeError(
      `${kind} ${id} in row ${n} is no token: the vocabulary has ${vocabulary}; give one from 0 to ${vocabulary - 1}${none}`,
    );
  }
}

/** Tensors and sums of an engine whose numbers lie where JavaScript runs: they are read and written in place. */
import type { Floats, Tensor } from "./engine.js";
import { checkSame } from "./check-arguments.js";
import { HostSums } from "./host-sums.js";

/** A tensor with a view of its elements. */
export interface HostTensor extends Tensor {
  readonly data: Floats;
}

export abstract class HostTensors {
  sums(): HostSums {
    return new HostSums();
  }

  /** Without `into` the elements themselves, not a copy. */
  read(x: HostTensor, into?: Floats): Floats {
    if (!into) return x.data;
    checkSame(x, into);
    into.set(x.data);
    return into;
  }

  write(values: ArrayLike<number>, x: HostTensor): void {
    checkSame(values, x);
    x.data.set(values);
  }
}

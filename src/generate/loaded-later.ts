/** An iteration whose maker is loaded at its first step; from then on its steps are the maker's own. */

type Pieces<Piece> = AsyncGenerator<Piece, void, undefined>;

export class LoadedLater<Piece> implements Pieces<Piece> {
  readonly #load: () => Promise<Pieces<Piece>>;
  #loading: Promise<Pieces<Piece>> | undefined;
  #loaded: Pieces<Piece> | undefined;

  /** @param load called once, unless the iteration is ended before its first step */
  constructor(load: () => Promise<Pieces<Piece>>) {
    this.#load = load;
  }

  next(): Promise<IteratorResult<Piece, void>> {
    return this.#loaded ? this.#loaded.next() : this.#begun(this.#load).then((pieces) => pieces.next());
  }

  return(): Promise<IteratorResult<Piece, void>> {
    return this.#begun(async () => none<Piece>()).then((pieces) => pieces.return());
  }

  throw(error: unknown): Promise<IteratorResult<Piece, void>> {
    return this.#begun(async () => none<Piece>()).then((pieces) => pieces.throw(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #begun(load: () => Promise<Pieces<Piece>>): Promise<Pieces<Piece>> {
    return (this.#loaded = await (this.#loading ??= load()));
  }
}

async function* none<Piece>(): Pieces<Piece> {}

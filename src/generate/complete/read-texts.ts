/**
 * Texts that were read, by their beginnings: a radix tree, whose nodes hold the model's state at their place. A text that
 * is like one before costs what differs: typing goes a node down, deleting up, and what a search has looked at is there
 * when it is typed. The texts of a search hang below the text that was read.
 */
import type { Floats } from "../../engine/engine.js";
import { notFinite } from "../../model/not-finite.js";
import type { Predictor } from "../../model/predictor.js";
import { type Place, type Prefix, PrefixReader } from "../prefix-reader.js";
import { softmaxInPlace } from "../softmax.js";

/** A beginning of a text. */
export interface ReadText {
  /** Tokens before it. */
  readonly depth: number;
  /** (V) p of the next token, of those that may be written; of one that `next` or `at` returned. */
  readonly probabilities: Floats | undefined;
}

interface Node extends ReadText {
  parent: Node | undefined;
  /** The tokens from the parent to here. */
  label: Int32Array;
  /** By the first token of their labels. */
  readonly children: Map<number, Node>;
  /** Undefined before the first token. */
  place: Place | undefined;
  probabilities: Floats | undefined;
  /** When it was last asked for. */
  used: number;
}

/** A token after a text. */
export interface NextText {
  readonly after: ReadText;
  readonly id: number;
}

/** Tokens between two states that are kept while a long text is read. */
const WINDOW = 64;
/** Rows of one batch: more make a step longer by more than they save. */
const MOST_ROWS = 16;
/** Nodes that are kept, and numbers of their probabilities. */
const MOST_NODES = 1024;
const LEAST_NODES = 96;
export const MOST_PROBABILITIES = 1 << 23;

export class ReadTexts {
  readonly #model: Predictor;
  readonly #unwritten: readonly number[];
  readonly #most: number;
  #reader: PrefixReader;
  #root: Node = newNode(undefined, new Int32Array(0), 0, undefined);
  /** The text that was asked for last. */
  #current = this.#root;
  #count = 0;
  #time = 0;
  #revision: number | undefined;

  /**
   * @param unwritten tokens that a text never holds: they have no probability, and the others more
   * @throws UserError for a model that follows one text
   */
  constructor(model: Predictor, unwritten: readonly number[]) {
    this.#model = model;
    this.#unwritten = unwritten;
    this.#most = Math.min(
      MOST_NODES,
      Math.max(LEAST_NODES, Math.floor(MOST_PROBABILITIES / model.vocabulary)),
    );
    this.#reader = new PrefixReader(model);
    this.#revision = model.revision;
  }

  /** Tokens that were read in all, those of searches among them: for tests and measures. */
  get nodes(): number {
    return this.#count;
  }

  /** All texts go on after one that was cut off. */
  get begun(): boolean {
    return this.#root.place !== undefined;
  }

  /** A new question begins: what is old is forgotten, all of it where the weights have changed. */
  begin(): void {
    this.#time++;
    if (this.#model.revision !== this.#revision) {
      this.#revision = this.#model.revision;
      this.#reader = new PrefixReader(this.#model);
      this.#root = newNode(undefined, new Int32Array(0), 0, undefined);
      this.#current = this.#root;
      this.#count = 0;
    }
    if (this.#count > this.#most) this.#forget();
  }

  /**
   * Reads towards a text, some thousand tokens at most.
   * @param common tokens that are those of the text before
   * @returns the tokens that are read
   */
  read(ids: Int32Array, common: number, most: number): number {
    let node = this.#current;
    while (node.depth > common) node = node.parent!;
    const end = Math.min(ids.length, node.depth + most);
    node = this.#down(node, ids, end);
    while (node.depth < end) {
      const label = ids.slice(node.depth, Math.min(end, node.depth + WINDOW));
      node = this.#add(node, label, this.#reader.read(node.place, label));
    }
    this.#current = node;
    node.used = this.#time;
    return node.depth;
  }

  /** The text that was read last, with what may come next. @throws RangeError before the first token */
  at(): ReadText {
    const node = this.#current;
    if (node.probabilities) return node;
    const { label, parent } = node;
    if (label.length === 0) throw new RangeError("nothing was read yet");
    const before = label.subarray(0, -1);
    const place = before.length > 0 ? this.#reader.read(parent!.place, before) : parent!.place;
    const [prefix] = this.#reader.extend([place], [label.at(-1)!]);
    if (before.length > 0) this.#reader.forget(place!);
    this.#know(node, prefix!);
    return node;
  }

  /** Texts with a token more, read in batches; those that are known already cost nothing. */
  next(texts: readonly NextText[]): ReadText[] {
    const found = texts.map(({ after, id }) => this.#known(after as Node, id));
    const missing = [...found.keys()].filter((i) => found[i] === undefined);
    for (let from = 0; from < missing.length; from += MOST_ROWS) {
      const batch = missing.slice(from, from + MOST_ROWS).map((i) => texts[i]!);
      const prefixes = this.#reader.extend(
        batch.map(({ after }) => (after as Node).place),
        batch.map(({ id }) => id),
      );
      for (const [b, { after, id }] of batch.entries())
        found[missing[from + b]!] = this.#extended(after as Node, id, prefixes[b]!);
    }
    for (const node of found) node!.used = this.#time;
    return found as Node[];
  }

  /** The text that was read last becomes the beginning of all texts to come: what stands before is forgotten. */
  cut(): void {
    const { place, probabilities } = this.#current;
    this.#reader.keep(place ? [place] : []);
    this.#root = newNode(undefined, new Int32Array(0), 0, place);
    this.#root.probabilities = probabilities;
    this.#current = this.#root;
    this.#count = 0;
  }

  /** As far down as the nodes go; where the text leaves a label, or ends in it, a node is put there. */
  #down(from: Node, ids: Int32Array, end: number): Node {
    let node = from;
    while (node.depth < end) {
      const child = node.children.get(ids[node.depth]!);
      if (!child) break;
      const { label } = child;
      let same = 1;
      while (same < label.length && node.depth + same < end && label[same] === ids[node.depth + same]) same++;
      node =
        same === label.length
          ? child
          : this.#between(node, child, same, this.#reader.read(node.place, label.subarray(0, same)));
    }
    return node;
  }

  #add(parent: Node, label: Int32Array, place: Place): Node {
    const node = newNode(parent, label, this.#time, place);
    parent.children.set(label[0]!, node);
    this.#count++;
    return node;
  }

  /** A node `count` tokens down the label of a child. */
  #between(parent: Node, child: Node, count: number, place: Place): Node {
    const node = this.#add(parent, child.label.slice(0, count), place);
    child.label = child.label.slice(count);
    child.parent = node;
    node.children.set(child.label[0]!, child);
    return node;
  }

  #known(node: Node, id: number): Node | undefined {
    const child = node.children.get(id);
    return child?.label.length === 1 && child.probabilities ? child : undefined;
  }

  #extended(parent: Node, id: number, prefix: Prefix): Node {
    const child = parent.children.get(id);
    if (child?.label.length === 1) {
      this.#know(child, prefix);
      return child;
    }
    const node = child
      ? this.#between(parent, child, 1, { row: prefix.row })
      : this.#add(parent, Int32Array.of(id), { row: prefix.row });
    node.probabilities = this.#probabilities(prefix);
    return node;
  }

  #know(node: Node, prefix: Prefix): void {
    if (node.place && node.place.row !== prefix.row) this.#reader.forget(node.place);
    node.place = { row: prefix.row };
    node.probabilities = this.#probabilities(prefix);
  }

  /** Of those that may be written; the logits' own memory. @throws UserError where they are not finite */
  #probabilities({ logits }: Prefix): Floats {
    if (!softmaxInPlace(logits, this.#unwritten)) throw notFinite(this.#model);
    return logits;
  }

  /** Forgets about half of the nodes: of the text itself the further back the more, and of searches the oldest. */
  #forget(): void {
    const path = new Set<Node>();
    for (let node: Node | undefined = this.#current; node; node = node.parent) path.add(node);
    const others = [...this.#below(this.#root)].filter((node) => !path.has(node));
    others.sort((a, b) => a.used - b.used || b.depth - a.depth);
    for (const node of others) {
      if (this.#count <= this.#most / 2) break;
      this.#drop(node);
    }
    let last = this.#current.depth;
    for (const node of path) {
      const back = this.#current.depth - node.depth;
      if (node === this.#current || node === this.#root) continue;
      if (back > WINDOW && last - node.depth < Math.max(WINDOW / 2, back / WINDOW) && this.#drop(node))
        continue;
      last = node.depth;
    }
  }

  *#below(node: Node): Generator<Node> {
    const waiting = [...node.children.values()];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      yield next;
      waiting.push(...next.children.values());
    }
  }

  /** Forgets a node whose text no other two share: its only child's label becomes the longer. False for others. */
  #drop(node: Node): boolean {
    if (node.children.size > 1) return false;
    const parent = node.parent!;
    const [child] = node.children.values();
    if (child) {
      const label = new Int32Array(node.label.length + child.label.length);
      label.set(node.label);
      label.set(child.label, node.label.length);
      child.label = label;
      child.parent = parent;
      parent.children.set(label[0]!, child);
    } else parent.children.delete(node.label[0]!);
    if (node.place) this.#reader.forget(node.place);
    this.#count--;
    return true;
  }
}

function newNode(parent: Node | undefined, label: Int32Array, used: number, place: Place | undefined): Node {
  return {
    parent,
    label,
    depth: (parent?.depth ?? 0) + label.length,
    children: new Map(),
    place,
    probabilities: undefined,
    used,
  };
}

/**
 * Which characters of a text a person has written: what the model wrote is not learned from, and nothing is twice. A text and, for
 * each UTF-16 unit of it, whose it is.
 */

type Writer = "person" | "model";
const MARK = { person: "p", model: "m" } as const;
const LEARNED = "l";

export class OwnWords {
  #text = "";
  #marks = "";

  /** The text has become this one, by whoever changed the part that is not as before. */
  change(now: string, by: Writer): void {
    const before = this.#text;
    if (now === before) return;
    const most = Math.min(now.length, before.length);
    let begin = 0;
    while (begin < most && now[begin] === before[begin]) begin++;
    let end = 0;
    while (end < most - begin && now[now.length - 1 - end] === before[before.length - 1 - end]) end++;
    const added = MARK[by].repeat(now.length - begin - end);
    this.#marks = this.#marks.slice(0, begin) + added + this.#marks.slice(before.length - end);
    this.#text = now;
  }

  /** The pieces that a person wrote and that were not learned from yet; they count as learned then. @param least characters of one */
  take(least: number): string[] {
    const pieces: string[] = [];
    this.#marks = this.#marks.replaceAll(/p+/g, (run, at: number) => {
      const piece = this.#text.slice(at, at + run.length);
      if (piece.trim().length < least) return run;
      pieces.push(piece);
      return LEARNED.repeat(run.length);
    });
    return pieces;
  }
}

/** A terminal of a fixed size, as far as the display uses one: it keeps all lines, those scrolled away included. */
export class Screen {
  readonly rows: number;
  readonly columns: number;
  lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    for (const [piece] of text.matchAll(/\u001b\[(\d*)([A-Za-z])|[^]/gu)) {
      const sequence = /^\u001b\[(\d*)([A-Za-z])$/.exec(piece);
      if (sequence) this.#control(sequence[2]!, Number(sequence[1] || "0"));
      else if (piece === "\n") this.#newline();
      else if (piece === "\r") this.#column = 0;
      else this.#put(piece);
    }
  }

  #control(letter: string, count: number): void {
    const top = Math.max(0, this.lines.length - this.rows);
    if (letter === "A") this.#row = Math.max(top, this.#row - Math.max(1, count));
    else if (letter === "K" && count === 2) this.lines[this.#row] = "";
    else if (letter === "J" && count === 0) {
      this.lines[this.#row] = this.lines[this.#row]!.slice(0, this.#column);
      this.lines.length = this.#row + 1;
    } else throw new Error(`the screen does not know CSI ${count}${letter}`);
  }

  #newline(): void {
    this.#row++;
    this.#column = 0;
    this.lines[this.#row] ??= "";
  }

  #put(character: string): void {
    if (this.#column >= this.columns) this.#newline();
    const line = [...this.lines[this.#row]!.padEnd(this.#column)];
    line[this.#column++] = character;
    this.lines[this.#row] = line.join("");
  }
}

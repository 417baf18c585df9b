/** Lines at the bottom of a terminal that are redrawn in place, below the log. */

/** How often the lines are redrawn, in milliseconds. */
const INTERVAL = 1000;

/** A terminal that log lines and status lines share. */
export class StatusBlock {
  readonly #write: (text: string) => void;
  readonly #columns: () => number;
  #lines: (() => string[]) | undefined;
  #drawn = 0;

  /** Writes to a terminal that is `columns` wide at the moment. */
  constructor(write: (text: string) => void, columns: () => number) {
    this.#write = write;
    this.#columns = columns;
  }

  /** Writes a line above the status lines; `write` does it where that is another stream. */
  log(line: string, write: (text: string) => void = this.#write): void {
    this.#write(this.#erase());
    write(`${line}\n`);
    this.#write(this.#draw());
  }

  /** Shows what `lines` returns, every second, until disposed of. */
  show(lines: () => string[]): Disposable {
    this.#lines = lines;
    const refresh = () => this.#write(this.#erase() + this.#draw());
    const timer = setInterval(refresh, INTERVAL);
    refresh();
    return {
      [Symbol.dispose]: () => {
        clearInterval(timer);
        this.#write(this.#erase());
        this.#lines = undefined;
      },
    };
  }

  #erase(): string {
    const text = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[J` : "";
    this.#drawn = 0;
    return text;
  }

  #draw(): string {
    const lines = this.#lines?.() ?? [];
    this.#drawn = lines.length;
    const width = this.#columns() - 1;
    return lines.map((line) => `${line.slice(0, width)}\n`).join("");
  }
}

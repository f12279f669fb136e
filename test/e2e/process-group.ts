/** A program of which nothing stays behind: it leads a process group, which ends with it, and with the tests. */
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";

export class ProcessGroup {
  readonly leader: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #kill = (): void => {
    try {
      process.kill(-this.leader.pid!, "SIGKILL");
    } catch {
      // All of it has ended by itself.
    }
  };

  constructor(program: string, args: readonly string[], options: SpawnOptions) {
    this.leader = spawn(program, args, { ...options, detached: true });
    this.#ended = new Promise((resolve, reject) => {
      this.leader.once("exit", () => resolve());
      this.leader.once("error", reject);
    });
    process.once("exit", this.#kill);
  }

  async end(): Promise<void> {
    process.off("exit", this.#kill);
    this.#kill();
    await this.#ended;
  }
}

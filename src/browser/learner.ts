/** What a model in a worker learns from a person's text, as a page asks for it. */
import { checkListener, checkObject, checkSignal } from "../argument-checks.js";
import type { LearnOptions } from "../apps/learn-profile.js";
import type { BrowserLearnOptions, ProfileInfo } from "../service/protocol.js";
import type { Client } from "./client.js";

export class Learner {
  readonly #client: Client;
  readonly #model: number;

  /** Made by `BrowserModel.learner`. */
  constructor(client: Client, model: number) {
    this.#client = client;
    this.#model = model;
  }

  /**
   * Learns from a text, on line; from then on the model is the one that has learned. Its files stay as they are.
   * @param options `onProgress` is called with what was read so far; `signal` ends the reading, and what was learned by then stays
   * @throws UserError for options that make no sense, int8 weights, and where there is nothing to learn from
   */
  async adapt(
    text: string,
    options: BrowserLearnOptions & Pick<LearnOptions, "onProgress" | "signal"> = {},
  ): Promise<ProfileInfo> {
    checkObject("The options argument of adapt", options);
    const { onProgress, signal, ...rest } = options;
    checkListener("onProgress", onProgress);
    checkSignal("signal", signal);
    const heard = { signal, ...(onProgress && { onEvent: onProgress }) };
    return this.#client.ask("learn", { model: this.#model, text, options: rest }, heard);
  }

  /** What was learned, as the bytes of a profile's file, which the command line takes too; undefined: nothing. */
  profile(): Promise<Uint8Array | undefined> {
    return this.#client.ask("profile", { model: this.#model });
  }

  /**
   * The model has learned from now on what a profile says.
   * @param profile the bytes of its file @throws UserError where it is damaged, or of another model
   */
  use(profile: Uint8Array): Promise<ProfileInfo> {
    return this.#client.ask("useProfile", { model: this.#model, profile });
  }

  /** The model is as it was trained. */
  async forget(): Promise<void> {
    await this.#client.ask("useProfile", { model: this.#model, profile: undefined });
  }
}

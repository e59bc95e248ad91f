import { StrongroomError, toMessage } from "./errors.js";
import type { Request, Response } from "./messages.js";
import { Service } from "./service.js";

/** Answers the page's messages, one client for each worker. No secret leaves but what a call is named for. */
export class Answering {
  readonly #load: () => Promise<unknown>;
  #service: Promise<Service> | undefined;

  /** `load` makes the WebAssembly module ready. */
  constructor(load: () => Promise<unknown>) {
    this.#load = load;
  }

  async answer(request: Request): Promise<Response> {
    try {
      if ("start" in request) {
        this.#service = this.#load().then(() => new Service(request.start));
        await this.#service;
        return { id: request.id, result: undefined };
      }
      if (this.#service === undefined) throw new StrongroomError("options", "The client was not started.");
      const result = await (await this.#service).call(request.call, request.args as never);
      return { id: request.id, result };
    } catch (error) {
      return { id: request.id, error: toMessage(error) };
    }
  }
}

/// <reference lib="webworker" />
import init from "../wasm/strongroom_web.js";
import { StrongroomError, toMessage } from "./errors.js";
import type { Request, Response } from "./messages.js";
import { Service } from "./service.js";

declare const self: DedicatedWorkerGlobalScope;

let service: Promise<Service> | undefined;

self.onmessage = async ({ data }: MessageEvent<Request>): Promise<void> => {
  self.postMessage(await answer(data));
};

async function answer(request: Request): Promise<Response> {
  try {
    if ("start" in request) {
      service = init().then(() => new Service(request.start));
      await service;
      return { id: request.id, result: undefined };
    }
    if (service === undefined) throw new StrongroomError("options", "The client was not started.");
    const result = await (await service).call(request.call, request.args as never);
    return { id: request.id, result };
  } catch (error) {
    return { id: request.id, error: toMessage(error) };
  }
}

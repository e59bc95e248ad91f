/// <reference lib="webworker" />
import init from "../wasm/strongroom_web.js";
import { Answering } from "./answering.js";
import type { Request } from "./messages.js";

declare const self: DedicatedWorkerGlobalScope;

const answering = new Answering(init);

self.onmessage = async ({ data }: MessageEvent<Request>): Promise<void> => {
  self.postMessage(await answering.answer(data));
};

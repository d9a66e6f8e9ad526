// An upstream that plays a model: it speaks one vendor's format and says turn
// by turn what the test's script tells it.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import anthropic from "./upstreams/anthropic.mjs";
import chat from "./upstreams/chat.mjs";
import gemini from "./upstreams/gemini.mjs";
import responses from "./upstreams/responses.mjs";
import { sendJson, startUpstream } from "./lab.mjs";

export const FORMATS = { "anthropic": anthropic, "openai-chat": chat,
  "openai-responses": responses, "gemini": gemini };

/** Models that the gateway knows as able to think, one a vendor. */
export const MODELS = { "anthropic": "claude-sonnet-5-5", "openai-chat": "gpt-6-sol",
  "openai-responses": "gpt-6-sol", "gemini": "gemini-3.8-flash" };

/** What stands for a signature or an encrypted blob of this thinking. */
export function signatureOf(thinking) {
  return Buffer.from("signature of " + thinking).toString("base64");
}

/** A turn of the model with everything that was left out. */
export function turn(said) {
  const { calls = [], thinking } = said;
  return { calls, stop: calls.length ? "calls" : "end",
    usage: { input: 120, cached: 100, output: 40, reasoning: thinking ? 12 : 0 },
    ...(thinking && { signature: signatureOf(thinking) }),
    ...said };
}

async function sendFrames(response, frames, format, said) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const frame of frames) {
    if (!response.write(frame)) await once(response, "drain");
    if (said.silence_ms && format.isContent(frame)) await sleep(said.silence_ms);
    if (said.breaks && format.isContent(frame)) {
      await said.once;
      response.write(format.errorFrame(said.breaks, said.message));
      break;
    }
  }
  response.end();
}

/**
 * `script(ask)` gives the next turn: what turn() takes, or { error, message,
 * headers } instead of an answer, or a turn with `breaks` for an error inside
 * its stream, after its first content and when `once` lets it, or one with
 * `silence_ms` behind each piece of content. `asked` keeps what was asked, read out of the vendor's body.
 */
export async function startModel(name, script) {
  const format = FORMATS[name];
  const asked = [];
  const upstream = await startUpstream(async (request, response, text) => {
    if (request.method !== "POST") return sendJson(response, 404, {});
    const body = JSON.parse(text);
    const ask = { ...format.read(request, body), headers: request.headers, body };
    if (ask.counts) return sendJson(response, 200, format.count(4321));
    asked.push(ask);
    const said = await script(ask);
    if (said.error) {
      const { status, body: error } = format.error(said.error, said.message);
      return sendJson(response, status, error, said.headers);
    }
    const whole = turn(said);
    if (!ask.stream) return sendJson(response, 200, format.answer(whole, ask.model));
    return sendFrames(response, format.frames(whole, ask.model), format, said);
  });
  const account = { id: "upstream_1", name: "model", type: "api-key", provider: format.provider,
    format: name, base_url: upstream.url + format.basePath, api_key: "upstream-secret",
    models: ["*"] };
  return { account, asked, seen: upstream.seen, close: () => upstream.close() };
}

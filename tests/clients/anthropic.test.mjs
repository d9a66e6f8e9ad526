import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { abandoned, sample, sendJson, sendStream, startGateway, startUpstream } from "./lab.mjs";

const TEXT = "Hello, wörld 🌍!";
const REQUEST = { model: "claude-sonnet-5-5", max_tokens: 64,
  messages: [{ role: "user", content: "Hi" }] };

function client(gateway, options = {}) {
  return new Anthropic({ apiKey: gateway.key, baseURL: gateway.url, maxRetries: 0, ...options });
}

describe("anthropic SDK, scripted upstream", () => {
  let gateway, upstream, anthropic, reply;

  before(async () => {
    upstream = await startUpstream((request, response, body) => reply(request, response, body));
    gateway = await startGateway([{ id: "upstream_1", name: "claude", type: "api-key",
      provider: "anthropic", base_url: upstream.url, api_key: "sk-upstream", models: ["*"] }]);
    anthropic = client(gateway);
  });
  after(async () => { await gateway?.close(); await upstream?.close(); });

  test("message", async () => {
    reply = (request, response) =>
      sendJson(response, 200, sample("anthropic/response_text.json"),
        { "request-id": "req_upstream" });
    const { data, response } = await anthropic.messages.create(REQUEST).withResponse();
    assert.equal(data.type, "message");
    assert.equal(response.headers.get("x-llm-gateway-upstream-request-id"), "req_upstream");
    const last = upstream.seen.at(-1);
    assert.equal(last.url, "/v1/messages");
    assert.equal(last.headers["x-api-key"], "sk-upstream");
    assert.match(last.headers["anthropic-version"], /^\d{4}-\d\d-\d\d$/);
  });

  test("stream, split at any byte", async () => {
    for (const pieceBytes of [1, 2, 7, 50, 100_000]) {
      reply = (request, response) =>
        sendStream(response, sample("anthropic/text.sse"), pieceBytes);
      const message = await anthropic.messages.stream(REQUEST).finalMessage();
      assert.equal(message.content[0].text, TEXT);
      assert.equal(message.usage.output_tokens, 15);
    }
  });

  test("thinking, tool calls, web search in streams", async () => {
    for (const [name, check] of Object.entries({
      "thinking.sse": (m) => assert.ok(m.content[0].signature.length > 0),
      "tool_call.sse": (m) =>
        assert.deepEqual(m.content[1].input, { location: "Paris", unit: "celsius" }),
      "web_search.sse": (m) => assert.ok(m.content.length > 1),
      "refusal.sse": (m) => assert.equal(m.stop_reason, "refusal"),
    })) {
      reply = (request, response) => sendStream(response, sample("anthropic/" + name));
      check(await anthropic.messages.stream(REQUEST).finalMessage());
    }
  });

  test("betas and an auth token", async () => {
    reply = (request, response) => sendStream(response, sample("anthropic/text.sse"));
    const bearer = client(gateway, { apiKey: null, authToken: gateway.key });
    await bearer.beta.messages.stream({ ...REQUEST,
      betas: ["context-1m-2025-08-07", "from-the-future-2027-01-01"] }).finalMessage();
    const last = upstream.seen.at(-1);
    assert.equal(last.headers["anthropic-beta"],
      "context-1m-2025-08-07,from-the-future-2027-01-01");
    assert.equal(last.url.split("?")[0], "/v1/messages");
  });

  test("count tokens", async () => {
    reply = (request, response) =>
      sendJson(response, 200, sample("anthropic/count_tokens_response.json"));
    const result = await anthropic.messages.countTokens({ model: REQUEST.model,
      messages: REQUEST.messages });
    assert.equal(typeof result.input_tokens, "number");
    assert.equal(upstream.seen.at(-1).url, "/v1/messages/count_tokens");
  });

  test("errors become the SDK's error classes, with the upstream's wording", async () => {
    reply = (request, response) => sendJson(response, 400, sample("anthropic/error_400.json"));
    await assert.rejects(anthropic.messages.create(REQUEST), (error) =>
      error instanceof Anthropic.BadRequestError && /max_tokens: Field required/.test(error.message));
    await assert.rejects(client(gateway, { apiKey: "lgw_wrong" }).messages.create(REQUEST),
      Anthropic.AuthenticationError);
  });

  test("an error inside the stream", async () => {
    reply = (request, response) =>
      sendStream(response, sample("anthropic/error_mid_stream.sse"));
    let text = "";
    const stream = anthropic.messages.stream(REQUEST).on("text", (delta) => { text += delta; });
    await assert.rejects(stream.finalMessage(), Anthropic.APIError);
    assert.equal(text, "Partial ans");
  });

  test("aborting a stream reaches the upstream", async () => {
    let left;
    reply = (request, response) => {
      left = abandoned(response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(sample("anthropic/text.sse").toString().split("event: content_block_stop")[0]);
    };
    const stream = anthropic.messages.stream(REQUEST);
    stream.on("text", () => stream.abort());
    await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
    assert.equal(await left, true);
  });
});

describe("anthropic SDK, demo provider", () => {
  let gateway, anthropic;
  const demo = { ...REQUEST, model: "demo-model" };

  before(async () => { gateway = await startGateway(); anthropic = client(gateway); });
  after(async () => { await gateway?.close(); });

  test("message, plain and streamed", async () => {
    const message = await anthropic.messages.create(demo);
    assert.ok(message.content[0].text.length > 0);
    assert.equal(message.model, "demo-model");
    const streamed = await anthropic.messages.stream(demo).finalMessage();
    assert.ok(streamed.content[0].text.length > 0);
    assert.ok(streamed.usage.output_tokens > 0);
  });

  test("count tokens", async () => {
    const result = await anthropic.messages.countTokens({ model: "demo-model",
      messages: REQUEST.messages });
    assert.ok(result.input_tokens > 0);
  });

  test("models", async () => {
    const models = [];
    for await (const model of anthropic.models.list()) models.push(model.id);
    assert.ok(models.length > 0);
  });
});

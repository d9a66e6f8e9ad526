import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { AzureOpenAI } from "openai";
import { abandoned, sample, sendJson, sendStream, startGateway, startUpstream } from "./lab.mjs";

const TEXT = "Hello, wörld 🌍!";
const MESSAGES = [{ role: "user", content: "Hi" }];

function client(gateway, options = {}) {
  return new OpenAI({ apiKey: gateway.key, baseURL: gateway.url + "/v1", maxRetries: 0,
    ...options });
}

describe("openai SDK, scripted upstream", () => {
  let gateway, upstream, openai, reply;

  before(async () => {
    upstream = await startUpstream((request, response, body) => reply(request, response, body));
    const account = { type: "api-key", provider: "openai", base_url: upstream.url + "/v1",
      api_key: "sk-upstream", models: ["*"] };
    gateway = await startGateway([
      { ...account, id: "upstream_1", name: "one", options: { ask_usage: false } },
      { ...account, id: "upstream_2", name: "azure", provider: "azure", base_url: upstream.url,
        models: ["on-azure"], azure: { api_version: "2024-10-21", deployments: {} } }]);
    openai = client(gateway);
  });
  after(async () => { await gateway?.close(); await upstream?.close(); });

  test("chat completion", async () => {
    reply = (request, response) =>
      sendJson(response, 200, sample("openai-chat/response_text.json"));
    const { data, response } = await openai.chat.completions
      .create({ model: "gpt-6-sol", messages: MESSAGES }).withResponse();
    assert.equal(data.choices[0].message.role, "assistant");
    assert.equal(response.headers.get("x-llm-gateway-upstream"), "one");
    const last = upstream.seen.at(-1);
    assert.equal(last.url, "/v1/chat/completions");
    assert.equal(last.headers.authorization, "Bearer sk-upstream");
    assert.equal(JSON.parse(last.body).model, "gpt-6-sol");
  });

  test("chat stream, and its helper's final completion", async () => {
    reply = (request, response) => sendStream(response, sample("openai-chat/text.sse"));
    let text = "";
    const stream = await openai.chat.completions
      .create({ model: "gpt-6-sol", messages: MESSAGES, stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
    assert.equal(text, TEXT);
    const helper = openai.chat.completions.stream({ model: "gpt-6-sol", messages: MESSAGES });
    assert.equal((await helper.finalChatCompletion()).choices[0].message.content, TEXT);
  });

  test("tool calls in a stream", async () => {
    reply = (request, response) =>
      sendStream(response, sample("openai-chat/parallel_tool_calls.sse"));
    const helper = openai.chat.completions.stream({ model: "gpt-6-sol", messages: MESSAGES });
    const { message, finish_reason } = (await helper.finalChatCompletion()).choices[0];
    assert.equal(finish_reason, "tool_calls");
    assert.deepEqual(message.tool_calls.map((call) => call.function.name),
      ["get_weather", "get_weather", "get_time"]);
  });

  test("response, plain and streamed", async () => {
    reply = (request, response) =>
      sendJson(response, 200, sample("openai-responses/response_text.json"));
    const whole = await openai.responses.create({ model: "gpt-6-sol", input: "Hi" });
    assert.equal(typeof whole.output_text, "string");
    reply = (request, response) => sendStream(response, sample("openai-responses/text.sse"));
    const stream = openai.responses.stream({ model: "gpt-6-sol", input: "Hi" });
    assert.equal((await stream.finalResponse()).output_text, TEXT);
    assert.equal(upstream.seen.at(-1).url, "/v1/responses");
  });

  test("embeddings, as floats and as base64", async () => {
    reply = (request, response, body) => sendJson(response, 200, sample(
      JSON.parse(body).encoding_format === "base64"
        ? "openai-chat/embeddings_base64.json" : "openai-chat/embeddings.json"));
    const result = await openai.embeddings.create({ model: "text-embedding-3-small", input: "Hi" });
    assert.equal(result.data[0].embedding.length, 3);
  });

  test("text completion", async () => {
    reply = (request, response) =>
      sendJson(response, 200, sample("openai-chat/legacy_completion.json"));
    const result = await openai.completions.create({ model: "davinci", prompt: "Once" });
    assert.equal(typeof result.choices[0].text, "string");
    assert.equal(upstream.seen.at(-1).url, "/v1/completions");
  });

  test("azure client", async () => {
    reply = (request, response) =>
      sendJson(response, 200, sample("openai-chat/response_text.json"));
    const azure = new AzureOpenAI({ apiKey: gateway.key, endpoint: gateway.url, maxRetries: 0,
      apiVersion: "2024-10-21", deployment: "on-azure" });
    const result = await azure.chat.completions.create({ model: "on-azure", messages: MESSAGES });
    assert.equal(result.choices[0].message.role, "assistant");
  });

  test("errors become the SDK's error classes, with the upstream's wording", async () => {
    const create = () => openai.chat.completions.create({ model: "gpt-6-sol", messages: MESSAGES });
    reply = (request, response) => sendJson(response, 400, sample("openai-chat/error_400.json"));
    await assert.rejects(create, (error) => error instanceof OpenAI.BadRequestError &&
      error.status === 400 && error.requestID !== null);
    reply = (request, response) => sendJson(response, 422, { error: { message: "no", type: "x" } });
    await assert.rejects(create, OpenAI.UnprocessableEntityError);
  });

  test("a wrong key and an unknown model", async () => {
    const stranger = client(gateway, { apiKey: "lgw_wrong" });
    await assert.rejects(stranger.chat.completions.create({ model: "m", messages: MESSAGES }),
      OpenAI.AuthenticationError);
    await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  });

  test("aborting a stream reaches the upstream", async () => {
    let left;
    reply = (request, response) => {
      left = abandoned(response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(sample("openai-chat/text.sse").toString().split("data: [DONE]")[0]);
    };
    const stream = await openai.chat.completions
      .create({ model: "gpt-6-sol", messages: MESSAGES, stream: true });
    for await (const chunk of stream) {
      if (chunk.choices[0].delta.content) break;
    }
    assert.equal(await left, true);
  });

  test("aborting before the first byte reaches the upstream", async () => {
    const controller = new AbortController();
    const left = new Promise((resolve) => {
      reply = (request, response) => {
        abandoned(response).then(resolve);
        controller.abort();
      };
    });
    await assert.rejects(openai.chat.completions.create(
      { model: "gpt-6-sol", messages: MESSAGES }, { signal: controller.signal }),
    OpenAI.APIUserAbortError);
    assert.equal(await left, true);
  });
});

describe("openai SDK, demo provider", () => {
  let gateway, openai;

  before(async () => { gateway = await startGateway(); openai = client(gateway); });
  after(async () => { await gateway?.close(); });

  test("models", async () => {
    const models = [];
    for await (const model of openai.models.list()) models.push(model.id);
    assert.ok(models.length > 0);
    assert.equal((await openai.models.retrieve(models[0])).id, models[0]);
    await assert.rejects(openai.models.retrieve("nowhere"), OpenAI.NotFoundError);
  });

  test("chat, plain and streamed", async () => {
    const result = await openai.chat.completions.create({ model: "demo-model",
      messages: MESSAGES });
    assert.ok(result.choices[0].message.content.length > 0);
    assert.equal(result.model, "demo-model");
    const helper = openai.chat.completions.stream({ model: "demo-model", messages: MESSAGES });
    assert.ok((await helper.finalChatCompletion()).choices[0].message.content.length > 0);
  });

  test("responses, plain and streamed", async () => {
    const result = await openai.responses.create({ model: "demo-model", input: "Hi" });
    assert.ok(result.output_text.length > 0);
    const stream = openai.responses.stream({ model: "demo-model", input: "Hi" });
    assert.ok((await stream.finalResponse()).output_text.length > 0);
  });
});

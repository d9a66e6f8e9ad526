import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ApiError, GoogleGenAI } from "@google/genai";
import { abandoned, sample, sendJson, sendStream, startGateway, startUpstream } from "./lab.mjs";

const TEXT = "Hello, wörld 🌍!";
const REQUEST = { model: "gemini-3.8-flash", contents: "Hi" };

function client(gateway, options = {}) {
  return new GoogleGenAI({ apiKey: gateway.key, httpOptions: { baseUrl: gateway.url }, ...options });
}

async function textOf(stream) {
  let text = "";
  for await (const chunk of stream) text += chunk.text ?? "";
  return text;
}

describe("google SDK, scripted upstream", () => {
  let gateway, upstream, ai, reply;

  before(async () => {
    upstream = await startUpstream((request, response, body) => reply(request, response, body));
    gateway = await startGateway([{ id: "upstream_1", name: "gemini", type: "api-key",
      provider: "google", base_url: upstream.url, api_key: "sk-upstream", models: ["*"] }]);
    ai = client(gateway);
  });
  after(async () => { await gateway?.close(); await upstream?.close(); });

  test("content", async () => {
    reply = (request, response) => sendJson(response, 200, sample("gemini/response_text.json"));
    const result = await ai.models.generateContent(REQUEST);
    assert.ok(result.text.length > 0);
    const last = upstream.seen.at(-1);
    assert.match(last.url, /^\/v1(beta)?\/models\/gemini-3\.8-flash:generateContent$/);
    assert.equal(last.headers["x-goog-api-key"], "sk-upstream");
  });

  test("content under the older path", async () => {
    reply = (request, response) => sendJson(response, 200, sample("gemini/response_text.json"));
    const older = client(gateway, { apiVersion: "v1beta" });
    assert.ok((await older.models.generateContent(REQUEST)).text.length > 0);
  });

  test("stream", async () => {
    for (const pieceBytes of [1, 3, 64, 100_000]) {
      reply = (request, response) => sendStream(response, sample("gemini/text.sse"), pieceBytes);
      assert.equal(await textOf(await ai.models.generateContentStream(REQUEST)), TEXT);
    }
    assert.match(upstream.seen.at(-1).url, /:streamGenerateContent\?alt=sse$/);
  });

  test("count tokens and embeddings", async () => {
    reply = (request, response) =>
      sendJson(response, 200, sample("gemini/count_tokens_response.json"));
    assert.equal(typeof (await ai.models.countTokens(REQUEST)).totalTokens, "number");
    reply = (request, response) =>
      sendJson(response, 200, { embedding: { values: [0.5, 1] }, embeddings: [{ values: [0.5, 1] }] });
    const result = await ai.models.embedContent({ model: "gemini-embedding-001", contents: "Hi" });
    assert.deepEqual(result.embeddings[0].values, [0.5, 1]);
  });

  test("aborting reaches the upstream", async () => {
    const controller = new AbortController();
    const left = new Promise((resolve) => {
      reply = (request, response) => {
        abandoned(response).then(resolve);
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(sample("gemini/text.sse").toString().split("\r\n\r\n")[0] + "\r\n\r\n");
      };
    });
    const stream = await ai.models.generateContentStream({ ...REQUEST,
      config: { abortSignal: controller.signal } });
    await assert.rejects(async () => {
      for await (const chunk of stream) if (chunk.text) controller.abort();
    });
    assert.equal(await left, true);
  });

  /* Last, because an API key that the vendor refuses cools its account. */
  test("errors become the SDK's error, with the upstream's wording", async () => {
    reply = (request, response) => sendJson(response, 400, sample("gemini/error_400.json"));
    await assert.rejects(ai.models.generateContent(REQUEST),
      (error) => error instanceof ApiError && error.status === 400);
    await assert.rejects(client(gateway, { apiKey: "lgw_wrong" }).models.generateContent(REQUEST),
      (error) => error instanceof ApiError && error.status === 401);
  });
});

describe("google SDK, demo provider", () => {
  let gateway, ai;

  before(async () => { gateway = await startGateway(); ai = client(gateway); });
  after(async () => { await gateway?.close(); });

  test("content, plain and streamed", async () => {
    const request = { model: "demo-model", contents: "Hi" };
    assert.ok((await ai.models.generateContent(request)).text.length > 0);
    assert.ok((await textOf(await ai.models.generateContentStream(request))).length > 0);
  });

  test("models", async () => {
    const names = [];
    for await (const model of await ai.models.list()) names.push(model.name);
    assert.ok(names.length > 0 && names.every((name) => name.startsWith("models/")));
  });
});

// Refusals and custom tools, read by the vendors' own parsers from upstreams
// of every other format.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { sample, sendStream, startGateway, startUpstream } from "./lab.mjs";

const MESSAGES = [{ role: "user", content: "Hi" }];
const PATCH = { type: "custom", name: "apply_patch", description: "Edits files",
  format: { type: "text" } };

const ACCOUNTS = {
  anthropic: { provider: "anthropic" },
  "openai-chat": { provider: "openai", version: "/v1", format: "openai-chat" },
  "openai-responses": { provider: "openai", version: "/v1", format: "openai-responses" },
};

describe("refusals and custom tools through the SDKs", () => {
  let gateway, upstream, reply, openai, anthropic, google;

  before(async () => {
    upstream = await startUpstream((request, response) => sendStream(response, reply));
    gateway = await startGateway(Object.entries(ACCOUNTS).map(([name, { version = "", ...more }]) =>
      ({ id: `upstream_${name}`, name, type: "api-key", api_key: "sk-up", models: [`m-${name}`],
        base_url: upstream.url + version, ...more })));
    openai = new OpenAI({ apiKey: gateway.key, baseURL: gateway.url + "/v1", maxRetries: 0 });
    anthropic = new Anthropic({ apiKey: gateway.key, baseURL: gateway.url, maxRetries: 0 });
    google = new GoogleGenAI({ apiKey: gateway.key, httpOptions: { baseUrl: gateway.url } });
  });
  after(async () => { await gateway?.close(); await upstream?.close(); });

  for (const name of Object.keys(ACCOUNTS)) {
    const model = `m-${name}`;

    test(`a refusal of ${name}, to Chat`, async () => {
      reply = sample(`${name}/refusal.sse`);
      const helper = openai.chat.completions.stream({ model, messages: MESSAGES });
      const { message, finish_reason } = (await helper.finalChatCompletion()).choices[0];
      assert.ok(finish_reason === "content_filter" || message.refusal, finish_reason);
    });

    test(`a refusal of ${name}, to Responses`, async () => {
      reply = sample(`${name}/refusal.sse`);
      const stream = openai.responses.stream({ model, input: "Hi" });
      const answer = await stream.finalResponse();
      const refusal = answer.output.flatMap((item) => item.content ?? [])
        .find((part) => part.type === "refusal");
      assert.ok(refusal || answer.incomplete_details?.reason === "content_filter",
        JSON.stringify(answer));
    });

    test(`a refusal of ${name}, to Anthropic`, async () => {
      reply = sample(`${name}/refusal.sse`);
      const message = await anthropic.messages
        .stream({ model, max_tokens: 64, messages: MESSAGES }).finalMessage();
      assert.equal(message.stop_reason, "refusal");
    });

    test(`a refusal of ${name}, to Gemini`, async () => {
      reply = sample(`${name}/refusal.sse`);
      const reasons = [];
      for await (const chunk of await google.models.generateContentStream(
        { model, contents: "Hi" })) {
        reasons.push(chunk.candidates?.[0]?.finishReason ?? chunk.promptFeedback?.blockReason);
      }
      assert.ok(reasons.some((reason) => reason && reason !== "STOP"), String(reasons));
    });
  }

  for (const name of ["anthropic", "openai-chat"]) {
    test(`a custom tool's input from ${name}, to Responses`, async () => {
      // Chat has custom tools of its own; Anthropic is given a function instead.
      reply = Buffer.from(sample(`${name}/tool_call.sse`).toString()
        .replaceAll("get_weather", "apply_patch").replaceAll('"type":"function"', '"type":"custom"')
        .replaceAll('"function":{', '"custom":{').replaceAll('"arguments":', '"input":'));
      const stream = openai.responses.stream(
        { model: `m-${name}`, input: "Hi", tools: [PATCH] });
      let text = "";
      for await (const event of stream) {
        if (event.type === "response.custom_tool_call_input.delta") text += event.delta;
      }
      const call = (await stream.finalResponse()).output
        .find((item) => item.type === "custom_tool_call");
      assert.equal(call.name, "apply_patch");
      assert.equal(call.input, text);
    });
  }
});

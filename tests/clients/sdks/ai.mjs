// The AI SDK with each of its providers, as matrix.test.mjs drives it.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, Output, streamText, tool } from "ai";

function messages({ history, results, prompt, image, pdf }) {
  if (history) {
    return [...history, { role: "tool", content: results.map(({ call, output }) =>
      ({ type: "tool-result", toolCallId: call.id, toolName: call.name,
        output: { type: "text", value: output } })) }];
  }
  const media = [image, pdf].filter(Boolean)
    .map(({ type, data }) => ({ type: "file", data, mediaType: type, filename: "a" }));
  return [{ role: "user", content: [{ type: "text", text: prompt }, ...media] }];
}

function options(sdk, gateway, ask) {
  return { model: sdk.model(gateway, ask.model), messages: messages(ask), maxRetries: 0,
    ...(ask.system && { instructions: ask.system }),
    ...(ask.tools && { tools: Object.fromEntries(ask.tools.map(({ name, description, schema }) =>
      [name, tool({ description, inputSchema: jsonSchema(schema) })])) }),
    ...(ask.choice && { toolChoice: { type: "tool", toolName: ask.choice } }),
    ...(ask.think && { providerOptions: sdk.thinking }),
    ...(ask.schema && { output: Output.object({ schema: jsonSchema(ask.schema) }) }) };
}

async function result(request, answer) {
  const usage = await answer.usage;
  return { text: await answer.text, thinking: await answer.reasoningText ?? "",
    calls: (await answer.toolCalls).map(({ toolCallId, toolName, input }) =>
      ({ id: toolCallId, name: toolName, args: input })),
    stop: await answer.finishReason, model: (await answer.response).modelId,
    usage: { input: usage.inputTokens, cached: usage.inputTokenDetails.cacheReadTokens,
      output: usage.outputTokens, reasoning: usage.outputTokenDetails.reasoningTokens ?? 0 },
    history: [...request.messages, ...await answer.responseMessages] };
}

function sdk(name, format, model, thinking, more) {
  return { name: "ai, " + name, format, showsThinking: true, model, thinking,
    ...more,
    stops: { end: "stop", calls: "tool-calls", length: "length" },

    async whole(gateway, ask) {
      const request = options(this, gateway, ask);
      return result(request, await generateText(request));
    },

    async stream(gateway, ask, onText = () => {}) {
      let failure;
      const request = { ...options(this, gateway, ask),
        onError({ error }) { failure ??= error; } };
      const answer = streamText(request);
      for await (const text of answer.textStream) onText(text);
      if (failure) throw failure;
      return result(request, answer);
    } };
}

const at = (gateway, path) => ({ baseURL: gateway.url + path, apiKey: gateway.key });

export default [
  sdk("@ai-sdk/openai responses", "openai-responses",
    (gateway, model) => createOpenAI(at(gateway, "/v1")).responses(model),
    { openai: { reasoningEffort: "medium", reasoningSummary: "auto", store: false,
      forceReasoning: true } }),
  sdk("@ai-sdk/openai chat", "openai-chat",
    (gateway, model) => createOpenAI(at(gateway, "/v1")).chat(model),
    { openai: { reasoningEffort: "medium", forceReasoning: true } }, { showsThinking: false }),
  sdk("@ai-sdk/openai-compatible", "openai-chat",
    (gateway, model) => createOpenAICompatible({ ...at(gateway, "/v1"), name: "gateway",
      includeUsage: true, supportsStructuredOutputs: true })(model),
    { gateway: { reasoningEffort: "medium" } }),
  sdk("@ai-sdk/anthropic", "anthropic",
    (gateway, model) => createAnthropic(at(gateway, "/v1"))(model),
    { anthropic: { thinking: { type: "adaptive", display: "summarized" } } }),
  sdk("@ai-sdk/google", "gemini",
    (gateway, model) => createGoogle(at(gateway, "/v1beta"))(model),
    { google: { thinkingConfig: { includeThoughts: true, thinkingLevel: "high" } } }),
];

// @anthropic-ai/sdk, as matrix.test.mjs drives it.
import Anthropic from "@anthropic-ai/sdk";

function client(gateway) {
  return new Anthropic({ apiKey: gateway.key, baseURL: gateway.url, maxRetries: 0 });
}

const base64 = ({ type, data }) => ({ type: "base64", media_type: type, data });

function messages({ history, results, prompt, image, pdf }) {
  if (history) {
    return [...history, { role: "user", content: results.map(({ call, output }) =>
      ({ type: "tool_result", tool_use_id: call.id, content: output })) }];
  }
  const picture = image ? [{ type: "image", source: base64(image) }] : [];
  const file = pdf ? [{ type: "document", source: base64(pdf) }] : [];
  return [{ role: "user", content: [...picture, ...file, { type: "text", text: prompt }] }];
}

function request(ask) {
  return { model: ask.model, max_tokens: 4096, messages: messages(ask),
    ...(ask.system && { system: ask.system }),
    ...(ask.tools && { tools: ask.tools.map((tool) => ({ name: tool.name,
      description: tool.description, input_schema: tool.schema })) }),
    ...(ask.choice && { tool_choice: { type: "tool", name: ask.choice } }),
    ...(ask.think && { thinking: { type: "adaptive", display: "summarized" } }),
    ...(ask.schema && { output_config: { format: { type: "json_schema", schema: ask.schema } } }) };
}

function result(body, message) {
  const { content, usage } = message;
  const of = (type) => content.filter((block) => block.type === type);
  return { text: of("text").map((b) => b.text).join(""),
    thinking: of("thinking").map((b) => b.thinking).join(""),
    calls: of("tool_use").map(({ id, name, input }) => ({ id, name, args: input })),
    stop: message.stop_reason, model: message.model,
    usage: { input: usage.input_tokens + usage.cache_creation_input_tokens +
        usage.cache_read_input_tokens, cached: usage.cache_read_input_tokens,
      output: usage.output_tokens, reasoning: usage.output_tokens_details?.thinking_tokens ?? 0 },
    history: [...body.messages, { role: "assistant", content }] };
}

export default [{
  name: "@anthropic-ai/sdk", format: "anthropic", showsThinking: true,
  stops: { end: "end_turn", calls: "tool_use", length: "max_tokens" },

  async whole(gateway, ask) {
    const body = request(ask);
    return result(body, await client(gateway).messages.create(body));
  },

  async stream(gateway, ask, onText = () => {}) {
    const body = request(ask);
    const stream = client(gateway).messages.stream(body).on("text", onText);
    return result(body, await stream.finalMessage());
  },
}];

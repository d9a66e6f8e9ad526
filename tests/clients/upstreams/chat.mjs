// What OpenAI's Chat API says and is asked, for upstream.mjs. Thinking is the
// reasoning_content of the servers that show it.
import { base64, event, openaiError, pieces } from "./frames.mjs";

const STOPS = { end: "stop", calls: "tool_calls", length: "length" };

function usage({ input, cached, output, reasoning }) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning } };
}

function toolCall({ id, name, args, custom }) {
  return custom ? { id, type: "custom", custom: { name, input: args.input } }
    : { id, type: "function", function: { name, arguments: JSON.stringify(args) } };
}

function chunk(model, delta, finish_reason = null) {
  return event({ id: "chatcmpl-upstream", object: "chat.completion.chunk", created: 1763700000,
    model, choices: [{ index: 0, delta, logprobs: null, finish_reason }], usage: null });
}

function callChunks(model, call, index) {
  const { id, type, [type]: whole } = toolCall(call);
  const { name, ...rest } = whole;
  const [[member, text]] = Object.entries(rest);
  const say = (more) => chunk(model, { tool_calls: [{ index, ...more }] });
  return [say({ id, type, [type]: { name, [member]: "" } }),
    ...pieces(text).map((piece) => say({ [type]: { [member]: piece } }))];
}

function partsOf(content) {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content ?? [];
}


export default {
  provider: "openai", basePath: "/v1",

  answer: (turn, model) => ({ id: "chatcmpl-upstream", object: "chat.completion",
    created: 1763700000, model, service_tier: "default", system_fingerprint: null,
    choices: [{ index: 0, logprobs: null, finish_reason: STOPS[turn.stop],
      message: { role: "assistant", content: turn.text || null, refusal: null, annotations: [],
        ...(turn.thinking && { reasoning_content: turn.thinking }),
        ...(turn.calls.length && { tool_calls: turn.calls.map(toolCall) }) } }],
    usage: usage(turn.usage) }),

  frames(turn, model) {
    const counts = { id: "chatcmpl-upstream", object: "chat.completion.chunk",
      created: 1763700000, model, choices: [], usage: usage(turn.usage) };
    return [chunk(model, { role: "assistant", content: "", refusal: null }),
      ...pieces(turn.thinking ?? "").map((p) => chunk(model, { reasoning_content: p })),
      ...pieces(turn.text ?? "").map((content) => chunk(model, { content })),
      ...turn.calls.flatMap((call, index) => callChunks(model, call, index)),
      chunk(model, {}, STOPS[turn.stop]), event(counts), event("[DONE]")];
  },

  isContent: (frame) => frame.includes('"delta":') && !frame.includes('"role"'),

  error: openaiError,
  errorFrame(kind, message) {
    return event(openaiError(kind, message).body);
  },

  read(request, body) {
    const all = body.messages.flatMap(({ role, content }) =>
      partsOf(content).map((part) => ({ role, ...part })));
    const isSystem = ({ role }) => role === "system" || role === "developer";
    return {
      stream: body.stream === true, model: body.model, counts: false,
      system: all.filter(isSystem).map((p) => p.text).join("\n"),
      texts: all.filter((p) => p.type === "text" && !isSystem(p) && p.role !== "tool")
        .map((p) => p.text),
      images: all.filter((p) => p.type === "image_url")
        .map((p) => base64(p.image_url.url)),
      documents: all.filter((p) => p.type === "file").map((p) => base64(p.file.file_data)),
      tools: (body.tools ?? []).map((tool) => tool.function?.name ?? tool.custom.name),
      choice: body.tool_choice?.function?.name,
      results: body.messages.filter((m) => m.role === "tool").map((m) => ({
        id: m.tool_call_id, text: partsOf(m.content).map((p) => p.text).join("") })),
      schema: body.response_format?.json_schema?.schema,
      signatures: [],
    };
  },
};

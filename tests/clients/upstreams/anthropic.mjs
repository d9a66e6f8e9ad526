// What Anthropic's Messages API says and is asked, for upstream.mjs.
import { event, pieces } from "./frames.mjs";

const STOPS = { end: "end_turn", calls: "tool_use", length: "max_tokens" };

function usage({ input, cached, output, reasoning }) {
  return { input_tokens: input - cached, cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached, output_tokens: output,
    output_tokens_details: { thinking_tokens: reasoning } };
}

function blocks(turn) {
  const out = [];
  if (turn.thinking) {
    out.push({ type: "thinking", thinking: turn.thinking, signature: turn.signature });
  }
  if (turn.text) out.push({ type: "text", text: turn.text, citations: null });
  for (const { id, name, args } of turn.calls) {
    out.push({ type: "tool_use", id, name, input: args });
  }
  return out;
}

function message(turn, model, content, stop, tokens) {
  return { id: "msg_upstream", type: "message", role: "assistant", model, content,
    stop_reason: stop, stop_sequence: null, stop_details: null, container: null,
    usage: usage(tokens) };
}

function startOf(block) {
  const empty = { thinking: "", signature: "", text: "", input: {} };
  return Object.fromEntries(Object.entries(block).map(([k, v]) => [k, empty[k] ?? v]));
}

function deltasOf(block) {
  switch (block.type) {
  case "thinking":
    return [...pieces(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
      { type: "signature_delta", signature: block.signature }];
  case "text":
    return pieces(block.text).map((text) => ({ type: "text_delta", text }));
  default:
    return pieces(JSON.stringify(block.input)).map((partial_json) =>
      ({ type: "input_json_delta", partial_json }));
  }
}

const say = (type, value) => event({ type, ...value }, type);

export default {
  provider: "anthropic", basePath: "",

  answer: (turn, model) => message(turn, model, blocks(turn), STOPS[turn.stop], turn.usage),

  frames(turn, model) {
    const opening = { ...turn.usage, output: 1, reasoning: 0 };
    const out = [say("message_start", { message: message(turn, model, [], null, opening) }),
      say("ping")];
    blocks(turn).forEach((block, index) => {
      out.push(say("content_block_start", { index, content_block: startOf(block) }));
      for (const delta of deltasOf(block)) out.push(say("content_block_delta", { index, delta }));
      out.push(say("content_block_stop", { index }));
    });
    return [...out,
      say("message_delta", { delta: { stop_reason: STOPS[turn.stop], stop_sequence: null },
        usage: usage(turn.usage) }), say("message_stop")];
  },

  isContent: (frame) => frame.includes('"content_block_delta"'),

  error(kind, message) {
    const [status, type] = { overloaded: [529, "overloaded_error"],
      rate: [429, "rate_limit_error"], invalid: [400, "invalid_request_error"],
      context: [400, "invalid_request_error"], server: [500, "api_error"],
      permission: [403, "permission_error"] }[kind];
    return { status, body: { type: "error", error: { type, message }, request_id: "req_1" } };
  },
  errorFrame(kind, message) {
    return event(this.error(kind, message).body, "error");
  },

  /* --- what was asked --- */

  read(request, body) {
    const all = body.messages.flatMap(({ role, content }) =>
      (typeof content === "string" ? [{ type: "text", text: content }] : content)
        .map((block) => ({ role, ...block })));
    const nested = all.flatMap((b) => Array.isArray(b.content) ? b.content : []);
    const system = typeof body.system === "string" ? [{ text: body.system }] : body.system ?? [];
    return {
      stream: body.stream === true, model: body.model, counts: request.url.includes("count_tokens"),
      system: system.map((b) => b.text).join("\n"),
      texts: all.filter((b) => b.type === "text").map((b) => b.text),
      images: [...all, ...nested].filter((b) => b.type === "image").map((b) => b.source),
      documents: all.filter((b) => b.type === "document").map((b) => b.source),
      tools: (body.tools ?? []).map((tool) => tool.name), choice: body.tool_choice?.name,
      results: all.filter((b) => b.type === "tool_result").map((b) => ({ id: b.tool_use_id,
        text: typeof b.content === "string" ? b.content
          : (b.content ?? []).map((c) => c.text ?? "").join("") })),
      schema: body.output_config?.format?.schema ?? body.output_format?.schema,
      signatures: all.filter((b) => b.type === "thinking").map((b) => b.signature),
    };
  },
  count: (tokens) => ({ input_tokens: tokens }),
};

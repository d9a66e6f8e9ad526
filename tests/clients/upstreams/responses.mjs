// What OpenAI's Responses API says and is asked, for upstream.mjs.
import { base64, event, openaiError, pieces } from "./frames.mjs";

function usage({ input, cached, output, reasoning }) {
  return { input_tokens: input, input_tokens_details: { cached_tokens: cached },
    output_tokens: output, output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output };
}

function items(turn) {
  const out = [];
  if (turn.thinking) {
    out.push({ id: "rs_1", type: "reasoning",
      summary: [{ type: "summary_text", text: turn.thinking }],
      encrypted_content: turn.signature });
  }
  if (turn.text) {
    out.push({ id: "msg_1", type: "message", status: "completed", role: "assistant",
      content: [{ type: "output_text", text: turn.text, annotations: [], logprobs: [] }] });
  }
  for (const { id, name: full, args, custom } of turn.calls) {
    const [name, namespace] = full.split("__").reverse();
    const common = { status: "completed", call_id: id, name, ...(namespace && { namespace }) };
    out.push(custom
      ? { id: "ctc_" + id, type: "custom_tool_call", ...common, input: args.input }
      : { id: "fc_" + id, type: "function_call", ...common, arguments: JSON.stringify(args) });
  }
  return out;
}

function response(turn, model, status, output) {
  const isCut = turn.stop === "length" && status === "completed";
  return { id: "resp_upstream", object: "response", created_at: 1763700000,
    status: isCut ? "incomplete" : status, background: false, error: null,
    incomplete_details: isCut ? { reason: "max_output_tokens" } : null, instructions: null,
    max_output_tokens: null, max_tool_calls: null, model, output, parallel_tool_calls: true,
    previous_response_id: null, prompt_cache_key: null,
    reasoning: { effort: "medium", summary: null }, safety_identifier: null,
    service_tier: "default", store: false, temperature: 1,
    text: { format: { type: "text" }, verbosity: "medium" }, tool_choice: "auto", tools: [],
    top_logprobs: 0, top_p: 1, truncation: "disabled",
    usage: status === "completed" ? usage(turn.usage) : null, user: null, metadata: {} };
}

/* The events of one item, as [type, members]. */
function reasoningEvents(item, at) {
  const place = { ...at, summary_index: 0 };
  const [part] = item.summary;
  return [["reasoning_summary_part.added", { ...place, part: { ...part, text: "" } }],
    ...pieces(part.text).map((delta) => ["reasoning_summary_text.delta", { ...place, delta }]),
    ["reasoning_summary_text.done", { ...place, text: part.text }],
    ["reasoning_summary_part.done", { ...place, part }]];
}

function messageEvents(item, at) {
  const place = { ...at, content_index: 0 };
  const [part] = item.content;
  return [["content_part.added", { ...place, part: { ...part, text: "" } }],
    ...pieces(part.text).map((delta) =>
      ["output_text.delta", { ...place, delta, logprobs: [] }]),
    ["output_text.done", { ...place, text: part.text, logprobs: [] }],
    ["content_part.done", { ...place, part }]];
}

function callEvents(item, at, kind, member) {
  return [...pieces(item[member]).map((delta) => [kind + ".delta", { ...at, delta }]),
    [kind + ".done", { ...at, [member]: item[member] }]];
}

function eventsOf(item, at) {
  switch (item.type) {
  case "reasoning": return reasoningEvents(item, at);
  case "message": return messageEvents(item, at);
  case "function_call": return callEvents(item, at, "function_call_arguments", "arguments");
  default: return callEvents(item, at, "custom_tool_call_input", "input");
  }
}

function opened(item) {
  const empty = { summary: [], content: [], arguments: "", input: "", status: "in_progress" };
  return Object.fromEntries(Object.entries(item)
    .filter(([k]) => k !== "encrypted_content").map(([k, v]) => [k, empty[k] ?? v]));
}

/* Names of the tools, those of a namespace as "namespace__name". */
function toolNames(tools) {
  return tools.flatMap((tool) => tool.type === "namespace"
    ? tool.tools.map(({ name }) => `${tool.name}__${name}`) : [tool.name ?? tool.type]);
}

function parts(content) {
  return typeof content === "string" ? [{ type: "input_text", text: content }] : content ?? [];
}

const textOf = (content) => parts(content).map((p) => p.text ?? "").join("");

export default {
  provider: "openai", basePath: "/v1",

  answer: (turn, model) => response(turn, model, "completed", items(turn)),

  frames(turn, model) {
    const started = response(turn, model, "in_progress", []);
    const events = [["created", { response: started }], ["in_progress", { response: started }]];
    items(turn).forEach((item, output_index) => {
      events.push(["output_item.added", { output_index, item: opened(item) }],
        ...eventsOf(item, { item_id: item.id, output_index }),
        ["output_item.done", { output_index, item }]);
    });
    const whole = response(turn, model, "completed", items(turn));
    events.push([whole.status, { response: whole }]);
    return events.map(([name, members], sequence_number) =>
      event({ type: "response." + name, sequence_number, ...members }, "response." + name));
  },

  isContent: (frame) => frame.includes(".delta"),

  error: openaiError,
  errorFrame(kind, message) {
    const { code } = openaiError(kind, message).body.error;
    return event({ type: "error", sequence_number: 99, code: code ?? "server_error", message,
      param: null }, "error");
  },

  read(request, body) {
    const input = typeof body.input === "string"
      ? [{ type: "message", role: "user", content: body.input }] : body.input;
    const messages = input.filter((i) => (i.type ?? "message") === "message");
    const isSystem = ({ role }) => role === "system" || role === "developer";
    const given = input.flatMap((i) => parts(i.content ?? i.output));
    const outputs = input.filter((i) => /call_output$/.test(i.type));
    return {
      stream: body.stream === true, model: body.model,
      counts: request.url.endsWith("/input_tokens"),
      system: [body.instructions ?? "", ...messages.filter(isSystem).map((m) => textOf(m.content))]
        .join("\n"),
      texts: messages.filter((m) => !isSystem(m)).flatMap((m) =>
        parts(m.content).filter((p) => p.text).map((p) => p.text)),
      images: given.filter((p) => p.type === "input_image").map((p) => base64(p.image_url)),
      documents: given.filter((p) => p.type === "input_file").map((p) => base64(p.file_data)),
      tools: toolNames([...body.tools ?? [],
        ...input.filter((i) => i.type === "additional_tools").flatMap((i) => i.tools)]),
      choice: body.tool_choice?.name,
      results: outputs.map((i) => ({ id: i.call_id, text: textOf(i.output) })),
      schema: body.text?.format?.schema,
      signatures: input.filter((i) => i.type === "reasoning").map((i) => i.encrypted_content),
    };
  },
  count: (tokens) => ({ object: "response.input_tokens", input_tokens: tokens }),
};

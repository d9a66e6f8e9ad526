// The openai SDK, by both of its interfaces, as matrix.test.mjs drives it.
import OpenAI from "openai";

function client(gateway) {
  return new OpenAI({ apiKey: gateway.key, baseURL: gateway.url + "/v1", maxRetries: 0 });
}

const dataUrl = ({ type, data }) => `data:${type};base64,${data}`;

/* --- Chat --- */

function chatMessages({ history, results, system, prompt, image, pdf }) {
  if (history) {
    return [...history, ...results.map(({ call, output }) =>
      ({ role: "tool", tool_call_id: call.id, content: output }))];
  }
  const picture = image ? [{ type: "image_url", image_url: { url: dataUrl(image) } }] : [];
  const file = pdf
    ? [{ type: "file", file: { filename: "a.pdf", file_data: dataUrl(pdf) } }] : [];
  return [...(system ? [{ role: "system", content: system }] : []),
    { role: "user", content: [{ type: "text", text: prompt }, ...picture, ...file] }];
}

function chatRequest(ask) {
  return { model: ask.model, messages: chatMessages(ask),
    ...(ask.tools && { tools: ask.tools.map((tool) => ({ type: "function",
      function: { name: tool.name, description: tool.description, parameters: tool.schema } })) }),
    ...(ask.choice && { tool_choice: { type: "function", function: { name: ask.choice } } }),
    ...(ask.think && { reasoning_effort: "medium" }),
    ...(ask.schema && { response_format: { type: "json_schema",
      json_schema: { name: "answer", strict: true, schema: ask.schema } } }) };
}

function chatResult(request, completion, thinking) {
  const [{ message, finish_reason }] = completion.choices;
  const { usage } = completion;
  return { text: message.content ?? "", thinking: thinking ?? message.reasoning_content ?? "",
    calls: (message.tool_calls ?? []).map(({ id, function: f }) =>
      ({ id, name: f.name, args: JSON.parse(f.arguments) })),
    stop: finish_reason, model: completion.model,
    usage: { input: usage.prompt_tokens, cached: usage.prompt_tokens_details.cached_tokens,
      output: usage.completion_tokens,
      reasoning: usage.completion_tokens_details.reasoning_tokens },
    history: [...request.messages, message] };
}

const chat = {
  name: "openai chat", format: "openai-chat", showsThinking: true,
  stops: { end: "stop", calls: "tool_calls", length: "length" },

  async whole(gateway, ask) {
    const request = chatRequest(ask);
    return chatResult(request, await client(gateway).chat.completions.create(request));
  },

  async stream(gateway, ask, onText = () => {}) {
    const request = { ...chatRequest(ask), stream_options: { include_usage: true } };
    let thinking = "";
    const stream = client(gateway).chat.completions.stream(request)
      .on("content", onText)
      .on("chunk", (chunk) => { thinking += chunk.choices[0]?.delta.reasoning_content ?? ""; });
    return chatResult(request, await stream.finalChatCompletion(), thinking);
  },
};

/* --- Responses --- */

function input({ history, results, prompt, image, pdf }) {
  if (history) {
    return [...history, ...results.map(({ call, output }) =>
      ({ type: "function_call_output", call_id: call.id, output }))];
  }
  const picture = image
    ? [{ type: "input_image", image_url: dataUrl(image), detail: "auto" }] : [];
  const file = pdf ? [{ type: "input_file", filename: "a.pdf", file_data: dataUrl(pdf) }] : [];
  return [{ role: "user",
    content: [{ type: "input_text", text: prompt }, ...picture, ...file] }];
}

function responseRequest(ask) {
  return { model: ask.model, input: input(ask), store: false,
    include: ["reasoning.encrypted_content"],
    ...(ask.system && { instructions: ask.system }),
    ...(ask.tools && { tools: ask.tools.map((tool) => ({ type: "function", strict: false,
      name: tool.name, description: tool.description, parameters: tool.schema })) }),
    ...(ask.choice && { tool_choice: { type: "function", name: ask.choice } }),
    ...(ask.think && { reasoning: { effort: "medium", summary: "auto" } }),
    ...(ask.schema && { text: { format: { type: "json_schema", name: "answer", strict: true,
      schema: ask.schema } } }) };
}

function responseResult(request, response) {
  const { usage, output } = response;
  return { text: response.output_text,
    thinking: output.filter((i) => i.type === "reasoning")
      .flatMap((i) => i.summary.map((s) => s.text)).join(""),
    calls: output.filter((i) => i.type === "function_call").map((i) =>
      ({ id: i.call_id, name: i.name, args: JSON.parse(i.arguments) })),
    stop: response.incomplete_details?.reason ?? response.status, model: response.model,
    usage: { input: usage.input_tokens, cached: usage.input_tokens_details.cached_tokens,
      output: usage.output_tokens, reasoning: usage.output_tokens_details.reasoning_tokens },
    history: [...request.input, ...output] };
}

const responses = {
  name: "openai responses", format: "openai-responses", showsThinking: true,
  stops: { end: "completed", calls: "completed", length: "max_output_tokens" },

  async whole(gateway, ask) {
    const request = responseRequest(ask);
    return responseResult(request, await client(gateway).responses.create(request));
  },

  async stream(gateway, ask, onText = () => {}) {
    const request = responseRequest(ask);
    const stream = client(gateway).responses.stream(request)
      .on("response.output_text.delta", ({ delta }) => onText(delta));
    const response = await stream.finalResponse();
    if (response.status === "failed") {
      throw Object.assign(new Error(response.error.message), { code: response.error.code });
    }
    return responseResult(request, response);
  },
};

export default [chat, responses];

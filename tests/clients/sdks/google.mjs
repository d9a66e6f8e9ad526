// @google/genai, as matrix.test.mjs drives it.
import { GoogleGenAI } from "@google/genai";

function models(gateway) {
  return new GoogleGenAI({ apiKey: gateway.key, httpOptions: { baseUrl: gateway.url } }).models;
}

function contents({ history, results, prompt, image, pdf }) {
  if (history) {
    return [...history, { role: "user", parts: results.map(({ call, output }) =>
      ({ functionResponse: { id: call.id, name: call.name, response: { output } } })) }];
  }
  const media = [image, pdf].filter(Boolean)
    .map(({ type, data }) => ({ inlineData: { mimeType: type, data } }));
  return [{ role: "user", parts: [{ text: prompt }, ...media] }];
}

function request(ask) {
  return { model: ask.model, contents: contents(ask), config: {
    ...(ask.system && { systemInstruction: ask.system }),
    ...(ask.tools && { tools: [{ functionDeclarations: ask.tools.map((tool) =>
      ({ name: tool.name, description: tool.description, parametersJsonSchema: tool.schema })) }] }),
    ...(ask.choice && { toolConfig: { functionCallingConfig: { mode: "ANY",
      allowedFunctionNames: [ask.choice] } } }),
    ...(ask.think && { thinkingConfig: { includeThoughts: true, thinkingLevel: "HIGH" } }),
    ...(ask.schema && { responseMimeType: "application/json", responseJsonSchema: ask.schema }) } };
}

/* `parts` of the whole answer; the last chunk has the totals. */
function result(body, parts, last) {
  const { usageMetadata: usage } = last;
  const texts = (isThought) => parts.filter((p) => p.text && Boolean(p.thought) === isThought)
    .map((p) => p.text).join("");
  return { text: texts(false), thinking: texts(true),
    calls: parts.filter((p) => p.functionCall).map(({ functionCall: f }) =>
      ({ id: f.id, name: f.name, args: f.args })),
    stop: last.candidates[0].finishReason, model: last.modelVersion,
    usage: { input: usage.promptTokenCount, cached: usage.cachedContentTokenCount ?? 0,
      output: usage.candidatesTokenCount + (usage.thoughtsTokenCount ?? 0),
      reasoning: usage.thoughtsTokenCount ?? 0 },
    history: [...body.contents, { role: "model", parts }] };
}

export default [{
  name: "@google/genai", format: "gemini", showsThinking: true,
  stops: { end: "STOP", calls: "STOP", length: "MAX_TOKENS" },

  async whole(gateway, ask) {
    const body = request(ask);
    const response = await models(gateway).generateContent(body);
    return result(body, response.candidates[0].content.parts, response);
  },

  async stream(gateway, ask, onText = () => {}) {
    const body = request(ask);
    const parts = [];
    let last;
    for await (const chunk of await models(gateway).generateContentStream(body)) {
      last = chunk;
      parts.push(...chunk.candidates[0].content?.parts ?? []);
      if (chunk.text) onText(chunk.text);
    }
    return result(body, parts, last);
  },
}];

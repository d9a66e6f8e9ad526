// What Google's Gemini API says and is asked, for upstream.mjs.
import { event, pieces } from "./frames.mjs";

function usage({ input, cached, output, reasoning }) {
  return { promptTokenCount: input, cachedContentTokenCount: cached,
    candidatesTokenCount: output - reasoning, thoughtsTokenCount: reasoning,
    totalTokenCount: input + output, promptTokensDetails: [{ modality: "TEXT",
      tokenCount: input }], serviceTier: "standard" };
}

function chunk(turn, model, parts, finishReason) {
  return { candidates: [{ content: { parts, role: "model" }, index: 0,
    ...(finishReason && { finishReason }) }], usageMetadata: usage(turn.usage),
  modelVersion: model, responseId: "resp-upstream" };
}

/* The signature stands on the first call, or on the text when there is none. */
function callParts(turn) {
  return turn.calls.map(({ id, name, args }, i) => ({ functionCall: { id, name, args },
    ...(i === 0 && turn.signature && { thoughtSignature: turn.signature }) }));
}

const textSignature = (turn) =>
  turn.calls.length || !turn.signature ? {} : { thoughtSignature: turn.signature };

const stopOf = (turn) => turn.stop === "length" ? "MAX_TOKENS" : "STOP";

export default {
  provider: "google", basePath: "",

  answer: (turn, model) => chunk(turn, model,
    [...(turn.thinking ? [{ text: turn.thinking, thought: true }] : []),
      ...(turn.text ? [{ text: turn.text, ...textSignature(turn) }] : []), ...callParts(turn)],
    stopOf(turn)),

  frames(turn, model) {
    const say = (parts, stop) => event(chunk(turn, model, parts, stop), "", "\r\n");
    return [...pieces(turn.thinking ?? "").map((text) => say([{ text, thought: true }])),
      ...pieces(turn.text ?? "").map((text) => say([{ text }])),
      ...callParts(turn).map((part) => say([part])),
      say([{ text: "", ...textSignature(turn) }], stopOf(turn))];
  },

  isContent: () => true,

  error(kind, message) {
    const [code, status] = { overloaded: [503, "UNAVAILABLE"], rate: [429, "RESOURCE_EXHAUSTED"],
      invalid: [400, "INVALID_ARGUMENT"], context: [400, "INVALID_ARGUMENT"],
      permission: [403, "PERMISSION_DENIED"], server: [500, "INTERNAL"] }[kind];
    return { status: code, body: { error: { code, message, status } } };
  },
  errorFrame(kind, message) {
    return event(this.error(kind, message).body, "", "\r\n");
  },

  read(request, body) {
    const all = (body.contents ?? []).flatMap(({ role, parts }) =>
      parts.map((part) => ({ role, ...part })));
    const nested = all.flatMap((p) => p.functionResponse?.parts ?? []);
    const media = [...all, ...nested].filter((p) => p.inlineData).map(({ inlineData }) =>
      ({ type: "base64", media_type: inlineData.mimeType, data: inlineData.data }));
    const config = body.generationConfig ?? {};
    return {
      stream: request.url.includes(":streamGenerateContent"),
      counts: request.url.includes(":countTokens"),
      model: /models\/([^:]+):/.exec(request.url)[1],
      system: (body.systemInstruction?.parts ?? []).map((p) => p.text).join("\n"),
      texts: all.filter((p) => p.text).map((p) => p.text),
      images: media.filter(({ media_type }) => media_type.startsWith("image/")),
      documents: media.filter(({ media_type }) => !media_type.startsWith("image/")),
      tools: (body.tools ?? []).flatMap((t) => t.functionDeclarations ?? []).map((f) => f.name),
      choice: body.toolConfig?.functionCallingConfig?.allowedFunctionNames?.[0],
      results: all.filter((p) => p.functionResponse).map(({ functionResponse }) =>
        ({ id: functionResponse.id, text: String(functionResponse.response.output ??
          functionResponse.response.error ?? JSON.stringify(functionResponse.response)) })),
      schema: config.responseJsonSchema ?? config.responseSchema,
      signatures: all.filter((p) => p.thoughtSignature).map((p) => p.thoughtSignature),
    };
  },
  count: (tokens) => ({ totalTokens: tokens }),
};

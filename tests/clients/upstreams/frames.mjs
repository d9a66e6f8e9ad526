// What the upstreams share: frames of an event stream, data URLs,
// the errors of OpenAI's two interfaces.

/** One frame; Gemini and Chat name no event, Gemini ends lines its own way. */
export function event(value, name, newline = "\n") {
  const head = name ? `event: ${name}${newline}` : "";
  return `${head}data: ${typeof value === "string" ? value : JSON.stringify(value)}` +
    newline + newline;
}

/** The text in pieces of a few letters. */
export function pieces(text, size = 9) {
  const letters = [...text];
  return Array.from({ length: Math.ceil(letters.length / size) },
    (_, i) => letters.slice(i * size, i * size + size).join(""));
}

/** What a data URL holds, as Anthropic writes it. */
export function base64(url) {
  const [, media_type, data] = /^data:(.*?);base64,(.*)$/.exec(url) ?? [];
  return { type: "base64", media_type, data };
}

export function openaiError(kind, message) {
  const [status, type, code] = { overloaded: [503, "server_error", "overloaded"],
    rate: [429, "requests", "rate_limit_exceeded"],
    invalid: [400, "invalid_request_error", null],
    context: [400, "invalid_request_error", "context_length_exceeded"],
    permission: [403, "permission_error", null], server: [500, "server_error", null] }[kind];
  return { status, body: { error: { message, type, param: null, code } } };
}

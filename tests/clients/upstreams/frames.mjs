// What the upstreams share: frames of an event stream, data URLs.

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

// Frames of a server-sent event stream.

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

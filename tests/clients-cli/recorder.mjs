// A relay before the gateway that keeps what a client really sent.
import http from "node:http";
import { startUpstream } from "../clients/lab.mjs";

/** { url, seen, close() } before the server at `target`; onAnswer(text) sees its answers. */
export function startRecorder(target, onAnswer = () => {}) {
  return startUpstream(({ method, url, headers }, response, body) => new Promise((resolve) => {
    const onward = http.request(target + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on("data", (data) => onAnswer(String(data)));
      answer.pipe(response).once("close", resolve);
    });
    onward.once("error", () => { response.destroy(); resolve(); });
    onward.end(body);
  }));
}

// Sealed transport with Node's own crypto: the test vectors of
// llm-gateway-api(7), and a client that seals against the running gateway.
import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { startGateway } from "./lab.mjs";

const TYPE = "application/vnd.llm-gateway.sealed+json";
const CHAT = "/v1/chat/completions";
const MAN = readFileSync(new URL("../../man/llm-gateway-api.7", import.meta.url), "utf8");

/** { kid, bytes } of the text that `apikey add --sealed` shows. */
function readKey(text) {
  const [, kid, bytes] = /^lgw_sealed_(.+)_(.{43})$/.exec(text);
  return { kid, bytes: Buffer.from(bytes, "base64url") };
}

function seal(key, iv, lines, plain) {
  const cipher = createCipheriv("aes-256-gcm", key.bytes, iv);
  cipher.setAAD(Buffer.from(lines.join("\n")));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    .toString("base64url");
}

function open(key, envelope, lines) {
  const sealed = Buffer.from(envelope.ct, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key.bytes,
    Buffer.from(envelope.iv, "base64url"));
  decipher.setAAD(Buffer.from(lines.join("\n")));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString();
}

function sealRequest(key, path, plain, ts = Date.now()) {
  const nonce = randomBytes(16).toString("base64url");
  const iv = randomBytes(12);
  return { v: 1, kid: key.kid, ts, nonce, iv: iv.toString("base64url"),
    ct: seal(key, iv, [1, "POST", path, key.kid, ts, nonce], plain) };
}

const openAnswer = (key, asked, status, e) =>
  open(key, e, [1, status, e.type, asked.kid, asked.ts, asked.nonce]);

/** The plain text of a stream; throws unless it is all there. */
function openEvents(key, asked, status, text) {
  const events = text.trim().split("\n\n").map((line) => JSON.parse(line.slice("data: ".length)));
  assert.equal(events.at(-1).last, true, "the stream was cut");
  return events.map((e, at) => {
    assert.equal(e.seq, at);
    assert.equal(e.last, at === events.length - 1);
    return open(key, e, [1, status, e.type, asked.kid, asked.ts, asked.nonce, at,
      e.last ? "last" : "more"]);
  });
}

// --- the vectors of the manual page ---

const displays = [...MAN.matchAll(/^\.Bd -literal.*\n([\s\S]*?)^\.Ed/gm)].map((m) => m[1]);
const joined = (start) => {
  const found = displays.find((text) => text.startsWith(start));
  return found.split("\n\n").map((part) => part.replaceAll("\n", ""));
};

test("the vectors of the manual page open, and are what they should be", () => {
  const key = readKey(joined("lgw_sealed_")[0]);
  const [body] = joined('{"model"');
  const envelopes = displays.filter((text) => text.startsWith('{"v":1'))
    .map((text) => JSON.parse(text.replaceAll("\n", "")));
  const [request, answer] = envelopes;
  const { kid, ts, nonce } = request;
  const lines = [1, "POST", CHAT, kid, ts, nonce];

  assert.deepEqual([...key.bytes], [...Array(32).keys()]);
  assert.equal(open(key, request, lines), body);
  assert.equal(request.ct, seal(key, Buffer.alloc(12, 1), lines, body));
  assert.equal(openAnswer(key, request, 200, answer), '{"ok":true}');
  assert.deepEqual([answer.kid, answer.ts, answer.nonce], [kid, ts, nonce]);
  assert.deepEqual(openEvents(key, request, 200, joined("data: ").join("\n\n")),
    ['data: {"ok":1}\n\n', ""]);
  assert.throws(() => openAnswer(key, request, 201, answer));
  assert.throws(() => openAnswer(key, { ...request, ts: ts + 1 }, 200, answer));
});

// --- the running gateway ---

let gateway, key;

before(async () => {
  gateway = await startGateway();
  const made = gateway.cli("apikey", "add", "--name=node", "--sealed", "-q");
  assert.equal(made.status, 0, made.stderr);
  key = readKey(made.stdout.trim());
});
after(() => gateway.close());

const post = (path, envelope) => fetch(gateway.url + path, {
  method: "POST", headers: { "content-type": TYPE }, body: JSON.stringify(envelope) });

const BODIES = {
  [CHAT]: { model: "demo-fast", messages: [{ role: "user", content: "Hello" }] },
  "/v1/messages": { model: "demo-fast", max_tokens: 50,
    messages: [{ role: "user", content: "Hello" }] },
  "/v1/responses": { model: "demo-fast", input: "Hello" },
};

for (const [path, body] of Object.entries(BODIES)) {
  test(`${path}: whole and as a stream`, async () => {
    let asked = sealRequest(key, path, JSON.stringify(body));
    let response = await post(path, asked);
    const sealed = await response.json();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), TYPE);
    assert.equal(sealed.type, "application/json");
    assert.equal(JSON.parse(openAnswer(key, asked, 200, sealed)).model, "demo-fast");

    asked = sealRequest(key, path, JSON.stringify({ ...body, stream: true }));
    response = await post(path, asked);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const events = openEvents(key, asked, 200, await response.text());
    assert.ok(events.length > 3 && events.slice(0, -1).every((e) => e.endsWith("\n\n")), events);
  });
}

test("Gemini's stream, whose path names the model", async () => {
  const path = "/v1beta/models/demo-fast:streamGenerateContent";
  const asked = sealRequest(key, path,
    JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Hello" }] }] }));
  const response = await post(path + "?alt=sse", asked);
  const events = openEvents(key, asked, 200, await response.text());
  assert.ok(events.join("").includes("candidates"));
});

test("a request that comes twice, is changed or too old is refused", async () => {
  const plain = JSON.stringify(BODIES[CHAT]);
  const asked = sealRequest(key, CHAT, plain);
  assert.equal((await post(CHAT, asked)).status, 200);
  assert.equal((await post(CHAT, asked)).status, 409);
  const again = sealRequest(key, CHAT, plain);
  assert.equal((await post(CHAT, { ...again, ts: again.ts + 1 })).status, 401);
  assert.equal((await post("/v1/messages", again)).status, 401);
  assert.equal((await post(CHAT, again)).status, 200);    // it was never taken
  assert.equal((await post(CHAT, sealRequest(key, CHAT, plain, Date.now() - 400000))).status, 401);
});

// What the SDK tests share: the built gateway on a home of its own, and an
// upstream that answers as the test says.
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const BINARY = path.resolve(process.env.GATEWAY_BIN ??
  new URL("../../build/release/llm-gateway", import.meta.url).pathname);

const DEMO = { id: "upstream_demo", name: "demo", type: "none", provider: "demo" };

/** A running gateway: { url, key, home, cli(), close() }. */
export async function startGateway(accounts = [DEMO], more = {}) {
  const root = mkdtempSync(path.join(tmpdir(), "lgw-client-"));
  const home = path.join(root, "home");
  const key = "lgw_" + randomBytes(32).toString("base64url");
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(path.join(root, "passphrase"), "a passphrase\n", { mode: 0o600 });
  writeFileSync(path.join(home, "config.yaml"), JSON.stringify({
    server: { port: 0, workers: 1 }, credentials: { store: "file" },
    gateway_keys: [{ id: "gw_1", name: "sdk", permissions: ["read", "write"], status: "active",
      key_hash: "sha256:" + createHash("sha256").update(key).digest("hex"), models: ["*"] }],
    upstream_accounts: accounts, ...more }), { mode: 0o600 });
  const env = { ...process.env, HOME: root, LLM_GATEWAY_HOME: home,
    LLM_GATEWAY_PASSPHRASE_FILE: path.join(root, "passphrase") };
  const child = spawn(BINARY, ["server", "start"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (data) => { log += data; });
  child.stdout.on("data", (data) => { log += data; });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const status = await waitForStatus(path.join(home, "control.sock"), child, () => log);
  return {
    url: `http://${status.listen}`, key, home,
    cli: (...args) => spawnSync(BINARY, args, { env, encoding: "utf8" }),
    async close() {
      child.kill();
      const code = await gone;
      rmSync(root, { recursive: true, force: true });
      if (code !== 0 || /Sanitizer|runtime error:/.test(log)) {
        throw new Error(`the gateway ended with ${code}:\n${log}`);
      }
    },
  };
}

async function waitForStatus(socketPath, child, log) {
  for (let tries = 0; tries < 1000 && child.exitCode === null; tries++) {
    try {
      const answer = await new Promise((resolve, reject) => {
        http.get({ socketPath, path: "/v1/status", headers: { host: "localhost" } }, (res) => {
          let text = "";
          res.on("data", (data) => { text += data; });
          res.on("end", () => resolve(text));
        }).on("error", reject);
      });
      return JSON.parse(answer);
    } catch {
      await sleep(20);
    }
  }
  throw new Error("the gateway did not start:\n" + log());
}

/** An HTTP server on a free port; `handle(request, response, bodyText)`. */
export async function startUpstream(handle) {
  const seen = [];
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    await handle(request, response, body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`, seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sample(name) {
  return readFileSync(new URL(`../samples/${name}`, import.meta.url));
}

export function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(value instanceof Uint8Array ? value : JSON.stringify(value));
}

/** Sends a recorded stream in pieces of a few bytes. */
export function sendStream(response, bytes, pieceBytes = 13) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    response.write(bytes.subarray(at, at + pieceBytes));
  }
  response.end();
}

/** Resolves once the upstream's response was given up by the other side. */
export function abandoned(response) {
  return new Promise((resolve) => response.once("close", () => resolve(!response.writableEnded)));
}

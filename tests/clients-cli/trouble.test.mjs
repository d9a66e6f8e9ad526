// What clients make of an upstream's troubles: silence inside a stream on their
// own format and on another; refusals and errors, which claude.test.mjs has for
// Claude Code, on another one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CLIS } from "./clis.mjs";
import { inWorld } from "./lab.mjs";

const ELSEWHERE = { "codex": "anthropic", "gemini-cli": "openai-responses",
  "opencode": "gemini" };
const OWN = { "claude-code": "anthropic", "codex": "openai-responses", "gemini-cli": "gemini",
  "opencode": "anthropic" };
const TROUBLES = {
  "a 429 with a short retry-after": { error: "rate", message: "slow down",
    headers: { "retry-after": "1" } },
  "a 529": { error: "overloaded", message: "Overloaded" },
  "an error inside the stream": { text: "Half an ans", breaks: "overloaded",
    message: "Overloaded" },
};

/** What a connected client prints, and how it ended. */
function ask(cli, client, format, script, more) {
  return inWorld((world) => {
    world.home.command("connect", client);
    return world.home.run(cli.argv(cli.model, "Are you there?"));
  }, format, cli.model, script, {}, more);
}

function check(cli, done) {
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.match(cli.said(done.stdout), /At your service\.$/);
}

for (const [client, format] of Object.entries(ELSEWHERE)) {
  const cli = CLIS[client];

  for (const [title, trouble] of Object.entries(TROUBLES)) {
    test(`${client} gets over ${title}`, async () => {
      let isOver = false;
      check(cli, await ask(cli, client, format, ({ tools }) => {
        if (isOver || tools.length === 0) return { text: "At your service." };
        isOver = true;
        return trouble;
      }));
    });
  }

  test(`${client} shows what the upstream refuses`, async () => {
    const { stdout, stderr } = await ask(cli, client, format,
      () => ({ error: "invalid", message: "that is not possible with this model" }));
    assert.match(stdout + stderr, /that is not possible with this model/);
  });
}

for (const [client, cli] of Object.entries(CLIS)) {
  for (const format of [OWN[client], ELSEWHERE[client] ?? "gemini"]) {
    test(`${client} reads over signs of life, ${format}`, async () => {
      check(cli, await ask(cli, client, format,
        () => ({ text: "At your service.", silence_ms: 300 }),
        { proxy: { keepalive: "100ms" } }));
    });
  }
}

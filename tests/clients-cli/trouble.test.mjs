// What clients make of an upstream's troubles: silence inside a stream on their
// own format and on another; refusals and errors, which claude.test.mjs has for
// Claude Code, on another one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CLIS } from "./clis.mjs";
import { startWorld } from "./lab.mjs";

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

for (const [client, format] of Object.entries(ELSEWHERE)) {
  const cli = CLIS[client];

  for (const [title, trouble] of Object.entries(TROUBLES)) {
    test(`${client} gets over ${title}`, async () => {
      let isOver = false;
      const world = await startWorld(format, cli.model, ({ tools }) => {
        if (isOver || tools.length === 0) return { text: "At your service." };
        isOver = true;
        return trouble;
      });
      try {
        world.home.command("connect", client);
        const done = await world.home.run(cli.argv(cli.model, "Are you there?"));
        assert.equal(done.code, 0, done.stdout + done.stderr);
        assert.match(cli.said(done.stdout), /At your service\.$/);
      } finally {
        await world.close();
      }
    });
  }

  test(`${client} shows what the upstream refuses`, async () => {
    const world = await startWorld(format, cli.model,
      () => ({ error: "invalid", message: "that is not possible with this model" }));
    try {
      world.home.command("connect", client);
      const done = await world.home.run(cli.argv(cli.model, "Are you there?"));
      assert.match(done.stdout + done.stderr, /that is not possible with this model/);
    } finally {
      await world.close();
    }
  });
}

for (const [client, cli] of Object.entries(CLIS)) {
  for (const format of [OWN[client], ELSEWHERE[client] ?? "gemini"]) {
    test(`${client} reads over signs of life, ${format}`, async () => {
      const world = await startWorld(format, cli.model,
        () => ({ text: "At your service.", silence_ms: 300 }), {},
        { proxy: { keepalive: "100ms" } });
      try {
        world.home.command("connect", client);
        const done = await world.home.run(cli.argv(cli.model, "Are you there?"));
        assert.equal(done.code, 0, done.stdout + done.stderr);
        assert.match(cli.said(done.stdout), /At your service\.$/);
      } finally {
        await world.close();
      }
    });
  }
}

// `llm-gateway run -- CLIENT`, without what `connect` writes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BINARY } from "../clients/lab.mjs";
import { CLIS } from "./clis.mjs";
import { inWorld } from "./lab.mjs";

for (const [client, cli] of Object.entries(CLIS)) {
  test(client, () => inWorld(async ({ home, gateway }) => {
    for (const [name, text] of Object.entries(cli.runFiles ?? {})) home.write(name, text);
    const done = await home.run(
      [BINARY, "run", "--", ...cli.argv(cli.model, "Are you there?")],
      { LLM_GATEWAY_HOME: gateway.home, LLM_GATEWAY_KEY: gateway.key });
    assert.equal(done.code, 0, done.stdout + done.stderr);
    assert.equal(cli.said(done.stdout), "At your service.");
  }, "anthropic", cli.model, () => ({ text: "At your service." })));
}

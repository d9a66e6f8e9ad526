// `llm-gateway run -- CLIENT`, without what `connect` writes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BINARY } from "../clients/lab.mjs";
import { CLIS } from "./clis.mjs";
import { startWorld } from "./lab.mjs";

for (const [client, cli] of Object.entries(CLIS)) {
  test(client, async () => {
    const world = await startWorld("anthropic", cli.model, () => ({ text: "At your service." }));
    for (const [name, text] of Object.entries(cli.runFiles ?? {})) world.home.write(name, text);
    try {
      const done = await world.home.run(
        [BINARY, "run", "--", ...cli.argv(cli.model, "Are you there?")],
        { LLM_GATEWAY_HOME: world.gateway.home, LLM_GATEWAY_KEY: world.gateway.key });
      assert.equal(done.code, 0, done.stdout + done.stderr);
      assert.equal(cli.said(done.stdout), "At your service.");
    } finally {
      await world.close();
    }
  });
}

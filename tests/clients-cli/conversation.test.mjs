// Each client on each upstream format: connected by `connect` and with no other
// setting it asks, calls a tool, reads the result and answers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CLIS } from "./clis.mjs";
import { FORMATS } from "../clients/upstream.mjs";
import { startWorld } from "./lab.mjs";

const ANSWER = "The file is there, as asked.";

/* Every client on every format by its usual model; then other ways into them:
 * a model that Codex does not know, opencode's other providers. */
const WAYS = [
  ...Object.entries(CLIS).flatMap(([client, { model }]) =>
    Object.keys(FORMATS).map((format) => ({ client, model, format }))),
  { client: "codex", model: "claude-sonnet-5-5", format: "anthropic" },
  { client: "opencode", model: "gpt-5.2", format: "openai-responses" },
  { client: "opencode", model: "gemini-2.5-pro", format: "gemini" },
];

for (const { client, model, format } of WAYS) {
  const cli = CLIS[client];

  describe(`${client} on ${format}, asking for ${model}`, () => {
    let world;

    /* Requests without tools are for titles and the like. */
    function script({ tools, results }) {
      if (tools.length === 0 || results.length > 0) return { text: ANSWER };
      return { thinking: "It needs the shell.", text: "I will make it.",
        calls: [cli.shell("echo made > proof.txt", tools)] };
    }

    before(async () => {
      world = await startWorld(format, model, script);
      for (const [name, text] of Object.entries(cli.files)) world.home.write(name, text);
    });
    after(() => world?.close());

    test("connect and --undo leave its files as they were", () => {
      const earlier = world.home.files();
      world.home.command("connect", client);
      assert.notDeepEqual(world.home.files(), earlier);
      world.home.command("connect", client, "--undo");
      assert.deepEqual(world.home.files(), earlier);
    });

    test("a conversation with a tool", async () => {
      world.home.command("connect", client);
      const done = await world.home.run(cli.argv(model, "Make the file proof.txt"));
      assert.equal(done.code, 0, done.stdout + done.stderr);
      assert.equal(cli.said(done.stdout), ANSWER);
      assert.equal(world.home.files()["work/proof.txt"], "made\n");
      /* Google's older models are answered by name, without an id. */
      const { results: [{ id = "call_1" }] } = world.model.asked.at(-1);
      assert.equal(id, "call_1");
    });

    test("--undo after it ran leaves nothing of the gateway", () => {
      world.home.command("connect", client, "--undo");
      const files = world.home.files();
      for (const name of Object.keys(cli.files)) {
        assert.ok(!files[name].includes(world.gateway.key) &&
          !files[name].includes(world.gateway.url), files[name]);
      }
    });
  });
}

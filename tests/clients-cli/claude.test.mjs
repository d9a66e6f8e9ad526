// What Claude Code and a gateway owe each other: the real program, connected by
// `connect`, in every trouble that an upstream can make.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CLIS } from "./clis.mjs";
import { startRecorder } from "./recorder.mjs";
import { inWorld, startWorld } from "./lab.mjs";

const CLI = CLIS["claude-code"];
const FORMATS = ["anthropic", "openai-chat", "openai-responses", "gemini"];
const OVERFLOW = {
  "anthropic": "prompt is too long: 1200000 tokens > 1000000 maximum",
  "openai-chat": "This model's maximum context length is 128000 tokens.",
  "openai-responses": "Your input exceeds the context window of this model.",
  "gemini": "The input token count exceeds the maximum number of tokens allowed (1048576).",
};

/** A test with the program connected; `script` makes the model's turns. */
function claude(title, { format = "anthropic", script, account }, check) {
  test(title, () => inWorld((world) => {
    world.home.command("connect", "claude-code");
    return check(world, async (prompt, environment = {}) => {
      const done = await world.home.run(CLI.argv(CLI.model, prompt), environment);
      assert.equal(done.stderr, "");
      return { answer: JSON.parse(done.stdout) };
    });
  }, format, CLI.model, script, account));
}

/** The settings that `connect` wrote, with another address. */
function connectTo(world, url) {
  world.home.write(".claude/settings.json", JSON.stringify({ env: {
    ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: world.gateway.key } }));
}

/** A script that plays its turns in order and then stays with the last. */
function inOrder(...turns) {
  let at = 0;
  return () => turns[Math.min(at++, turns.length - 1)];
}

const refused = (error, message, headers) => ({ error, message, headers });

claude("what it sends arrives byte for byte", { script: inOrder(
  { thinking: "Hm.", text: "Let me.", calls: [CLI.shell("true")] }, { text: "Done." }) },
async (world, ask) => {
  const recorder = await startRecorder(world.gateway.url);
  try {
    connectTo(world, recorder.url);
    assert.equal((await ask("Go")).answer.result, "Done.");
    const posts = recorder.seen.filter(({ method }) => method === "POST");
    assert.equal(posts.length, 2);
    posts.forEach((sent, i) => {
      const got = world.model.seen.filter(({ method }) => method === "POST")[i];
      assert.equal(got.body, sent.body);
      assert.equal(got.url, sent.url);
      for (const [name, value] of Object.entries(sent.headers)) {
        if (/^(anthropic|x-claude|x-app|user-agent|accept$)/.test(name)) {
          assert.equal(got.headers[name], value, name);
        }
      }
      assert.ok(!JSON.stringify(got.headers).includes(world.gateway.key));
    });
    const [, second] = world.model.asked;
    assert.deepEqual(second.signatures, [Buffer.from("signature of Hm.").toString("base64")]);
  } finally {
    await recorder.close();
  }
});

const LONG = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join("");

for (const format of FORMATS) {
  claude(`a long stream, ${format}`, { format, script: inOrder({ text: LONG }) },
    async (world, ask) => {
      assert.equal((await ask("Count")).answer.result.trim(), LONG.trim());
    });

  /* The client compacts when it reads the vendor's own wording: it asks for a
   * summary without tools in mind, and goes on with that. */
  claude(`a context overflow makes it compact, ${format}`, { format, script: inOrder(
    { text: "Let me.", calls: [CLI.shell("seq 1 2000")] }, refused("context", OVERFLOW[format]),
    { text: "<summary>They wanted numbers.</summary>" }, { text: "Done." }) },
  async (world, ask) => {
    assert.equal((await ask("Go")).answer.result, "Done.");
    const [, , summary, last] = world.model.asked;
    assert.match(summary.texts.at(-1), /TEXT ONLY/);
    assert.ok(last.texts.some((text) => text.includes("They wanted numbers.")));
  });

  claude(`an error inside the stream, ${format}`, { format, script: inOrder(
    { text: "Half an ans", breaks: "overloaded", message: "Overloaded" }, { text: "Done." }) },
  async (world, ask) => {
    assert.equal((await ask("Go")).answer.result, "Done.");
  });
}

test("after an error inside a stream it asks for a whole answer", async () => {
  let onContent;
  const once = new Promise((resolve) => { onContent = resolve; });
  const world = await startWorld("anthropic", CLI.model, inOrder(
    { text: "Half an ans", breaks: "overloaded", message: "Overloaded", once },
    { text: "Done." }));
  const recorder = await startRecorder(world.gateway.url,
    (text) => { if (text.includes("Half")) onContent(); });
  try {
    connectTo(world, recorder.url);
    const done = await world.home.run(CLI.argv(CLI.model, "Go"));
    assert.equal(JSON.parse(done.stdout).result, "Done.");
    assert.deepEqual(world.model.asked.map(({ stream }) => stream), [true, false]);
  } finally {
    await recorder.close();
    await world.close();
  }
});

const pathIn = (texts) => /Look at (\S+\.png)/.exec(texts.join("\n"))[1];

/* One white pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJ" +
  "RU5ErkJggg==";

for (const format of FORMATS) {
  claude(`an image that its tool reads, ${format}`, { format,
    script: ({ results, texts }) => results.length ? { text: "Done." }
      : { calls: [{ id: "call_1", name: "Read", args: { file_path: pathIn(texts) } }] } },
  async (world, ask) => {
    world.home.write("work/pixel.png", Buffer.from(PIXEL, "base64"));
    await ask("Look at " + path.join(world.home.work, "pixel.png"));
    const [image] = world.model.asked.at(-1).images;
    assert.equal(image.media_type, "image/png");
    assert.ok(image.data.length > 20);
  });
}

claude("429 with a short retry-after is waited for", { script: inOrder(
  refused("rate", "slow down", { "retry-after": "1" }), { text: "Done." }) },
async (world, ask) => {
  assert.equal((await ask("Go")).answer.result, "Done.");
  assert.equal(world.model.asked.length, 2);
});

claude("429 with a long retry-after is shown at once", { script: inOrder(
  refused("rate", "your limit is used up", { "retry-after": "600" })) },
async (world, ask) => {
  const { answer } = await ask("Go");
  assert.equal(answer.api_error_status, 429);
  assert.match(answer.result, /your limit is used up/);
  assert.equal(world.model.asked.length, 1);
});

claude("529 that passes is not seen", { script: inOrder(refused("overloaded", "Overloaded"),
  { text: "Done." }) },
async (world, ask) => {
  assert.equal((await ask("Go", { CLAUDE_CODE_MAX_RETRIES: "0" })).answer.result, "Done.");
});

claude("529 that stays is told as such", { script: inOrder(refused("overloaded", "Overloaded")) },
  async (world, ask) => {
    const { answer } = await ask("Go", { CLAUDE_CODE_MAX_RETRIES: "0" });
    assert.equal(answer.api_error_status, 529);
    assert.match(answer.result, /Overloaded/);
  });

claude("403 ends it", { script: inOrder(refused("permission", "not for you")) },
  async (world, ask) => {
    const { answer } = await ask("Go");
    assert.equal(answer.api_error_status, 403);
    assert.match(answer.result, /not for you/);
  });

for (const format of FORMATS) {
  claude(`its burst of count_tokens, ${format}`, { format, script: inOrder({ text: "Done." }) },
    async (world, ask) => {
      const { answer } = await ask("/context");
      assert.match(answer.result, /\*\*Tokens:\*\* [1-9][\d.]*k/);
      assert.equal(world.model.asked.length, 0);
      /* Chat has no way to count; the gateway estimates. */
      const counted = world.model.seen.filter(({ method }) => method === "POST");
      assert.equal(counted.length > 10, format !== "openai-chat");
    });
}

test("with its own login, through an account that passes it on", async () => {
  const world = await startWorld("anthropic", CLI.model, inOrder({ text: "Done." }),
    { type: "passthrough", api_key: undefined });
  try {
    const token = "sk-ant-oat01-of-nobody";
    const done = await world.home.run(CLI.argv(CLI.model, "Go"), {
      ANTHROPIC_BASE_URL: world.gateway.url, CLAUDE_CODE_OAUTH_TOKEN: token,
      ANTHROPIC_CUSTOM_HEADERS: `x-llm-gateway-key: ${world.gateway.key}` });
    assert.equal(JSON.parse(done.stdout).result, "Done.");
    const { headers, system } = world.model.asked[0];
    assert.equal(headers.authorization, "Bearer " + token);
    assert.match(headers["anthropic-beta"], /oauth-2025-04-20/);
    assert.equal(headers["x-llm-gateway-key"], undefined);
    assert.match(system, /Claude/);
    const { status } = await fetch(world.gateway.url + "/v1/messages", { method: "POST",
      headers: { authorization: "Bearer " + token }, body: "{}" });
    assert.equal(status, 401);
  } finally {
    await world.close();
  }
});

test("it finds the models that the gateway serves", async () => {
  const found = () => world.home.files()[".claude/cache/gateway-models.json"];
  const world = await startWorld("anthropic", CLI.model, async () => {
    await until(found);
    return { text: "Done." };
  });
  try {
    world.home.command("connect", "claude-code");
    await world.home.run(CLI.argv(CLI.model, "Go"), {
      CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "" });
    assert.ok(found()?.includes(CLI.model), found());
  } finally {
    await world.close();
  }
});

/** Waits until it is so; not for ever, for what follows to fail. */
async function until(isSo) {
  for (let tries = 0; tries < 300 && !isSo(); tries++) await sleep(100);
}

// Every SDK on every upstream: what a model says in one vendor's format must
// come out of another vendor's own parser, and what the SDK asks must reach the
// model. One SDK does not show what Chat servers think (`showsThinking`).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startGateway } from "./lab.mjs";
import { FORMATS, MODELS, signatureOf, startModel } from "./upstream.mjs";
import ai from "./sdks/ai.mjs";
import anthropic from "./sdks/anthropic.mjs";
import google from "./sdks/google.mjs";
import openai from "./sdks/openai.mjs";

const SDKS = [...openai, ...anthropic, ...google, ...ai];
const WAYS = ["whole", "stream"];

const TEXT = "Grüße aus 東京 🌍, in several pieces.";
const THINKING = "First the weather, then the time.";
const OBJECT = { type: "object", additionalProperties: false };
const TOOLS = [
  { name: "get_weather", description: "The weather of a place", schema: { ...OBJECT,
    properties: { location: { type: "string" }, unit: { enum: ["c", "f"], type: "string" } },
    required: ["location"] } },
  { name: "get_time", description: "The time", schema: { ...OBJECT, properties: {} } }];
const CALLS = [{ id: "call_Paris", name: "get_weather", args: { location: "Paris", unit: "c" } },
  { id: "call_Tokyo", name: "get_weather", args: { location: "東京" } },
  { id: "call_time", name: "get_time", args: {} }];
const SCHEMA = { ...OBJECT, properties: { answer: { type: "integer" } }, required: ["answer"] };
/* One white pixel. */
const IMAGE = { type: "image/png", data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4" +
  "2mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==" };

const PDF = { type: "application/pdf",
  data: Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64") };

const justCalls = (calls) => calls.map(({ name, args }) => ({ name, args }));

for (const name of Object.keys(FORMATS)) {
  describe(`upstream ${name}`, () => {
    const model = MODELS[name];
    let gateway, upstream, script;

    before(async () => {
      upstream = await startModel(name, (ask) => script(ask));
      gateway = await startGateway([upstream.account]);
    });
    after(async () => { await gateway?.close(); await upstream?.close(); });

    for (const sdk of SDKS) {
      for (const way of WAYS) {
        const ask = (request, onText) => sdk[way](gateway, { model, prompt: "Hi", ...request },
          onText);
        const title = (what) => `${sdk.name}, ${way}: ${what}`;

        test(title("text, system, usage"), async () => {
          script = () => ({ text: TEXT });
          const said = await ask({ prompt: "Hallo 🌍", system: "Be brief." });
          assert.equal(said.text, TEXT);
          assert.equal(said.stop, sdk.stops.end);
          assert.deepEqual(said.usage, { input: 120, cached: 100, output: 40, reasoning: 0 });
          const seen = upstream.asked.at(-1);
          assert.deepEqual(seen.texts, ["Hallo 🌍"]);
          assert.equal(seen.system.trim(), "Be brief.");
          assert.equal(seen.stream, way === "stream");
        });

        test(title("thinking"), async () => {
          script = () => ({ thinking: THINKING, text: TEXT });
          const said = await ask({ think: true });
          assert.equal(said.text, TEXT);
          assert.equal(said.thinking, sdk.showsThinking ? THINKING : "");
          assert.equal(said.usage.reasoning, 12);
        });

        test(title("parallel tools, and their results"), async () => {
          script = ({ results }) => results.length ? { text: TEXT }
            : { thinking: THINKING, text: "Let me look.", calls: CALLS };
          const said = await ask({ tools: TOOLS, think: true });
          assert.deepEqual(justCalls(said.calls), justCalls(CALLS));
          assert.equal(said.text, "Let me look.");
          assert.equal(said.stop, sdk.stops.calls);
          assert.deepEqual(upstream.asked.at(-1).tools, ["get_weather", "get_time"]);
          const results = said.calls.map((call, i) => ({ call, output: `result ${i}` }));
          const end = await ask({ tools: TOOLS, think: true, history: said.history, results });
          assert.equal(end.text, TEXT);
          const seen = upstream.asked.at(-1);
          assert.deepEqual(seen.results.map(({ id }) => id), CALLS.map(({ id }) => id));
          seen.results.forEach(({ text }, i) => assert.match(text, new RegExp(`result ${i}`)));
          if (name !== "openai-chat") {
            assert.deepEqual(seen.signatures, [signatureOf(THINKING)]);
          }
        });

        test(title("an image"), async () => {
          script = () => ({ text: TEXT });
          await ask({ image: IMAGE });
          assert.deepEqual(upstream.asked.at(-1).images,
            [{ type: "base64", media_type: IMAGE.type, data: IMAGE.data }]);
        });

        test(title("a document"), async () => {
          script = () => ({ text: TEXT });
          await ask({ pdf: PDF });
          assert.deepEqual(upstream.asked.at(-1).documents,
            [{ type: "base64", media_type: PDF.type, data: PDF.data }]);
        });

        test(title("a tool that must be called"), async () => {
          script = () => ({ calls: [CALLS[2]] });
          /* The vendor's newest model of that line cannot be forced. */
          const said = await ask({ tools: TOOLS, choice: "get_time",
            model: model.replace("sonnet-5-5", "sonnet-5") });
          assert.deepEqual(justCalls(said.calls), justCalls([CALLS[2]]));
          assert.equal(upstream.asked.at(-1).choice, "get_time");
        });

        test(title("structured output"), async () => {
          /* One SDK asks models it does not know by a forced tool. */
          script = ({ tools: [tool] }) => tool
            ? { calls: [{ id: "call_1", name: tool, args: { answer: 42 } }] }
            : { text: '{"answer": 42}' };
          const said = await ask({ schema: SCHEMA });
          assert.deepEqual(JSON.parse(said.text), { answer: 42 });
          const { schema, tools } = upstream.asked.at(-1);
          if (tools.length === 0) {
            assert.deepEqual(schema.required, ["answer"]);
            assert.equal(schema.properties.answer.type.toLowerCase(), "integer");
          }
        });

        test(title("a length stop"), async () => {
          script = () => ({ text: "Cut o", stop: "length" });
          const said = await ask({});
          assert.equal(said.text, "Cut o");
          assert.equal(said.stop, sdk.stops.length);
        });

        test(title("an error before the answer"), async () => {
          script = () => ({ error: "invalid", message: "that is not possible with this model" });
          await assert.rejects(ask({}), (error) =>
            (error.status ?? error.statusCode) === 400 &&
            error.message.includes("that is not possible with this model"));
        });
      }

      test(`${sdk.name}: a limit that is used up`, async () => {
        script = () => ({ error: "rate", message: "come back later",
          headers: { "retry-after": "600" } });
        await assert.rejects(sdk.whole(gateway, { model, prompt: "Hi" }), (error) =>
          (error.status ?? error.statusCode) === 429 && error.message.includes("come back later"));
        gateway.cli("cooldown", "clear", "--all");
      });

      test(`${sdk.name}: an error inside the stream`, async () => {
        let text = "";
        let onSeen;
        const seen = new Promise((resolve) => { onSeen = resolve; });
        script = () => ({ text: TEXT, message: "the upstream stumbled",
          breaks: "server", once: seen });
        await assert.rejects(sdk.stream(gateway, { model, prompt: "Hi" },
          (piece) => { text += piece; onSeen(); }), /the upstream stumbled/);
        assert.ok(text && TEXT.startsWith(text), text);
      });
    }
  });
}

for (const name of Object.keys(FORMATS)) {
  describe(`signs of life while ${name} is silent`, { concurrency: true }, () => {
    let gateway, upstream;

    before(async () => {
      upstream = await startModel(name, () => ({ text: "One, two, three.", silence_ms: 150 }));
      gateway = await startGateway([upstream.account], { proxy: { keepalive: "50ms" } });
    });
    after(async () => { await gateway?.close(); await upstream?.close(); });

    for (const sdk of SDKS) {
      test(sdk.name, async () => {
        const said = await sdk.stream(gateway, { model: MODELS[name], prompt: "Hi" });
        assert.equal(said.text, "One, two, three.");
      });
    }
  });
}

describe("demo provider", { concurrency: true }, () => {
  let gateway;

  before(async () => { gateway = await startGateway(); });
  after(async () => { await gateway?.close(); });

  for (const sdk of SDKS) {
    for (const way of WAYS) {
      const ask = (request) => sdk[way](gateway, { model: "demo-model", prompt: "Hi",
        ...request });

      test(`${sdk.name}, ${way}: text, thinking`, async () => {
        const said = await ask({ think: true });
        assert.ok(said.text.length > 0 && said.usage.output > 0);
        assert.equal(said.thinking.length > 0, sdk.showsThinking);
      });

      test(`${sdk.name}, ${way}: a tool, and its result`, async () => {
        const { calls: [call], history } = await ask({ tools: TOOLS, prompt: "Use a tool" });
        assert.equal(call.name, "get_weather");
        assert.equal(typeof call.args.location, "string");
        const results = [{ call, output: "sunny" }];
        assert.ok((await ask({ tools: TOOLS, history, results })).text.length > 0);
      });

      test(`${sdk.name}, ${way}: structured output`, async () => {
        assert.equal(typeof JSON.parse((await ask({ schema: SCHEMA })).text).answer, "number");
      });
    }
  }
});

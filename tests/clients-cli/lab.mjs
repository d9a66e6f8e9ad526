// What the tests of the command line clients share: a home of its own for each
// conversation, the gateway with a scripted model behind it, and the client as
// a process that can reach nothing else.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { BINARY, startGateway } from "../clients/lab.mjs";
import { MODELS, startModel } from "../clients/upstream.mjs";

const BIN = new URL("node_modules/.bin", import.meta.url).pathname;
const DEADLINE_MS = 180_000;
/* Whoever goes past the gateway ends here. */
const NOWHERE = "http://127.0.0.1:9";

const ENVIRONMENT = {
  PATH: `${BIN}:/usr/local/bin:/usr/bin:/bin`, LANG: "C.UTF-8", TERM: "xterm-256color", CI: "1",
  HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, http_proxy: NOWHERE, https_proxy: NOWHERE,
  NO_PROXY: "127.0.0.1,localhost", no_proxy: "127.0.0.1,localhost",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  GEMINI_TELEMETRY_ENABLED: "false", GEMINI_CLI_TRUST_WORKSPACE: "true",
  OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1", OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
};

/** A person's home with a folder to work in. */
export class Home {
  constructor(gateway) {
    this.root = mkdtempSync(path.join(tmpdir(), "lgw-cli-"));
    this.work = path.join(this.root, "work");
    mkdirSync(this.work);
    this.gateway = gateway;
  }

  close() {
    rmSync(this.root, { recursive: true, force: true });
  }

  write(name, text) {
    const file = path.join(this.root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Every file of the home, by its name. */
  files() {
    return Object.fromEntries(readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(this.root, file), readFileSync(file, "utf8")]));
  }

  environment(more = {}) {
    return { ...ENVIRONMENT, HOME: this.root, ...more };
  }

  /** llm-gateway as a command of this person; throws when it fails. */
  command(...args) {
    const env = this.environment({ LLM_GATEWAY_HOME: this.gateway.home,
      LLM_GATEWAY_KEY: this.gateway.key });
    const done = spawnSync(BINARY, args, { env, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${args.join(" ")}: ${done.stderr}`);
    return done.stdout;
  }

  /** Runs a program in the folder; { code, stdout, stderr, ms }. */
  async run(argv, more = {}) {
    const begun = performance.now();
    const child = spawn(argv[0], argv.slice(1), { cwd: this.work,
      env: this.environment(more), stdio: ["ignore", "pipe", "pipe"],
      signal: AbortSignal.timeout(DEADLINE_MS), killSignal: "SIGKILL" });
    const out = { stdout: "", stderr: "" };
    child.stdout.on("data", (data) => { out.stdout += data; });
    child.stderr.on("data", (data) => { out.stderr += data; });
    const code = await new Promise((resolve, reject) => {
      child.once("close", resolve).once("error", reject);
    });
    return { code, ...out, ms: performance.now() - begun };
  }
}

/**
 * The gateway with one account of a format, and a home: { home, model, gateway,
 * close() }. The client asks for `name`, the model is one of the vendor's;
 * `account` changes what is known of the account, `more` the configuration.
 */
export async function startWorld(format, name, script, account = {}, more = {}) {
  const model = await startModel(format, script);
  const routes = [{ upstream: model.account.name, model: MODELS[format] }];
  const gateway = await startGateway([{ ...model.account, ...account }],
    { models: { [name]: { routes } }, ...more });
  const home = new Home(gateway);
  return { home, model, gateway,
    async close() {
      await gateway.close();
      await model.close();
      home.close();
    } };
}

/** The same for the time of one check. */
export async function inWorld(check, ...args) {
  const world = await startWorld(...args);
  try {
    return await check(world);
  } finally {
    await world.close();
  }
}

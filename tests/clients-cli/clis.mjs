// The programs, each with what it takes to ask one thing without a terminal,
// its tool that runs a shell command, settings that a person may have (`files`)
// and must have for `run` (`runFiles`).

/** The model's call of that tool. */
const call = (name, args, more) => ({ id: "call_1", name, args, ...more });

function vendor(model) {
  return { gpt: "openai", gemini: "google" }[model.split("-")[0]] ?? "anthropic";
}

export const CLIS = {
  "claude-code": {
    model: "claude-sonnet-5-5",
    argv: (model, prompt) => ["claude", "-p", prompt, "--model", model,
      "--allowedTools", "Bash", "--output-format", "json"],
    shell: (command) => call("Bash", { command, description: "As asked" }),
    said: (stdout) => JSON.parse(stdout).result,
    files: { ".claude/settings.json": '{"env": {"FOO": "1"},\n   "theme":"dark"}\n' },
  },

  "codex": {
    model: "gpt-6-sol",
    argv: (model, prompt) => ["codex", "exec", "--skip-git-repo-check", "-m", model,
      "--dangerously-bypass-approvals-and-sandbox", prompt],
    shell(command, tools) {
      if (tools.includes("exec_command")) return call("exec_command", { cmd: command });
      /* For its own vendor's models the tool is a program that calls tools, as free text. */
      return call(tools.find((name) => /exec$/.test(name)),
        { input: `await tools.exec_command(${JSON.stringify({ cmd: command })});` },
        { custom: true });
    },
    said: (stdout) => stdout.trim(),
    files: { ".codex/config.toml": '# mine\nmodel_reasoning_effort = "high"\n\n' +
      "[tui]\nnotifications = false\n" },
  },

  "gemini-cli": {
    model: "gemini-3.8-flash",
    argv: (model, prompt) => ["gemini", "-p", prompt, "-m", model, "--yolo",
      "--output-format", "json"],
    shell: (command) => call("run_shell_command", { command, description: "As asked" }),
    said: (stdout) => JSON.parse(stdout.slice(stdout.indexOf("{"))).response,
    files: { ".gemini/.env": "# keys\nOTHER=1\n",
      ".gemini/settings.json": '{"ui": {"hideTips":true}}\n' },
    runFiles: { ".gemini/settings.json":
      '{"security": {"auth": {"selectedType": "gemini-api-key"}}}' },
  },

  "opencode": {
    model: "claude-sonnet-4-5",
    argv: (model, prompt) => ["opencode", "run", "-m", `${vendor(model)}/${model}`, prompt],
    shell: (command) => call("bash", { command, description: "As asked" }),
    said: (stdout) => stdout.trim().split("\n").at(-1),
    files: { ".config/opencode/opencode.json":
      '{\n  "$schema": "https://opencode.ai/config.json",\n  "share":"disabled"\n}\n' },
  },
};

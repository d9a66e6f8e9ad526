"""Runs the dashboard without a terminal, by a script (tests/unit/tui_script_tool.c)."""
import os
import pathlib
import subprocess

SCREENS = pathlib.Path(__file__).resolve().parents[1] / "screens"
BUILD = pathlib.Path(os.environ.get("GATEWAY_BIN",
                                    SCREENS.parents[1] / "build/release/llm-gateway"))
TOOL = BUILD.parent / "tests/unit/tui_script_tool"


def run(script):
    """What it prints; file names are those of tests/screens."""
    done = subprocess.run([TOOL], input=script + "\n", capture_output=True, text=True, timeout=60,
                          cwd=SCREENS, env=dict(os.environ, TZ="UTC"))
    assert done.returncode == 0, done.stderr
    return done.stdout

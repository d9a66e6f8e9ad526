"""The test programs of tests/unit/*_tool.c, built by `make check`."""
import os
import pathlib

# GLib, below libsecret, is not built for ThreadSanitizer: what it does inside
# looks like races.
os.environ.setdefault("TSAN_OPTIONS", "ignore_noninstrumented_modules=1")

BUILD = pathlib.Path(os.environ.get("GATEWAY_BIN", "build/release/llm-gateway")).resolve().parent


def tool(name):
    path = BUILD / "tests/unit" / name
    assert path.exists(), f"build it first: make {path}"
    return path

"""The test programs of tests/unit/*_tool.c, built by `make check`."""
import os
import pathlib

BUILD = pathlib.Path(os.environ.get("GATEWAY_BIN", "build/release/llm-gateway")).resolve().parent


def tool(name):
    path = BUILD / "tests/unit" / name
    assert path.exists(), f"build it first: make {path}"
    return path

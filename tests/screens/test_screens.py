"""Frames of the dashboard, drawn without a terminal from fixed snapshots.

Goldens are in golden/; UPDATE=1 writes them anew, after which the diff is to
be read. scripts/ holds keys and what the screen says afterwards.
"""
import os
import re

import pytest

from lab.script import SCREENS as HERE
from lab.script import run

SIZES = ["40x10", "80x24", "100x30", "160x45", "200x60"]
LOOKS = {"ascii": "tier ascii", "blocks": "tier blocks", "plain": "tier ascii\nplain"}
SCREENS = {"overview": "1", "upstreams": "2", "requests": "3", "keys": "4", "models": "5",
           "logs": "6", "config": "7"}
LOGS = "\n".join([
    'log {"ts":"2026-11-21T08:01:50.040Z","level":"error","area":"upstream",'
    '"msg":"connect failed","backend":"local-vllm"}',
    'log {"ts":"2026-11-21T08:02:11.412Z","level":"warn","area":"routing",'
    '"msg":"cooldown","backend":"openai-main","status":429}',
    'log {"ts":"2026-11-21T08:02:31.002Z","level":"info","area":"proxy",'
    '"msg":"request","trace_id":"req8","key":"ci-bot","status":200}'])
CONFIG = ('{"path":"x","valid":true,"warnings":[],"effective":{"server":{"host":"127.0.0.1",'
          '"port":3847},"logging":{"level":"info"},"upstream_accounts":[{"name":"a"},{"name":"b"}],'
          '"tui":{"theme":"default","keys":{}}}}')


def check(name, text):
    path = HERE / "golden" / f"{name}.txt"
    if os.environ.get("UPDATE"):
        path.write_text(text)
    assert text == path.read_text()


def frame_script(size, look, screen, snapshot="busy.json"):
    lines = [f"size {size}", LOOKS[look], f"snapshot {snapshot}", LOGS, f"key {SCREENS[screen]}"]
    if screen == "config":
        lines.append(f"answer {CONFIG}")
    return "\n".join(lines)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("look", LOOKS)
def test_frame(look, size, screen):
    text = run(frame_script(size, look, screen) + "\ndump\nstyles")
    width, height = map(int, size.split("x"))
    assert text.count("\n") == 2 * height
    check(f"{screen}-{size}-{look}", text)


@pytest.mark.parametrize("snapshot", ["empty.json", "hostile.json"])
@pytest.mark.parametrize("screen", SCREENS)
def test_odd_data(screen, snapshot):
    text = run(frame_script("80x24", "blocks", screen, snapshot) + "\ndump")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", text)
    check(f"{screen}-{snapshot.split('.')[0]}", text)


@pytest.mark.parametrize("script", sorted(p.stem for p in (HERE / "scripts").glob("*.keys")))
def test_script(script):
    check(f"script-{script}", run((HERE / "scripts" / f"{script}.keys").read_text()))

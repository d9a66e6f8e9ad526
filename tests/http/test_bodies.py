"""The generator of the pass-through tests writes what a parser understands."""
import json

import pytest

from lab.bodies import REQUIRED, Generator


@pytest.mark.parametrize("kind", REQUIRED)
def test_generated_bodies_are_json_and_ranges_are_right(kind):
    generator = Generator(7)
    for _ in range(300):
        body = generator.request(kind)
        value = json.loads(body.text)
        if kind == "gemini":
            assert "model" not in value
            continue
        assert value["model"] == "asked-model"
        assert json.loads(body.with_model("other"))["model"] == "other"
        start, end = body.model_ranges[-1]
        assert json.loads(body.text[start:end]) == "asked-model"


def test_split_loses_nothing():
    generator = Generator(1)
    assert b"".join(generator.split(b"0123456789", 5)) == b"0123456789"

"""The user's own system text in every format, passing and converted."""
import json
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, COMPLETIONS, GEMINI, MODEL, RESPONSES, STREAMING
from lab.gateway import account

ODD = 'Say "yes"\\no, {braces}, $100, \t tab, é 🌍 \u2028 </system> and \x7f'
ON = {"proxy": {"enable_system_prompt": True}}
SEPARATOR = "\n\n"


def directory(gateway):
    path = gateway.home / "system_prompts"
    path.mkdir(exist_ok=True)
    return path


def begin(start, config, **files):
    """A gateway whose system_prompts hold these (`a_md` is a.md)."""
    gateway = start({**ON, **config}, start=False)
    for name, text in files.items():
        (directory(gateway) / name.replace("_", ".")).write_text(text)
    gateway.start()
    return gateway


def own_text(family, text):
    """Members of a body that carry the client's own system text."""
    return {
        "anthropic": {"system": [{"type": "text", "text": text,
                                  "cache_control": {"type": "ephemeral"}}]},
        "openai-chat": {"messages": [{"role": "system", "content": text},
                                     {"role": "user", "content": "hi"}]},
        "openai-responses": {"instructions": text},
        "gemini": {"systemInstruction": {"parts": [{"text": text}]}},
    }[family.name] if text else {}


def texts_of(content):
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content or []]


def system_texts(family, body):
    """All system text of a request, in order."""
    if family is ANTHROPIC:
        return texts_of(body.get("system"))
    if family is CHAT:
        return [text for message in body["messages"] if message["role"] in ("system", "developer")
                for text in texts_of(message["content"])]
    if family is RESPONSES:
        items = body["input"] if isinstance(body["input"], list) else []
        return texts_of(body.get("instructions")) + [
            text for item in items if item.get("role") in ("system", "developer")
            for text in texts_of(item["content"])]
    return texts_of(body.get("systemInstruction", {}).get("parts"))


def exchange(gateway, upstream, client, family, stream, body):
    """Sends the body; what the upstream got."""
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(stream), body))
        request = upstream.take()
        if stream:
            request.send(wire.stream_head())
            for frame in (family.opening() + family.content("hello"), family.closing()):
                request.send(wire.chunk(frame))
            request.answer(wire.LAST_CHUNK)
        else:
            request.answer(wire.json_answer(family.answer()))
        answer = connection.read_answer()
    assert answer.status == 200, answer.body
    assert b"hello" in answer.body
    return request


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("family", STREAMING, ids=repr)
@pytest.mark.parametrize("client", STREAMING, ids=repr)
def test_texts_go_around_the_requests_own(client, family, stream, upstream, start):
    gateway = begin(start, {"upstream_accounts": [family.account(upstream, format=family.name)]},
                    **{f"{MODEL}_txt": ODD + "\n",
                       "last_md": "---\nposition: after\n---\nThe end."})
    for own in ("", "Own text."):
        body = client.body(stream, **own_text(client, own))
        request = exchange(gateway, upstream, client, family, stream, body)
        value = json.loads(request.body)
        whole = SEPARATOR.join(system_texts(family, value))
        assert whole == SEPARATOR.join(filter(None, [ODD, own, "The end."]))
        if client is family is ANTHROPIC and own:
            assert value["system"][1] == own_text(client, own)["system"][0]


@pytest.mark.parametrize("client", STREAMING, ids=repr)
def test_every_other_byte_passes(client, upstream, start):
    gateway = begin(start, {"upstream_accounts": [client.account(upstream)]},
                    all_md="Injected.")
    value = json.loads(client.body(**own_text(client, "MARK")))
    value["unknown"] = [1.0, {"x": None}]
    body = json.dumps(value, indent=3).replace("1.0", "1.00e0").encode()
    got = exchange(gateway, upstream, client, client, False, body).body
    if client in (ANTHROPIC, GEMINI):
        entry = {"text": "Injected."} if client is GEMINI else {"type": "text",
                                                                "text": "Injected."}
        inserted = json.dumps(entry, separators=(",", ":")).encode() + b","
    else:
        inserted = b"Injected.\\n\\n"
    assert got.count(inserted) == 1
    assert got.replace(inserted, b"") == body


def test_large_bodies_and_large_texts(upstream, start):
    gateway = begin(start, {"upstream_accounts": [ANTHROPIC.account(upstream)]},
                    all_md="long line\n" * 20000)
    body = ANTHROPIC.body(messages=[{"role": "user", "content": "x" * 3_000_000}])
    value = json.loads(exchange(gateway, upstream, ANTHROPIC, ANTHROPIC, False, body).body)
    assert value.pop("system") == ("long line\n" * 20000).strip()
    assert value == json.loads(body)


def test_openai_itself_gets_a_developer(upstream, start):
    gateway = begin(start, {"upstream_accounts": [account("up", "openai", upstream)]},
                    all_md="Injected.")
    value = json.loads(exchange(gateway, upstream, CHAT, CHAT, False, CHAT.body()).body)
    assert value["messages"][0] == {"role": "developer", "content": "Injected."}


def test_nothing_happens_until_it_is_switched_on(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]}, start=False)
    (directory(gateway) / "all.md").write_text("Injected.")
    gateway.start()
    body = CHAT.body()
    assert exchange(gateway, upstream, CHAT, CHAT, False, body).body == body


def test_an_aliass_own_text_needs_no_directory(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                     "models": {MODEL: {"routes": [{"upstream": "up", "model": "real"}],
                                        "system_prompt": "Of the alias."}}})
    value = json.loads(exchange(gateway, upstream, CHAT, CHAT, False, CHAT.body()).body)
    assert value["messages"][0] == {"role": "system", "content": "Of the alias."}
    assert value["model"] == "real"


def test_counts_include_it(upstream, start):
    gateway = begin(start, {"upstream_accounts": [ANTHROPIC.account(upstream),
                                                  GEMINI.account(upstream, "google")]},
                    all_md="Injected.")
    with gateway.connect() as connection:
        connection.send(gateway.post("/v1/messages/count_tokens", ANTHROPIC.body()))
        request = upstream.take()
        assert json.loads(request.body)["system"] == "Injected."
        request.answer(wire.json_answer({"input_tokens": 3}))
        assert connection.read_answer().json() == {"input_tokens": 3}
        connection.send(gateway.post(f"/v1beta/models/google/{MODEL}:countTokens",
                                     GEMINI.body()))
        request = upstream.take()
        whole = json.loads(request.body)["generateContentRequest"]
        assert whole["model"] == f"models/{MODEL}"
        assert whole["systemInstruction"] == {"parts": [{"text": "Injected."}]}
        assert whole["contents"] == json.loads(GEMINI.body())["contents"]
        request.answer(wire.json_answer({"totalTokens": 3}))
        assert connection.read_answer().status == 200


def test_text_completions_have_no_place_for_it(upstream, start):
    gateway = begin(start, {"upstream_accounts": [COMPLETIONS.account(upstream)]},
                    all_md="Injected.")
    with gateway.connect() as connection:
        connection.send(gateway.post(COMPLETIONS.path, COMPLETIONS.body()))
        request = upstream.take()
        assert request.body == COMPLETIONS.body()
        request.answer(wire.json_answer({"choices": []}))
        connection.read_answer()


def injected(gateway, upstream):
    value = json.loads(exchange(gateway, upstream, CHAT, CHAT, False, CHAT.body()).body)
    first = value["messages"][0]
    return first["content"] if first["role"] == "system" else None


def eventually(gateway, upstream, expected):
    deadline = time.monotonic() + wire.DEADLINE
    while (seen := injected(gateway, upstream)) != expected:
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)


def test_edits_are_in_force_by_themselves(upstream, start):
    gateway = start({**ON, "upstream_accounts": [CHAT.account(upstream)]})
    assert injected(gateway, upstream) is None
    file = directory(gateway) / "all.md"
    file.write_text("One.")
    eventually(gateway, upstream, "One.")
    fresh = file.with_suffix(".new")
    fresh.write_text("Two.")
    fresh.rename(file)
    eventually(gateway, upstream, "Two.")
    (directory(gateway) / f"{MODEL}.txt").write_text("More.")
    eventually(gateway, upstream, "Two." + SEPARATOR + "More.")
    file.unlink()
    eventually(gateway, upstream, "More.")
    gateway.write_config({"upstream_accounts": [CHAT.account(upstream)],
                          "proxy": {"enable_system_prompt": True, "system_prompts": "others"}})
    eventually(gateway, upstream, None)
    (gateway.home / "others").mkdir()
    (gateway.home / "others" / "x.md").write_text("Three.")
    eventually(gateway, upstream, "Three.")


def test_links_and_other_models_names_lead_nowhere(upstream, start):
    gateway = start({**ON, "upstream_accounts": [CHAT.account(upstream)]}, start=False)
    (gateway.home / "secret.txt").write_text("secret")
    (directory(gateway) / "all.md").symlink_to(gateway.home / "secret.txt")
    gateway.start()
    for model in ("../secret", "up/../secret", "/etc/hostname", "secret"):
        with gateway.connect() as connection:
            connection.send(gateway.post(CHAT.path, CHAT.body(model=model)))
            request = upstream.take()
            assert b"system" not in request.body
            request.answer(wire.json_answer(CHAT.answer()))
            assert connection.read_answer().status == 200
    assert b"all.md is left out: it is a symbolic link" in gateway.stderr()

"""Requests that no API should take, over sockets, from a client of each API: refused in its own
shape with 4xx, nobody asked, and the next request on the same connection is served.

`own`: the target speaks the caller's API, so the bytes go on as they are; `far`: they are
translated. What a provider alone can judge is judged by the simulated one, and passes back.
"""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.errors.asking import APIS, KEY, Api, Line, World, words_of, world

MARK = "bad input"
TEXT = b"hi [tokens=2]"
WRONG: dict[str, Any] = {
    "a number": 5,
    "a string": "x",
    "a list": [],
    "an object": {},
    "true": True,
    "a list of numbers": [5],
    "an object of lists": {"a": [{"b": 1}]},
}
UNJUDGED = {
    "chat": {"logit_bias", "store"},
    "responses": {"max_tool_calls", "truncation"},
    "completions": {"best_of", "echo", "logit_bias", "logprobs", "suffix"},
    "gemini": {"safetySettings"},
    "cohere": {"safety_mode", "strict_tools"},
    "ollama": {"keep_alive"},
}
"""Fields that no other API has a word for: nobody looks into them, they are declared losses."""

ALSO = {
    ("chat", "stop", "a string"),
    ("chat", "logprobs", "a number"),
    ("completions", "stop", "a string"),
    ("responses", "input", "a string"),
    ("anthropic", "system", "a list"),
    ("gemini", "contents", "an object"),
    ("gemini", "contents", "an object of lists"),
    ("gemini", "systemInstruction", "a string"),
    ("gemini", "tools", "an object"),
    ("gemini", "tools", "an object of lists"),
    ("ollama", "format", "an object"),
    ("ollama", "format", "an object of lists"),
    ("ollama", "think", "a string"),
}
"""What a field may be besides, by the vendors' references."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("bad")) as made:
        yield made


def lines(running: World, name: str) -> Iterator[Line]:
    """A connection to a target of the caller's own API, and one to another's."""
    for kind in ("own", "far"):
        line = Line(running.gateway.port, APIS[name], f"{kind}-{name}")
        yield line
        line.close()


def list_of(api: Api) -> str:
    """The field with what is said."""
    return next(name for name in ("messages", "input", "prompt", "contents") if name in api.body)


def no_json(line: Line) -> dict[str, bytes]:
    """Bodies that are no JSON object, or not one that all readers read in the same way."""
    good, said = line.good(mark=MARK), list_of(line.api).encode()
    return {
        "empty": b"",
        "spaces": b"  \r\n ",
        "null": b"null",
        "a number": b"1",
        "a string": b'"x"',
        "a list": b"[%b]" % good,
        "no JSON": b"{nope",
        "two objects": good + good,
        "more behind it": good + b"x",
        "a comma too many": good[:-1] + b",}",
        "a comment": b"/* a */" + good,
        "single quotes": good.replace(b'"', b"'"),
        "a byte order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": good.decode().encode("utf-16"),
        "a lone byte": good.replace(TEXT, b"\xff"),
        "an overlong letter": good.replace(TEXT, b"\xc0\xaf"),
        "a raw line's end": good.replace(TEXT, b"a\nb"),
        "a raw NUL": good.replace(TEXT, b"a\x00b"),
        "half a character": good.replace(TEXT, b"a\\ud800"),
        "the other half": good.replace(TEXT, b"\\udc00a"),
        "halves in the wrong order": good.replace(TEXT, b"\\udc00\\ud800"),
        "NaN": good[:-1] + b',"n":NaN}',
        "infinity": good[:-1] + b',"n":-Infinity}',
        "a number with a plus": good[:-1] + b',"n":+1}',
        "deep": b'{"model":"r","%b":%b' % (said, b"[" * 20_000),
        "deep and closed": b'{"%b":%b%b}' % (said, b"[" * 20_000, b"]" * 20_000),
        "a field twice": good[:-1] + b',"%b":[]}' % said,
        "a field twice, in code": good[:-1] + b',"\\u%04x%b":[]}' % (said[0], said[1:]),
        "a field twice, in capitals": good[:-1] + b',"%b":[]}' % said.upper(),
        "a thousand fields": good[:-1] + b"".join(b',"f%d":1' % k for k in range(1001)) + b"}",
        "a name without an end": good[:-1] + b',"%b":1}' % (b"n" * 300),
    }


def nothing_said(line: Line) -> dict[str, bytes]:
    api = line.api
    said = list_of(api)
    absent = {name: value for name, value in json.loads(line.good()).items() if name != said}
    bodies = {
        "an empty list": line.good(**{said: []}),
        "absent": json.dumps(absent).encode(),
        "null": line.good(**{said: None}),
    }
    if said != "prompt":
        turn = {**api.body[said][0], "role": "nobody"}
        bodies |= {
            "of null": line.good(**{said: [None]}),
            "of an unknown role": line.good(**{said: [turn]}),
        }
    if said not in {"prompt", "contents"}:  # all that Gemini's content has may be left out
        bodies["of an empty object"] = line.good(**{said: [{}]})
    return bodies


@pytest.mark.parametrize("name", APIS)
def test_what_is_no_json_object_is_refused(running: World, name: str) -> None:
    for line in lines(running, name):
        for what, body in no_json(line).items():
            said = words_of(line.api, line.ask(body), {400})
            assert re.search("expected|the body|more than once|longer than", said), what
            good = line.ask(line.good())
            assert (good.status, bool(good.read())) == (200, True), what
    assert running.seen(MARK) == 0


@pytest.mark.parametrize("name", APIS)
def test_where_nothing_is_said_that_is_told(running: World, name: str) -> None:
    for line in lines(running, name):
        for body in nothing_said(line).values():
            assert words_of(line.api, line.ask(body), {400})
        assert line.ask(line.good()).read()


@pytest.mark.parametrize("name", APIS)
def test_fields_of_a_wrong_type_are_refused_by_name(running: World, name: str) -> None:
    """Where they are translated; elsewhere by their provider, or taken, but never our fault."""
    for line in lines(running, name):
        for field, value in {**line.api.body, **line.api.fields}.items():
            for what, wrong in WRONG.items():
                _ask_wrongly(line, name, field, what, value, wrong)
            answer = line.ask(line.good(**{field: None}))
            assert answer.status in {200, 400}, (field, answer.status)
            answer.read()


def _ask_wrongly(
    line: Line, name: str, field: str, what: str, value: object, wrong: object
) -> None:
    answer = line.ask(line.good(**{field: wrong}))
    is_right = type(wrong) is type(value) or (isinstance(value, float) and what == "a number")
    is_taken = is_right or (name, field, what) in ALSO or field in UNJUDGED.get(name, ())
    if is_taken:
        assert answer.status in {200, 400, 404}, (field, what, answer.read()[:200])
        answer.read()
        return
    said = words_of(line.api, answer, {400})
    assert field in said, (field, what, said)


@pytest.mark.parametrize(
    "model",
    ["", " ", "../x", "r\n", "r\x00", "\u00ff\u212a", "x" * 5000, "r?x=1", "r#", "%00", "{{x}}"],
    ids=repr,
)
def test_a_model_with_odd_letters_is_an_unknown_one(running: World, model: str) -> None:
    for name, api in APIS.items():
        if "model" in api.body:
            line = Line(running.gateway.port, api, f"own-{name}")
            said = words_of(api, line.ask(line.good(model=model)), {400, 404})
            assert "model" in said or "no route" in said
            assert "\n" not in said
            assert line.ask(line.good()).read()
            line.close()


@pytest.mark.parametrize("name", APIS)
@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_json_is_read_and_sent_as_json_whatever_it_is_called(
    running: World, name: str, kind: str
) -> None:
    """What is judged is what is sent: the provider hears of no other type than JSON."""
    for line in lines(running, name):
        answer = line.ask(line.good(), **{"content-type": kind})
        assert (answer.status, bool(answer.read())) == (200, True)
    sent = [each for api in APIS.values() for each in running.providers.seen(api.dialect)]
    kinds = {dict(each["headers"]).get("content-type") for each in sent}
    assert kinds == {"application/json"}


PRIVATE = {
    "http://169.254.169.254/latest/meta-data": "not on the public internet",
    "http://localhost/a.png": "not on the public internet",
    "HTTP://LOCALHOST/a.png": "not on the public internet",
    "https://[::1]/a.png": "not on the public internet",
    "http://[::ffff:169.254.169.254]/": "not on the public internet",
    "http://10.0.0.1/a.png": "not on the public internet",
    "http://2130706433/": "not on the public internet",
    "http://0x7f.1/": "not on the public internet",
    "http://127.0.0.1:9/a.png": "usual port",
    "http://user:word@example.com/a.png": "without a user's name",
    "file:///etc/passwd": "http or https",
    "ftp://example.com/a.png": "http or https",
    "gopher://example.com/": "http or https",
    "//localhost/a.png": "http or https",
    "javascript:alert(1)": "http or https",
    "http:///a.png": "name of a host",
    "http://localhost\r\nx: y/": "web address",
    "not an address": "http or https",
    "data:image/png,abc": "http or https",
}


def shown(name: str, url: str) -> dict[str, Any]:
    """A picture at an address, in an API that has those."""
    match name:
        case "chat" | "cohere":
            part: Any = {"type": "image_url", "image_url": {"url": url}}
        case "responses":
            return {
                "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]
            }
        case "anthropic":
            part = {"type": "image", "source": {"type": "url", "url": url}}
        case _:
            data = {"fileData": {"mimeType": "image/png", "fileUri": url}}
            return {"contents": [{"role": "user", "parts": [data, {"text": MARK}]}]}
    return {"messages": [{"role": "user", "content": [part, {"type": "text", "text": MARK}]}]}


@pytest.mark.parametrize("name", ["chat", "responses", "anthropic", "gemini", "cohere"])
def test_no_private_address_is_fetched(running: World, name: str) -> None:
    line = Line(running.gateway.port, APIS[name], "bytes")
    for url, why in PRIVATE.items():
        said = words_of(line.api, line.ask(line.good(**shown(name, url))), {400})
        assert why in said, (url, said)
    assert line.ask(line.good()).read()
    line.close()
    assert running.seen(MARK) == 0


def held(name: str, data: str, kind: str) -> dict[str, Any]:
    """A picture as bytes."""
    url = f"data:{kind};base64,{data}"
    match name:
        case "anthropic":
            source = {"type": "base64", "media_type": kind, "data": data}
            part: Any = {"type": "image", "source": source}
        case "gemini":
            data_of = {"inlineData": {"mimeType": kind, "data": data}}
            return {"contents": [{"role": "user", "parts": [data_of, {"text": MARK}]}]}
        case "bedrock":
            part = {"image": {"format": "png", "source": {"bytes": data}}}
            return {"messages": [{"role": "user", "content": [part, {"text": MARK}]}]}
        case "ollama":
            return {"messages": [{"role": "user", "content": MARK, "images": [data]}]}
        case _:
            return shown(name, url)
    return {"messages": [{"role": "user", "content": [part, {"type": "text", "text": MARK}]}]}


PICTURED = [name for name in APIS if name != "completions"]
HTML = base64.b64encode(b"<html><body>no picture</body></html>").decode()


@pytest.mark.parametrize("name", PICTURED)
def test_bytes_that_are_none_are_refused_where_they_are_translated(
    running: World, name: str
) -> None:
    line = Line(running.gateway.port, APIS[name], f"far-{name}")
    for data in ("%%%%", "${IMAGE}", "ab\u2026cd", "", " "):
        said = words_of(line.api, line.ask(line.good(**held(name, data, "image/png"))), {400})
        assert "base64" in said or "expected" in said, said
        assert line.ask(line.good()).read()
    if name in {"chat", "responses", "anthropic", "cohere"}:
        for kind in ("text/html", "application/x-msdownload"):
            said = words_of(line.api, line.ask(line.good(**held(name, HTML, kind))), {400})
            assert f"expected a picture, found a file of type '{kind}'" in said
    line.close()
    assert running.seen(MARK) == 0


def test_a_key_in_the_query_is_taken_and_never_shown(running: World) -> None:
    """Google's clients may send theirs so; everybody's logs have addresses in them."""
    api = APIS["gemini"]
    line = Line(
        running.gateway.port, api._replace(path=f"{api.path}?key={KEY}&alt=json"), "own-gemini"
    )
    answer = line.ask(line.good(), key="")
    assert (answer.status, bool(answer.read())) == (200, True)
    for wrong in ("us-nobody-0123456789abcdef", "", "%FF", KEY[:-1]):
        other = Line(
            running.gateway.port, api._replace(path=f"{api.path}?key={wrong}"), "own-gemini"
        )
        assert "key" in words_of(api, other.ask(other.good(), key=""), {401})
        other.close()
    line.close()
    assert KEY not in running.gateway.log
    sent = running.providers.seen(api.dialect)
    assert not any(KEY in json.dumps(each) for each in sent)

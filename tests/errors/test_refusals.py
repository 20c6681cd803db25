"""What a running gateway tells those who ask in a wrong way, in each dialect's own shape: nobody
knows them, or HTTP has it otherwise. What they ask for is `test_bad_input`'s business.
"""

import json
from collections.abc import Iterator

import pytest
from tests.errors.asking import APIS, Line, World, words_of, world


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("refusals")) as made:
        yield made


@pytest.mark.parametrize("name", APIS)
def test_who_is_unknown_is_told_so_in_their_own_way(running: World, name: str) -> None:
    denied = {403} if name == "bedrock" else {401}
    for key in ("", "us-somebody-else-0123456789abcdef"):
        line = Line(running.gateway.port, APIS[name], f"own-{name}")
        assert "key" in words_of(line.api, line.ask(line.good(), key), denied)
        line.close()


@pytest.mark.parametrize("name", APIS)
def test_wrong_requests_of_http_are_refused_in_the_dialect(running: World, name: str) -> None:
    for fields, method, more, statuses in (
        ({}, "PUT", 0, {405}),
        ({"content-encoding": "br"}, "POST", 0, {415}),
        ({}, "POST", 300_000, {413}),
    ):
        line = Line(running.gateway.port, APIS[name], f"own-{name}")
        body = line.good() + b" " * more
        words_of(line.api, line.ask(body, method=method, **fields), statuses)
        line.close()


@pytest.mark.parametrize("name", APIS)
def test_an_unknown_route_is_named(running: World, name: str) -> None:
    line = Line(running.gateway.port, APIS[name], "elsewhere")
    assert "elsewhere" in words_of(line.api, line.ask(line.good()), {404})
    line.close()


ELSEWHERE = {
    "chat": "/v1/foo",
    "responses": "/v1/responses/resp_1/foo",
    "completions": "/v1/completions/foo",
    "anthropic": "/v1/messages/batches",
    "gemini": "/v1beta/cachedContents",
    "bedrock": "/model/r/async-invoke",
    "cohere": "/v2/classify",
    "ollama": "/api/generate",
}


@pytest.mark.parametrize("name", APIS)
def test_where_nothing_is_served_the_path_says_whose_api_it_is(running: World, name: str) -> None:
    """No header field tells it: the key comes as any API's may."""
    line = Line(running.gateway.port, APIS[name]._replace(path=ELSEWHERE[name]), "r")
    for method in ("POST", "GET", "DELETE"):
        said = words_of(line.api, line.ask(b"{}", method=method), {404})
        assert "nearest: " in said
    line.close()


MODELS = {
    "chat": "/v1/models/nobody",
    "gemini": "/v1beta/models/nobody",
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_is_not_there_is_none_of_the_list(running: World, name: str) -> None:
    line = Line(running.gateway.port, APIS[name]._replace(path=MODELS[name]), "r")
    assert "nobody" in words_of(line.api, line.ask(b"", method="GET"), {404})
    line.close()


def test_clients_of_any_api_hear_of_a_missing_model_in_its_shape(running: World) -> None:
    """The list is at one address for several APIs; a vendor's own field says which."""
    api = APIS["anthropic"]._replace(path="/v1/models/nobody")
    line = Line(running.gateway.port, api, "r")
    answer = line.ask(b"", method="GET", **{"anthropic-version": "2023-06-01"})
    body = json.loads(answer.read())
    assert (answer.status, body["type"], body["error"]["type"]) == (404, "error", "not_found_error")
    line.close()

"""OpenAI's client keeps files and batches at two providers; an id goes to its owner alone."""

from collections.abc import Iterator

import openai
import pytest

from tests.sdk.operations import HEAD, KEY, PROVIDER, Running, post
from tests.system.processes import gateway, simulators


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("files")
    with simulators(folder, "one=openai_files:0", "two=openai_files:0") as providers:
        text = HEAD
        for name, url in providers.urls.items():
            text += PROVIDER.format(
                name=name,
                url=url,
                operation="files",
                dialect="openai_files",
                path="/v1/{leaf}",
                capabilities="[]",
            )
        text += '[routes.files]\noperation = "files"\ntargets = ["one/files", "two/files"]\n'
        with gateway(folder / "understudy.toml", text, {"CALLER_KEY": KEY}) as running:
            yield Running(providers, running)


@pytest.fixture
def client(running: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def uploaded(client: openai.OpenAI, text: str) -> str:
    return client.files.create(file=("a.jsonl", text.encode()), purpose="batch").id


def test_a_file_and_a_batch_from_beginning_to_end(client: openai.OpenAI, running: Running) -> None:
    ident = uploaded(client, "from beginning to end")
    assert ident.endswith("~one")
    assert client.files.retrieve(ident).id == ident
    bare = ident.removesuffix("~one")
    assert client.files.content(ident).content == f"content of {bare}".encode()
    batch = client.batches.create(
        input_file_id=ident, endpoint="/v1/chat/completions", completion_window="24h"
    )
    assert batch.id.endswith("~one")
    assert batch.input_file_id == ident
    assert batch.output_file_id == "file-out~one"
    assert client.batches.retrieve(batch.id).id == batch.id
    assert client.batches.cancel(batch.id).id == batch.id
    assert client.files.delete(ident).deleted
    assert all(each.id.endswith("~one") for each in client.files.list().data)
    seen = running.providers.seen("one")
    assert f"/v1/files/{bare}/content" in [each["path"] for each in seen]
    assert not any("~" in each["path"] + each["body"] for each in seen)
    assert not any(bare in each["path"] for each in running.providers.seen("two"))


def test_when_the_owner_is_down_nobody_else_is_asked(
    client: openai.OpenAI, running: Running
) -> None:
    ident = uploaded(client, "kept at one")
    assert ident.endswith("~one")
    running.providers.kill("one")
    other = uploaded(client, "kept at two")
    assert other.endswith("~two")
    with pytest.raises(openai.APIStatusError) as caught:
        client.files.retrieve(ident)
    assert caught.value.status_code in {502, 503}
    assert client.files.retrieve(other).id == other
    bare = ident.removesuffix("~one")
    assert not any(bare in each["path"] for each in running.providers.seen("two"))
    running.providers.revive("one")


def test_an_id_that_names_no_owner_goes_nowhere(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="names its owner"):
        client.files.retrieve("file-abc")
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve("file-abc~stranger")
    with pytest.raises(openai.BadRequestError, match="one owner"):
        client.batches.retrieve("batch~one", extra_query={"after": "file~two"})


def test_methods_are_those_of_the_api(running: Running, client: openai.OpenAI) -> None:
    answer = post(running, "/v1/files/a~one", {})
    assert answer.status_code == 405
    assert "files" in [model.id for model in client.models.list()]
    assert not any("~" in model.id for model in client.models.list())

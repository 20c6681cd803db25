"""The official SDKs with the gateway inside their own process: no server, no key of ours."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import cohere
import httpx
import httpx2
import ollama
import openai
import pytest
from google import genai
from langchain_openai import ChatOpenAI
from mistralai.client import Mistral
from pydantic import SecretStr

import understudy
from tests.sdk.setting import CONFIG, ENVIRONMENT, expected_chat, texts, user
from tests.system.processes import Simulators, simulators, until

BREAKING = """
[defaults]
deadline = 15
timeouts = { first_token = 1, idle = 0.5, answer = 5, adaptive = false }
[routes.resumed]
targets = ["chat/m", "local/m"]
on_break = "resume"
[routes.chat]
targets = ["chat/m", "local/m"]
[routes.strict]
targets = ["chat/m"]
"""


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    names = ("chat=openai_chat:0", "messages=anthropic_messages:0", "local=openai_chat:0")
    with simulators(tmp_path_factory.mktemp("providers"), *names) as running:
        yield running


@pytest.fixture
def transport(
    providers: Simulators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[understudy.Transport]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    head, _, _ = CONFIG.partition("[defaults]")
    text = head.replace("ADMIN", "0") + BREAKING
    for name, url in providers.urls.items():
        text = text.replace(f'"{name.upper()}', f'"{url}')
    path = tmp_path / "understudy.toml"
    path.write_text(text)
    with understudy.Transport(path) as made:
        yield made
    for name in providers.urls:
        providers.fault(name, "")


@pytest.fixture
def chat(transport: understudy.Transport) -> openai.OpenAI:
    inside = httpx2.Client(transport=transport)
    return openai.OpenAI(api_key="unused", max_retries=0, http_client=inside)


def say(client: openai.OpenAI, text: str, model: str = "chat") -> str:
    answer = client.chat.completions.create(model=model, messages=user(text))
    return answer.choices[0].message.content or ""


def test_openai_fails_over_and_the_journal_says_so(
    chat: openai.OpenAI, providers: Simulators, transport: understudy.Transport, tmp_path: Path
):
    providers.fault("chat", "status(status=503)")
    assert say(chat, "whole") == expected_chat(user("whole"))
    with chat.chat.completions.create(model="chat", messages=user("pieces"), stream=True) as heard:
        assert texts(list(heard)) == expected_chat(user("pieces"))
    transport.close()
    with sqlite3.connect(tmp_path / "journal.db") as journal:
        rows = journal.execute("select count(*) from requests").fetchone()
    journal.close()
    assert rows == (2,)


def test_a_stream_that_is_cut_goes_on_elsewhere(chat: openai.OpenAI, providers: Simulators):
    providers.fault("chat", "cut(after=5)")
    with chat.chat.completions.create(
        model="resumed", messages=user("go on"), stream=True
    ) as stream:
        chunks = list(stream)
    assert texts(chunks) == expected_chat(user("go on"))
    assert providers.seen("local", "go on")


def test_an_error_is_the_sdks_own(chat: openai.OpenAI, providers: Simulators):
    providers.fault("chat", "status(status=429, retry_after=30)")
    with pytest.raises(openai.RateLimitError) as caught:
        say(chat, "no", model="strict")
    assert caught.value.response.headers["retry-after"]
    with pytest.raises(openai.NotFoundError):
        say(chat, "no", model="nowhere")


def test_a_stream_that_is_closed_ends_upstream(chat: openai.OpenAI, providers: Simulators):
    providers.fault("chat", "slow(rate=20)")
    stream = chat.chat.completions.create(
        model="chat", messages=user("enough [tokens=900]"), stream=True
    )
    next(iter(stream))
    stream.close()
    until(lambda: providers.seen("chat", "enough")[-1]["cancelled_at"])


def test_anthropic_and_google_share_the_gateway(transport: understudy.Transport):
    messages = anthropic.Anthropic(
        api_key="unused", max_retries=0, http_client=httpx2.Client(transport=transport)
    )
    said = messages.messages.create(model="chat", max_tokens=4096, messages=user("a"))
    assert [block.text for block in said.content if block.type == "text"]
    with messages.messages.stream(model="chat", max_tokens=4096, messages=user("a")) as stream:
        assert stream.get_final_text() == said.content[0].text  # type: ignore[union-attr]
    google = client_of_google(transport)
    assert google.models.generate_content(model="chat", contents="a").text
    pieces = google.models.generate_content_stream(model="chat", contents="a")
    assert len([piece.text for piece in pieces]) > 3


def test_all_three_on_an_event_loop(transport: understudy.Transport):
    async def run() -> None:
        inside = httpx2.AsyncClient(transport=transport)
        chat = openai.AsyncOpenAI(api_key="unused", max_retries=0, http_client=inside)
        messages = anthropic.AsyncAnthropic(api_key="unused", max_retries=0, http_client=inside)
        google = client_of_google(transport)
        asked: Any = user("b")
        stream = await chat.chat.completions.create(model="chat", messages=asked, stream=True)
        assert texts([chunk async for chunk in stream]) == expected_chat(asked)
        said, also = await asyncio.gather(
            messages.messages.create(model="chat", max_tokens=4096, messages=asked),
            google.aio.models.generate_content(model="chat", contents="b"),
        )
        assert said.stop_reason == "end_turn"
        assert also.text
        await inside.aclose()

    asyncio.run(run())


def test_fifty_threads_at_once_while_a_provider_dies(chat: openai.OpenAI, providers: Simulators):
    wrong: list[str] = []
    earned = threading.Barrier(50)  # a tenth of what went well may be tried again

    def run(number: int) -> None:
        for turn in range(13):
            text = f"thread {number} turn {turn} [tokens=5]"
            if say(chat, text) != expected_chat(user(text)):
                wrong.append(text)
            if turn == 10:
                earned.wait()
            if (number, turn) == (20, 11):
                providers.kill("chat")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    providers.revive("chat")
    assert wrong == []


def client_of_google(transport: understudy.Transport) -> genai.Client:
    options = genai.types.HttpOptions(
        httpx_client=httpx.Client(transport=transport),
        httpx_async_client=httpx.AsyncClient(transport=transport),
    )
    return genai.Client(api_key="unused", http_options=options)


def test_other_sdks_that_take_an_http_client(transport: understudy.Transport):
    inside, two = httpx.Client(transport=transport), httpx2.Client(transport=transport)
    asked: Any = user("c")
    want = expected_chat(asked)
    theirs = cohere.ClientV2(api_key="unused", base_url="http://inside", httpx_client=inside)
    said = theirs.chat(model="chat", messages=asked).message.content
    assert said is not None
    assert said[0].text == want  # type: ignore[union-attr]
    assert len(list(theirs.chat_stream(model="chat", messages=asked))) > 3
    mistral = Mistral(api_key="unused", server_url="http://inside", client=two)
    assert mistral.chat.complete(model="chat", messages=asked).choices[0].message is not None
    with mistral.chat.stream(model="chat", messages=asked) as stream:
        assert len(list(stream)) > 3
    local = ollama.Client(transport=transport)
    assert local.chat(model="chat", messages=asked).message.content == want
    assert len(list(local.chat(model="chat", messages=asked, stream=True))) > 3
    chain = ChatOpenAI(model="chat", api_key=SecretStr("unused"), http_client=two)
    assert chain.invoke("c").text == want

"""Every fault through the official clients: the whole answer, or an error; never a short answer."""

from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.sdk.failing import BEFORE, KEY, MIDWAY, WHOLE, Case, Failing, Trouble, failing
from tests.sdk.setting import expected_chat, expected_messages, texts, user

ON_BREAK = ("error", "restart", "resume")
CHAT_CASES = [
    Case(trouble, stream=True, on_break=on_break, spare=("chat", "messages")[k % 2])
    for k, trouble in enumerate((*BEFORE, *MIDWAY))
    for on_break in ON_BREAK
] + [
    Case(trouble, stream=False, on_break="error", spare=("messages", "chat")[k % 2])
    for k, trouble in enumerate((*BEFORE, *MIDWAY, *WHOLE))
]
SAID_NOTHING = Case(Trouble("nothing", "empty(stop=end_turn)"), stream=True, on_break="error")
MESSAGES_BEFORE = [trouble for trouble in BEFORE[6:] if trouble.name != "empty"]
MESSAGES_CASES = [
    Case(trouble, stream=True, on_break=on_break, spare=("messages", "chat")[k % 2])
    for k, trouble in enumerate((*MESSAGES_BEFORE, *MIDWAY))
    for on_break in (("error", "resume") if trouble.is_midway else ("error",))
] + [
    Case(trouble, stream=False, on_break="error", spare="messages")
    for trouble in (*MESSAGES_BEFORE, *WHOLE)
]


@pytest.fixture(scope="module")
def chat_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    with failing(tmp_path_factory.mktemp("chat"), "chat", CHAT_CASES) as world:
        yield world


@pytest.fixture(scope="module")
def messages_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    with failing(
        tmp_path_factory.mktemp("messages"), "messages", [*MESSAGES_CASES, SAID_NOTHING]
    ) as world:
        yield world


@pytest.mark.parametrize("case", CHAT_CASES, ids=lambda case: case.name)
def test_openai_gets_the_whole_answer_or_an_error(chat_world: Failing, case: Case) -> None:
    chat_world.earn()
    url = f"{chat_world.url}/v1"
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0, timeout=15) as client:
        if case.is_told:
            with pytest.raises(openai.APIError):
                openai_says(client, case)
        else:
            said, reason = openai_says(client, case)
            assert said == expected_chat(user(case.prompt))
            assert reason == "stop"
    assert chat_world.met(case, "chat")


@pytest.mark.parametrize("case", MESSAGES_CASES, ids=lambda case: case.name)
def test_anthropic_gets_the_whole_answer_or_an_error(messages_world: Failing, case: Case) -> None:
    messages_world.earn()
    url = messages_world.url
    with anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0, timeout=15) as client:
        if case.is_told:
            with pytest.raises(anthropic.APIError):
                anthropic_says(client, case)
        else:
            said, reason = anthropic_says(client, case)
            assert said == expected_messages(user(case.prompt))
            assert reason == "end_turn"
    assert messages_world.met(case, "messages")


def test_anthropic_may_have_nothing_to_add(messages_world: Failing) -> None:
    """To the results of tools, as the vendor documents: nobody else is asked. Else somebody is."""
    url = messages_world.url
    use = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}
    done: Any = [
        *user(SAID_NOTHING.prompt),
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    with anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0, timeout=15) as client:
        said = client.messages.create(model=SAID_NOTHING.name, max_tokens=99, messages=done)
        assert (said.content, said.stop_reason) == ([], "end_turn")
        text, reason = anthropic_says(client, SAID_NOTHING)
        assert (text != "", reason) == (True, "end_turn")


def openai_says(client: openai.OpenAI, case: Case) -> tuple[str, str | None]:
    """The text, and why it ended."""
    prompt: Any = user(case.prompt)
    if not case.stream:
        whole = client.chat.completions.create(model=case.name, messages=prompt)
        return whole.choices[0].message.content or "", whole.choices[0].finish_reason
    with client.chat.completions.create(model=case.name, messages=prompt, stream=True) as stream:
        chunks = list(stream)
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
    return texts(chunks), reasons[-1]


def anthropic_says(client: anthropic.Anthropic, case: Case) -> tuple[str, str | None]:
    """The text, and why it ended."""
    asked: Any = {"model": case.name, "max_tokens": 4096, "messages": user(case.prompt)}
    if not case.stream:
        said = client.messages.create(**asked)
        return "".join(block.text for block in said.content if block.type == "text"), (
            said.stop_reason
        )
    with client.messages.stream(**asked) as stream:
        pieces = list(stream.text_stream)
        return "".join(pieces), stream.get_final_message().stop_reason

import pytest

from understudy.chat.endpoint import Endpoint, Limits
from understudy.dialects.openai_chat.order import BETWEEN, ordered
from understudy.dialects.openai_chat.paper import Paper

ORDER = ["system", "user", "assistant", "tool", "user", "assistant", "system", "user"]


def run(*roles: str, picky: bool = True) -> tuple[list[object], list[str]]:
    endpoint = Endpoint("openai_chat", "m", "/", "x", limits=Limits(answers_results=picky))
    paper = Paper(endpoint)
    made = ordered([{"role": role, "content": role} for role in roles], paper)
    return made, [loss.token for loss in paper.losses()]


def roles(messages: list[object]) -> list[object]:
    return [message["role"] for message in messages if isinstance(message, dict)]


def test_the_model_speaks_between_results_and_the_user():
    messages, tokens = run("user", "assistant", "tool", "tool", "user")
    assert roles(messages) == ["user", "assistant", "tool", "tool", "assistant", "user"]
    assert messages[4] == {"role": "assistant", "content": BETWEEN}
    assert tokens == ["~messages"]


def test_a_later_system_message_is_the_users():
    messages, tokens = run("system", "user", "assistant", "system", "user")
    assert roles(messages) == ["system", "user", "assistant", "user", "user"]
    assert messages[3] == {"role": "user", "content": "<system>\nsystem\n</system>"}
    assert tokens == ["~messages"]
    assert roles(run("user", "assistant", "tool", "system")[0])[-2:] == ["assistant", "user"]


@pytest.mark.parametrize(
    "said", [ORDER[:4], ["system", "system", "user"], ["user", "system", "assistant"]]
)
def test_what_is_in_order_stays(said):
    messages, tokens = run(*said)
    assert (roles(messages), tokens) == (said, [])


def test_elsewhere_any_order_is_taken():
    messages, tokens = run(*ORDER, picky=False)
    assert (roles(messages), tokens) == (ORDER, [])

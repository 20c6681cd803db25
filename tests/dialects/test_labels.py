import pytest

from understudy.chat.endpoint import Endpoint, Limits
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.labels import with_short_labels


def labelled(
    dialect: str, user: str | None = None, metadata: dict[str, str] | None = None, most: int = 0
) -> tuple[str | None, dict[str, str] | None, list[str]]:
    losses: list[Loss] = []
    endpoint = Endpoint(dialect, "m", "/", "someone", limits=Limits(user=most or None))
    request = Request("m", (), user=user, metadata=metadata)
    made = with_short_labels(request, endpoint, losses)
    return made.user, made.metadata, [loss.token for loss in losses]


@pytest.mark.parametrize(
    ("dialect", "most"),
    [("anthropic_messages", 256), ("openai_chat", 64), ("openai_responses", 64)],
)
def test_a_long_user_is_said_as_a_hash_always_the_same(dialect, most):
    limit = 64 if most == 64 else 0
    name = "u" * (most + 1)
    user, _, tokens = labelled(dialect, name, most=limit)
    assert user == labelled(dialect, name, most=limit)[0]
    assert user != labelled(dialect, name + "u", most=limit)[0]
    assert user is not None
    assert len(user) <= most
    assert tokens == ["~user"]
    assert labelled(dialect, "u" * most, most=limit) == ("u" * most, None, [])


def test_where_nobody_says_how_long_a_user_stays():
    assert labelled("openai_chat", "u" * 500) == ("u" * 500, None, [])


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "bedrock_converse"])
def test_sixteen_pairs_are_taken_and_long_values_cut(dialect):
    _, metadata, tokens = labelled(dialect, metadata={f"k{n}": "v" * 600 for n in range(20)})
    most = 256 if dialect == "bedrock_converse" else 512
    assert metadata == {f"k{n}": "v" * most for n in range(16)}
    assert tokens == ["~metadata"]
    fine = {"a": "b" * most}
    assert labelled(dialect, metadata=fine) == (None, fine, [])


def test_names_that_are_refused_are_left_out_and_letters_replaced():
    assert labelled("openai_chat", metadata={"k" * 65: "v"})[1:] == (None, ["metadata"])
    assert labelled("bedrock_converse", metadata={"é": "v", "a": "x!y"})[1:] == (
        {"a": "x_y"},
        ["~metadata"],
    )
    assert labelled("ollama_chat", metadata={"é": "!"})[1:] == ({"é": "!"}, [])

"""What routing reads of a request."""

import pytest
from tests.dialects.openai_completions.talk import asked, dump

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.dialects.openai_completions import DIALECT


@pytest.mark.parametrize("prompt", ["a", "", ["a"], ["a", "b"], [1, 2], [[1], [2]]])
def test_every_form_of_a_prompt_may_go_to_its_own(prompt: object) -> None:
    glance = DIALECT.glance(asked(prompt=prompt, max_tokens=5))
    assert (glance.model, glance.stream, glance.wants_usage) == ("m", False, False)
    assert glance.needs.output_tokens == 5
    assert glance.needs.capabilities == frozenset()


def test_streams() -> None:
    glance = DIALECT.glance(asked(stream=True, stream_options={"include_usage": True}))
    assert (glance.stream, glance.wants_usage) == (True, True)
    assert glance.needs.capabilities == {Capability.STREAMING}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"{", ""),
        (dump({"prompt": "a"}), "model"),
        (dump({"model": "", "prompt": "a"}), "model"),
        (dump({"model": "m"}), "prompt"),
        (asked(prompt=None), "prompt"),
        (asked(prompt=[]), "prompt"),
        (asked(prompt=1), "prompt"),
        (asked(stream="x"), "stream"),
        (asked(max_tokens="x"), "max_tokens"),
        (asked(stream_options=[]), "stream_options"),
    ],
)
def test_what_is_no_request_is_refused_with_its_place(body: bytes, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        DIALECT.glance(body)
    assert refused.value.path == path

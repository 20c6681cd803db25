import msgspec
import pytest

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.embeddings.common import (
    MOST_INPUTS,
    MOST_TOKENS,
    read_inputs,
    text_for,
    written,
)
from understudy.operations.embeddings import Embedded, Item


def items(text: bytes):
    return read_inputs(msgspec.Raw(text), "input")


def test_the_four_forms_of_an_input():
    assert items(b'"a"') == ((Item(("a",)),), False)
    assert items(b'["a","b"]') == ((Item(("a",)), Item(("b",))), True)
    assert items(b"[1,2]") == ((Item(tokens=(1, 2)),), False)
    assert items(b"[[1],[2,3]]") == ((Item(tokens=(1,)), Item(tokens=(2, 3))), True)


@pytest.mark.parametrize("bad", [b"3", b"{}", b"[]", b"[[]]", b'[1,"a"]', b'["a",1]', b"[[1.5]]"])
def test_other_forms_are_refused(bad: bytes):
    with pytest.raises(InvalidRequest):
        items(bad)


def test_no_more_inputs_than_anybody_needs():
    with pytest.raises(InvalidRequest, match="at most"):
        items(msgspec.json.encode(["a"] * (MOST_INPUTS + 1)))


@pytest.mark.parametrize("shape", [b"[%b]", b"[[%b]]"])
def test_no_more_tokens_than_anybody_takes(shape: bytes):
    with pytest.raises(InvalidRequest, match="tokens"):
        items(shape % (b"1," * (MOST_TOKENS + 1) + b"1"))


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        (b'{"model":"m","input":"a"}', set()),
        (b'{"model":"m","input":"a","dimensions":4}', {Capability.DIMENSIONS}),
        (b'{"model":"m","input":[1]}', {Capability.TOKEN_INPUT}),
        (b'{"model":"m","input":"a","output_dtype":"int8"}', {Capability.DTYPES}),
        (b'{"model":"m","input":"a","encoding_format":"base64"}', set()),
    ],
)
def test_what_a_target_must_be_able_to_do(body: bytes, needs: set[Capability]):
    assert OPERATIONS["openai_embeddings"].glance(body).needs.capabilities == needs


@pytest.mark.parametrize(
    "item", [Item(tokens=(1,)), Item(media=("data:,",)), Item(("a", "b"))], ids=repr
)
def test_what_is_no_single_text_is_never_made_one(item: Item):
    with pytest.raises(InvalidRequest):
        text_for(item, 0, [])


def test_vectors_of_a_type_that_is_not_there_are_a_loss():
    losses: list = []
    embedded = Embedded(({"int8": msgspec.Raw(b"[1]")},))
    assert written(embedded, "float", losses) == [msgspec.Raw(b"[]")]
    assert [loss.path for loss in losses] == ["answer.vectors.float"]

import itertools

from tests.contract.toy import Toy
from tests.exchange.stage import services, target
from understudy.dialects.catalog import DIALECTS, OPERATIONS, SPOKEN
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.opening import opened, splitting


def test_only_what_may_be_embeddings_is_looked_at():
    found = splitting({**SPOKEN, "toy": Toy("toy")})
    vectors = {name for name in OPERATIONS if name.endswith("_embeddings")}
    assert found == vectors | {"bedrock_invoke", "vertex_predict"}
    assert not vectors & set(DIALECTS)


def test_what_cannot_be_read_is_for_the_exchange_to_explain():
    made = services(target("a"))
    spoken = type(made)(made.router, SPOKEN, made.classifier, made.budget)
    for body, number in zip((b"", b"{}", b'{"model":"r","input":[]}'), itertools.count()):
        asked = Asked(str(number), 0.0, "openai_embeddings", body, path="/v1/embeddings")
        assert isinstance(opened(spoken, asked, 0.0), Exchange)

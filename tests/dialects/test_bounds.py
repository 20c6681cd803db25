import msgspec
import pytest

from understudy.chat.loss import Loss
from understudy.chat.request import ReasoningConfig, Request, Sampling
from understudy.dialects.bounds import BOUNDS, within_bounds


def bounded(dialect: str, **fields: object) -> tuple[Request, list[str]]:
    losses: list[Loss] = []
    request = within_bounds(Request("m", (), **fields), dialect, losses)  # type: ignore[arg-type]
    return request, [loss.token for loss in losses]


@pytest.mark.parametrize("dialect", BOUNDS)
def test_every_number_is_put_at_its_bound_and_both_bounds_are_taken(dialect):
    for name, (least, most) in BOUNDS[dialect].items():
        for value, said in ((least - 1, least), (most + 1, most), (least, least), (most, most)):
            request, tokens = bounded(
                dialect, sampling=msgspec.structs.replace(Sampling(), **{name: value})
            )
            assert getattr(request.sampling, name) == said
            assert tokens == ([] if value == said else [f"~sampling.{name}"])


def test_what_a_dialect_knows_no_bounds_for_stays():
    request, tokens = bounded("ollama_chat", sampling=Sampling(temperature=9.0, top_p=3.0))
    assert (request.sampling.temperature, request.sampling.top_p, tokens) == (9.0, 3.0, [])


@pytest.mark.parametrize(("seed", "said"), [(7, 7), (2**31, 0), (2**40 + 5, 5), (-1, 2**31 - 1)])
def test_a_seed_is_one_of_those_that_there_are(seed, said):
    request, tokens = bounded("gemini_generate", sampling=Sampling(seed=seed))
    assert request.sampling.seed == said
    assert tokens == ([] if seed == said else ["~sampling.seed"])


@pytest.mark.parametrize(
    ("budget", "said"), [(100, 512), (30_000, 24_576), (0, 0), (-1, -1), (1024, 1024)]
)
def test_a_budget_for_thinking_is_one_that_every_model_takes(budget, said):
    wanted = ReasoningConfig(budget_tokens=budget)
    request, tokens = bounded("gemini_generate", reasoning=wanted)
    assert request.reasoning == ReasoningConfig(budget_tokens=said)
    assert tokens == ([] if budget == said else ["~reasoning.budget_tokens"])
    assert bounded("cohere_chat", reasoning=wanted)[0].reasoning == wanted


def test_an_answer_has_one_token_at_least():
    assert bounded("openai_chat", max_output_tokens=0)[0].max_output_tokens == 1
    request, tokens = bounded("openai_chat", max_output_tokens=1)
    assert (request.max_output_tokens, tokens) == (1, [])

import pytest

from understudy.dialects.openai_responses.seal import SEAL, Sealed, seal, unseal


def test_what_is_sealed_comes_out_again():
    text = seal("anthropic", "thinking", "sig/==", None)
    assert text.startswith(SEAL)
    assert unseal(text) == Sealed("anthropic", "thinking", "sig/==", None)


@pytest.mark.parametrize("text", ["gAAAAAB", "understudy.", "understudy.%%", "understudy.e30="])
def test_what_was_not_sealed_here_does_not(text):
    assert unseal(text) is None

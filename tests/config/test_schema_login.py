"""The `login` table is read like every other."""

import pytest
from tests.config.world import refuse

from understudy.config.schema_login import LoginTable


def test_nothing_need_be_said():
    assert LoginTable() == LoginTable(profile=None, tenant=None, credentials_file=None)


@pytest.mark.parametrize("field", ["profil", "secret_key", "password"])
def test_a_field_that_is_not_there_is_told(field):
    text = f'[providers.openai]\nlogin = {{{field} = "x"}}\n[routes.a]\ntargets = ["openai/m"]'
    assert any(problem.path == f"providers.openai.login.{field}" for problem in refuse(text))

"""LangChain's own suite for chat models, run over its package for Google's API through the gateway.

The simulated provider keeps to schemas but understands no question, so what needs an answer of
sense (which tool, with which number) is left out: such use of tools is tried in `test_gemini`.
"""

import inspect
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from langchain_core.language_models import BaseChatModel
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_tests.integration_tests import ChatModelIntegrationTests
from typing_extensions import override

from tests.sdk.setting import KEY
from tests.sdk.test_gemini import MODEL, World, world

__all__ = ["world"]

_NEEDS_SENSE = ("test_tool_calling", "test_agent_loop", "test_unicode_tool_call")

for _, asynchronous in inspect.getmembers(ChatModelIntegrationTests, inspect.iscoroutinefunction):
    pytest.mark.asyncio(asynchronous)


class Through(ChatModelIntegrationTests):
    """The suite, through the gateway."""

    route: ClassVar[str] = MODEL
    url: ClassVar[str] = ""

    @pytest.fixture(autouse=True)
    def _reach(self, request: pytest.FixtureRequest, world: World) -> None:
        name = request.function.__name__
        if name.startswith(_NEEDS_SENSE) and "no_arguments" not in name:
            pytest.skip("needs a model of sense")
        type(self).url = world.url

    @pytest_asyncio.fixture(autouse=True)
    async def _close(self, _reach: None, model: ChatGoogleGenerativeAI) -> AsyncIterator[None]:
        yield  # the model needs the address `_reach` sets, which therefore comes first
        if model.client is not None:
            await model.client.aio.aclose()

    @property
    @override
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatGoogleGenerativeAI

    @property
    @override
    def chat_model_params(self) -> dict[str, Any]:
        asked = {"model": self.route, "google_api_key": KEY, "base_url": self.url}
        return {**asked, "max_retries": 1, "timeout": 15}

    @property
    @override
    def has_structured_output(self) -> bool:
        return True

    @property
    @override
    def supports_json_mode(self) -> bool:
        return True


class TestOwn(Through):
    """Answered by a provider of Google's API."""


class TestTranslated(Through):
    """Answered by one of OpenAI's."""

    route: ClassVar[str] = "other"

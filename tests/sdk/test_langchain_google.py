"""LangChain's own suite for chat models, run over its package for Google's API through the gateway.

The simulated provider keeps to schemas but understands no question, so what needs an answer of
sense (which tool, with which number) is left out; tools, and asynchronous use of the client
beneath, are tried in `test_gemini`.
"""

import inspect
from typing import Any, ClassVar

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_tests.integration_tests import ChatModelIntegrationTests
from typing_extensions import override

from tests.sdk.setting import KEY
from tests.sdk.test_gemini import MODEL, World, world

__all__ = ["world"]


class Through(ChatModelIntegrationTests):
    """The suite, through the gateway."""

    route: ClassVar[str] = MODEL
    url: ClassVar[str] = ""

    @pytest.fixture(autouse=True)
    def _reach(self, request: pytest.FixtureRequest, world: World) -> None:
        if inspect.iscoroutinefunction(request.function):
            pytest.skip("asynchronous: tried with the client beneath")
        type(self).url = world.url

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
    def has_tool_calling(self) -> bool:
        return False

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

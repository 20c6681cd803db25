"""LangChain's own suite for chat models, over three of its packages through the gateway, each
answered in another dialect than its own. Collected by nobody: `test_langchain_suites` runs it.

The packages share HTTP clients among all that a process asks, which outlive the tests and their
loops. Google's package has no such, and a file of its own.
"""

import inspect
from typing import Any, ClassVar

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_ollama import ChatOllama
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests
from typing_extensions import override

from tests.sdk.setting import KEY, Setting

_NEEDS_SENSE = (
    "test_tool_calling",
    "test_agent_loop",
    "test_unicode_tool_call",
    "test_bind_runnables_as_tools",
)

for _, asynchronous in inspect.getmembers(ChatModelIntegrationTests, inspect.iscoroutinefunction):
    pytest.mark.asyncio(loop_scope="module")(asynchronous)  # its clients outlive one test


@pytest.mark.filterwarnings("ignore")  # of sockets that the packages leave open, and the like
class Through(ChatModelIntegrationTests):
    """The suite, through the gateway."""

    url: ClassVar[str] = ""
    forced: ClassVar[frozenset[str]] = frozenset(
        {"test_tool_calling_with_no_arguments", "test_bind_runnables_as_tools"}
    )
    """Calls that the API can demand, so that they need no sense."""

    @pytest.fixture(autouse=True)
    def _reach(self, request: pytest.FixtureRequest, setting: Setting) -> None:
        name = request.function.__name__
        if name.startswith(_NEEDS_SENSE) and name not in self.forced:
            pytest.skip("needs a model of sense")
        type(self).url = setting.url

    @property
    @override
    def has_structured_output(self) -> bool:
        return True

    @property
    @override
    def model_override_value(self) -> str:
        """Another route, whose model's name begins as it does."""
        return "messages"


class TestOpenAI(Through):
    """Answered by a provider of Anthropic's API."""

    @property
    @override
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    @override
    def chat_model_params(self) -> dict[str, Any]:
        asked = {"model": "messages", "api_key": KEY, "base_url": f"{self.url}/v1"}
        return {**asked, "max_retries": 0, "timeout": 15, "stream_usage": True}

    @property
    @override
    def model_override_value(self) -> str:
        return "chat"


class TestAnthropic(Through):
    """Answered by a provider of OpenAI's API."""

    @property
    @override
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatAnthropic

    @property
    @override
    def chat_model_params(self) -> dict[str, Any]:
        asked = {"model_name": "chat", "api_key": KEY, "base_url": self.url}
        return {**asked, "max_retries": 0, "timeout": 15}


class TestOllama(Through):
    """Answered by a provider of OpenAI's API. Ollama's own can demand no call."""

    forced: ClassVar[frozenset[str]] = frozenset()

    @property
    @override
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOllama

    @property
    @override
    def chat_model_params(self) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {KEY}"}
        return {"model": "chat", "base_url": self.url, "client_kwargs": {"headers": headers}}

    @property
    @override
    def has_tool_choice(self) -> bool:
        return False

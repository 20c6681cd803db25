"""What Anthropic's own tools say in answers (searches, code, MCP, compaction); sources; counts."""

from typing import Any

from tests.dialects.unseen_anthropic import (
    USED,
    begin,
    block,
    call,
    end,
    message,
    sealed,
    stream,
    text,
    used,
    whole,
    words,
)

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

SEARCH = "Web search tool"
CODE = "Code execution tool"
CITED = "Citations"

FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "toolu_0",
    "content": [
        {
            "type": "web_search_result",
            "url": "https://example.com/rain",
            "title": "mark1title",
            "encrypted_content": "mark2enc",
            "page_age": "1 day ago",
        }
    ],
}
LOCATION = {
    "type": "web_search_result_location",
    "url": "https://example.com/rain",
    "title": "A title",
    "encrypted_index": "mark3index",
    "cited_text": "It rains",
}
SEARCHED = {"output_tokens": 4, "server_tool_use": {"web_search_requests": 1}}


def cited(citation: dict[str, Any]) -> dict[str, Any]:
    return {"type": "citations_delta", "citation": citation}


def asked(index: int, name: str, *pieces: str, **more: Any) -> list[dict[str, Any]]:
    return call(index, *pieces, kind="server_tool_use", name=name, **more)


def said(*blocks: dict[str, Any]) -> dict[str, Any]:
    return message(list(blocks), "end_turn")


HOSTED = [
    stream(
        "a search, and what it found",
        SEARCH,
        begin(),
        text(0, "I look. "),
        asked(1, "web_search", "", '{"query":', '"markquery"}'),
        block(2, FOUND),
        text(3, "So: "),
        block(
            4,
            {"type": "text", "text": "", "citations": []},
            cited(LOCATION),
            {"type": "text_delta", "text": "it rains"},
        ),
        text(5, "."),
        end("end_turn", usage=SEARCHED),
        text="I look. So: it rains.",
    ),
    whole(
        "a search, and what it found",
        SEARCH,
        said(
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": "markq"}},
            FOUND,
            words("It rains", citations=[LOCATION, LOCATION]),
        ),
        text="It rains",
    ),
    stream(
        "a search that failed",
        SEARCH,
        begin(),
        asked(0, "web_search", '{"query":"markq"}'),
        block(
            1,
            {
                "type": "web_search_tool_result",
                "tool_use_id": "toolu_0",
                "content": {"type": "web_search_tool_result_error", "error_code": "markmax"},
            },
        ),
        text(2, "I cannot look."),
        end("end_turn", usage=SEARCHED),
        text="I cannot look.",
    ),
    stream(
        "a search, then a pause",
        SEARCH,
        begin(),
        asked(0, "web_search", '{"query":"markq"}'),
        end("pause_turn", usage=SEARCHED),
        stop=StopReason.PAUSE,
    ),
    stream(
        "a search, then a call of the caller's own",
        SEARCH,
        begin(),
        asked(0, "web_search", '{"query":"markq"}'),
        block(1, FOUND),
        call(2, '{"city":"Oslo"}'),
        end("tool_use", usage=SEARCHED),
        calls=(("w", {"city": "Oslo"}),),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "a page fetched",
        "Web fetch tool",
        said(
            {"type": "server_tool_use", "id": "s", "name": "web_fetch", "input": {"url": "marku"}},
            {
                "type": "web_fetch_tool_result",
                "tool_use_id": "s",
                "content": {
                    "type": "web_fetch_result",
                    "url": "https://example.com/a",
                    "content": {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "markdata"},
                        "title": "T",
                        "citations": {"enabled": True},
                    },
                    "retrieved_at": "2026-11-25T00:00:00Z",
                },
            },
            words("Read"),
        ),
        text="Read",
    ),
    stream(
        "code, run and printed",
        CODE,
        begin(),
        asked(0, "bash_code_execution", '{"command":"markls"}'),
        block(
            1,
            {
                "type": "bash_code_execution_tool_result",
                "tool_use_id": "toolu_0",
                "content": {
                    "type": "bash_code_execution_result",
                    "stdout": "markout",
                    "stderr": "",
                    "return_code": 0,
                    "content": [{"type": "bash_code_execution_output", "file_id": "file_mark"}],
                },
            },
        ),
        asked(2, "text_editor_code_execution", '{"command":"view","path":"markpath"}'),
        block(3, {"type": "container_upload", "file_id": "markfile"}),
        text(4, "Done"),
        end(
            "end_turn",
            d_container={"id": "markcontainer", "expires_at": "2026-11-25T00:00:00Z"},
            usage=SEARCHED,
        ),
        text="Done",
    ),
    whole(
        "code, in a container",
        CODE,
        message(
            [
                {
                    "type": "code_execution_tool_result",
                    "tool_use_id": "s",
                    "content": {
                        "type": "encrypted_code_execution_result",
                        "encrypted_stdout": "markenc",
                        "stderr": "",
                        "return_code": 1,
                        "content": [],
                    },
                },
                words("Done"),
            ],
            "end_turn",
            container={"id": "markcontainer", "expires_at": "2026-11-25T00:00:00Z", "skills": None},
        ),
        text="Done",
    ),
    stream(
        "a tool of an MCP server",
        "MCP connector",
        begin(),
        block(0, {"type": "mcp_tool_listing", "mcp_server_name": "markserver", "tools": []}),
        call(1, '{"q":"markq"}', kind="mcp_tool_use", name="echo", server_name="markname"),
        block(
            2,
            {
                "type": "mcp_tool_result",
                "tool_use_id": "toolu_1",
                "is_error": False,
                "content": [{"type": "text", "text": "markecho"}],
            },
        ),
        text(3, "Done"),
        end("end_turn"),
        text="Done",
    ),
    whole(
        "tools found by a search of tools",
        "Tool search tool",
        message(
            [
                {"type": "server_tool_use", "id": "s", "name": "tool_search_tool_bm25",
                 "input": {"query": "markq"}},
                {"type": "tool_search_tool_result", "tool_use_id": "s", "content": {
                    "type": "tool_search_tool_search_result",
                    "tool_references": [{"type": "tool_reference", "tool_name": "markw"}]}},
                used(),
            ],
            "tool_use",
        ),
        calls=(("w", {"city": "Oslo"}),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "a conversation made short",
        "Compaction",
        begin(),
        block(
            0,
            {"type": "compaction", "content": None},
            {"type": "compaction_delta", "content": "marksummary", "encrypted_content": None},
        ),
        end("compaction", context_management={"applied_edits": [{"type": "markedit"}]}),
        stop=StopReason.PAUSE,
    ),
    stream(
        "a model that handed over",
        "types: BetaFallbackBlock",
        begin(),
        block(0, {"type": "fallback", "from": {"model": "markfrom"}, "to": {"model": "markto"},
                  "trigger": {"type": "refusal"}}),
        text(1, "Rain"),
        end("end_turn"),
        text="Rain",
    ),
    stream(
        "events, blocks and deltas of the future",
        "Versioning",
        begin(diagnostics={"cache_miss_reason": "markcache"}),
        {"type": "weather_report", "index": 0, "rain": True},
        block(0, {"type": "hologram", "data": "markdata"}, {"type": "hologram_delta",
                                                            "data": "markmore"}),
        block(1, words(""), {"type": "mood_delta", "mood": "markmood"}),
        text(2, "Rain"),
        end("end_turn", d_new={"x": "marknew"}),
        text="Rain",
    ),
]  # fmt: skip

CITATIONS = [
    whole(
        f"cited by {kind}",
        CITED,
        said(
            words(
                "It rains",
                citations=[{"type": kind, "cited_text": "mark1", "document_index": 0, **where}],
            ),
            words("."),
        ),
        text="It rains.",
    )
    for kind, where in (
        ("char_location", {"document_title": "T", "start_char_index": 0, "end_char_index": 8}),
        ("page_location", {"document_title": None, "start_page_number": 1, "end_page_number": 2}),
        ("content_block_location", {"document_title": "T", "start_block_index": 0}),
        (
            "search_result_location",
            {"source": "https://example.com", "title": "T", "search_result_index": 0},
        ),
    )
] + [
    stream(
        "cited among thoughts",
        CITED,
        begin(),
        block(0, sealed("Hm"), {"type": "signature_delta", "signature": ""}),
        text(1, "It "),
        block(
            2,
            words(""),
            {"type": "text_delta", "text": "rai"},
            cited({"type": "char_location", "cited_text": "mark1", "document_index": 0,
                   "document_title": "T", "start_char_index": 0, "end_char_index": 3,
                   "file_id": None}),
            {"type": "text_delta", "text": "ns"},
        ),
        end("end_turn"),
        thoughts="Hm",
        text="It rains",
    ),
]  # fmt: skip

COUNTED = [
    stream(
        "all counts at the end",
        "types: MessageDeltaUsage",
        begin(
            usage={
                "cache_creation_input_tokens": 30,
                "cache_read_input_tokens": 20,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 10,
                    "ephemeral_1h_input_tokens": 20,
                },
                "service_tier": "markpriority",
                "inference_geo": "markgeo",
                "speed": "markfast",
            }
        ),
        text(0, "Rain"),
        end(
            "end_turn",
            usage={
                "input_tokens": 12,
                "cache_creation_input_tokens": 30,
                "cache_read_input_tokens": 40,
                "output_tokens": 14,
                "output_tokens_details": {"thinking_tokens": 6},
                "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0},
                "iterations": [{"type": "markmessage", "input_tokens": 12, "output_tokens": 14}],
            },
        ),
        text="Rain",
        usage=Usage(12, 40, 30, 14, 6, cache_write_1h_tokens=20),
    ),
    whole(
        "all counts",
        "types: Usage",
        message(
            [words("Rain")],
            "end_turn",
            usage={
                **USED,
                "cache_creation_input_tokens": 30,
                "cache_read_input_tokens": 20,
                "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 0},
                "output_tokens_details": {"thinking_tokens": 3},
                "service_tier": "markstandard",
            },
        ),
        text="Rain",
        usage=Usage(9, 20, 30, 4, 3),
    ),
    stream(
        "counts that are null",
        "types: MessageDeltaUsage",
        begin(usage={"cache_creation_input_tokens": None, "cache_read_input_tokens": 5}),
        text(0, "Rain"),
        end(
            "end_turn",
            usage={"output_tokens": 4, "cache_read_input_tokens": None, "server_tool_use": None},
        ),
        text="Rain",
        usage=Usage(9, 5, 0, 4),
    ),
]

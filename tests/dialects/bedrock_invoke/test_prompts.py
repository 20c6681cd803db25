"""Templates taken apart, and prompts that are left alone."""

import pytest
from tests.dialects.bedrock_invoke.bodies import texts

from understudy.dialects.bedrock_invoke.prompts import read_prompt

BAR = "\uff5c"
CASES = {
    "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nbrief<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n": ["system brief", "user hi"],
    "\n<|begin_of_text|><|start_header_id|>user<|end_header_id|>\nhi\n<|eot_id|>\n"
    "<|start_header_id|>assistant<|end_header_id|>\nwell,": ["user hi", "assistant well,"],
    "<|begin_of_text|><|header_start|>user<|header_end|>\n\nhi<|eot|>"
    "<|header_start|>assistant<|header_end|>": ["user hi"],
    "<s>[INST] <<SYS>>\nbrief\n<</SYS>>\n\nhi [/INST]": ["system brief", "user hi"],
    "<s>[INST] hi [/INST] yes</s> [INST] why [/INST]": ["user hi", "assistant yes", "user why"],
    f"<{BAR}begin▁of▁sentence{BAR}>brief<{BAR}User{BAR}>hi<{BAR}Assistant{BAR}><think>\n": [
        "system brief",
        "user hi",
    ],
}
PLAIN = [
    "hi",
    "User: hi\nBot:",
    "",
    "[INST] and no end",
    "x <s>[INST] hi [/INST]",
    "<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>",
    "<|start_header_id|>ipython<|end_header_id|>\n\nhi<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>",
    "<|start_header_id|>user<|end_header_id|>a <|python_tag|> b<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>",
]


@pytest.mark.parametrize("prompt", CASES)
def test_a_template_is_a_conversation(prompt: str) -> None:
    said = [f"{role} {text}" for role, text in texts(read_prompt(prompt))]
    assert said == CASES[prompt]


@pytest.mark.parametrize("prompt", PLAIN)
def test_everything_else_is_one_message_as_it_stands(prompt: str) -> None:
    assert texts(read_prompt(prompt)) == [("user", prompt)]

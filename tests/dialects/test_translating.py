"""What a translation says of itself."""

from typing import Any

from tests.dialects.keeper import Keeper, answered, asked, called

from understudy.chat.endpoint import Endpoint
from understudy.chat.request import Request
from understudy.dialects.translating import translate


def test_losses_name_a_message_by_the_number_that_it_had():
    keeper: Any = Keeper()
    messages = (called("1"), asked(), answered("1"))
    _, losses, _ = translate(Request("m", messages), keeper, Endpoint("x", "m", "/", "someone"))
    assert [loss.path for loss in losses] == [
        "messages[2]",
        *(f"messages[{number}].name" for number in (0, 2, 1)),
    ]

from understudy.chat.events import Finished
from understudy.chat.request import Request
from understudy.operations.embeddings import Embedded, EmbedTask, Item
from understudy.sim.tasks import DIMENSION, numbers, result_of


def test_the_same_text_has_the_same_vector_in_a_model_and_another_one_elsewhere():
    one = numbers("m", Item(("text",)), DIMENSION)
    assert len(one) == DIMENSION
    assert one == numbers("m", Item(("text",)), DIMENSION)
    assert one != numbers("n", Item(("text",)), DIMENSION)
    assert one != numbers("m", Item(("Text",)), DIMENSION)
    assert one[:16] == numbers("m", Item(("text",)), 16)


def test_an_answer_has_a_vector_of_every_type_for_every_input():
    task = EmbedTask((Item(("a",)), Item(tokens=(1, 2))), dtypes=("float", "base64", "int8"))
    events = result_of(Request("m", (), task=task), task)
    end = events[-1]
    assert isinstance(end, Finished)
    assert isinstance(end.result, Embedded)
    assert [sorted(vector) for vector in end.result.vectors] == [["base64", "float", "int8"]] * 2
    assert end.usage is not None
    assert end.usage.input_tokens == 3

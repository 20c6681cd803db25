"""Lines are found for keys, tables, dotted and quoted names, and inside arrays."""

import pytest

from understudy.config.lines import find_line

TEXT = '''# a comment
[server]
listen = "127.0.0.1:8080"

[providers.azure.models."gpt-5.2"] # why
upstream = "x"
price.input = 1

[routes.a]
targets = [
  "x/y",
  "z = 3",
]
note = """
record = true
"""
deadline = 3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("server", 2),
        ("server.listen", 3),
        ("server.nothing", 2),
        ('providers.azure.models."gpt-5.2"', 5),
        ('providers.azure.models."gpt-5.2".upstream', 6),
        ('providers.azure.models."gpt-5.2".price.input', 7),
        ('providers.azure.models."gpt-5.2".price', 7),
        ("routes.a.targets[1]", 10),
        ("routes.a.targets[0].weight", 10),
        ("routes.a.record", 9),
        ("routes.a.deadline", 17),
        ("journal", None),
        ("", None),
    ],
)
def test_the_line_of_a_path(path, line):
    assert find_line(TEXT, path) == line

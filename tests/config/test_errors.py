"""A ConfigError tells every problem with its place; a hint names what was probably meant."""

from understudy.config.errors import ConfigError, Problem, did_you_mean, join_names


def test_a_problem_is_told_with_its_place_and_what_to_do():
    error = ConfigError([Problem("routes.a", "x", "y", "do z", 3)], "u.toml")
    assert str(error) == (
        "u.toml, line 3: routes.a\n  found     x\n  expected  y\n  hint      do z"
    )


def test_what_is_not_known_is_left_out():
    assert str(ConfigError([Problem("", "no such file")], "u.toml")) == (
        "u.toml\n  found     no such file"
    )


def test_several_problems_are_counted_and_all_told():
    text = str(ConfigError([Problem("a", "x"), Problem("b", "y")], "u.toml"))
    assert text.splitlines()[0] == "2 problems"
    assert "u.toml: a" in text
    assert "u.toml: b" in text


def test_hints_name_the_nearest_word_in_its_own_spelling():
    assert did_you_mean("OPENAI_KEY", ["OPENAI_API_KEY", "PATH"]) == (
        'did you mean "OPENAI_API_KEY"?'
    )
    assert did_you_mean("openai_api_key", ["OPENAI_API_KEY"]) == 'did you mean "OPENAI_API_KEY"?'
    assert did_you_mean("zzz", ["OPENAI_API_KEY"]) == ""
    assert did_you_mean("x", []) == ""


def test_long_lists_of_names_end_in_a_count():
    assert join_names(["b", "a"]) == "a, b"
    assert join_names([str(i) for i in range(5)], limit=2) == "0, 1 and 3 more"

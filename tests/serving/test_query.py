import pytest

from sdnn.errors import UsageError
from sdnn.parameters import CONSTRAINTS
from sdnn.serving.query import NAMES, openapi_parameters, parse_query


def test_all_constraints_but_the_file_are_options() -> None:
    assert set(CONSTRAINTS) - set(NAMES) == {"lexicon"}


def test_values_have_their_types() -> None:
    pairs = [("length", "5"), ("min_value", "007"), ("nbest", "3"), ("page", "false"), ("decoder", "nms")]
    expected = {"length": "5", "min_value": 7, "nbest": 3, "page": False, "decoder": "nms"}
    assert parse_query(pairs) == expected


def test_an_empty_value_is_none() -> None:
    assert parse_query([("length", "")]) == {}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("lexicon", "/etc/passwd"), "lexicon: names a file of the server"),
        (("model", "x.onnx"), "model: names a file of the server"),
        (("lenght", "5"), "lenght: there is no such option; there are length, "),
        (("nbest", "0"), "nbest=0: "),
        (("nbest", "many"), "nbest=many: "),
        (("min_confidence", "nan"), "min_confidence=nan: "),
        (("min_confidence", "1.5"), "min_confidence=1.5: "),
        (("min_value", "-1"), "min_value=-1: "),
        (("polarity", "grey"), "polarity=grey: "),
        (("pattern", "0" * 1001), "pattern=000"),
        (("a\nb" * 50, "5"), "a\\nba"),
    ],
)
def test_what_cannot_be_meant_is_one_line(pair: tuple[str, str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_query([pair])
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_an_option_is_given_once() -> None:
    with pytest.raises(UsageError, match="length: is given twice"):
        parse_query([("length", "5"), ("length", "6")])


def test_openapi_describes_each_option() -> None:
    parameters = {each["name"]: each for each in openapi_parameters()}
    assert set(parameters) == set(NAMES)
    assert parameters["nbest"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100}
    assert parameters["decoder"]["schema"]["enum"] == ["viterbi", "posterior", "nms"]

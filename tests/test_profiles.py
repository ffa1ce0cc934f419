from pathlib import Path

import pytest

from sdnn.decoding.constraints import constraint
from sdnn.enums import DEFAULT_MIN_CONFIDENCE
from sdnn.errors import OutputError, UsageError
from sdnn.profiles import BUILT_IN, Profile, load_profile, reading_settings, save_profile
from sdnn.reading.settings import ReadingSettings


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, and no configuration of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_profile_allows_something(name: str) -> None:
    profile = load_profile(name)
    allowed = constraint(**profile.constraints)
    assert allowed
    assert not allowed.automaton.is_empty


@pytest.mark.parametrize(
    ("name", "digits", "text"),
    [
        ("us-zip", "12345", "12345"),
        ("us-zip", "123456789", "12345-6789"),
        ("us-zip", "1234", None),
        ("date", "31121999", "31/12/1999"),
        ("date", "32121999", None),
        ("cheque-amount", "1250", "1250"),
        ("cheque-amount", "0250", None),
        ("meter", "00123", "00123"),
        ("student-id", "12345", None),
    ],
)
def test_built_in_profiles_mean_what_they_are_called(name: str, digits: str, text: str | None) -> None:
    profile = load_profile(name)
    allowed = constraint(**profile.constraints)
    assert allowed
    is_allowed = allowed.automaton.log_weight([int(digit) for digit in digits]) == 0
    assert is_allowed is (text is not None)
    if text:
        assert allowed.format(digits) == text


def test_a_file_here_has_profiles_of_ones_own_and_they_come_first(here: Path) -> None:
    (here / "sdnn.toml").write_text('[profile.us-zip]\nlength = "9"\nmin_confidence = 0.9\n')
    assert load_profile("us-zip") == Profile({"length": "9", "min_confidence": 0.9})
    assert load_profile("meter") == Profile(BUILT_IN["meter"])


def test_else_the_users_configuration_is_looked_into(here: Path) -> None:
    (here / "config" / "sdnn").mkdir(parents=True)
    (here / "config" / "sdnn" / "sdnn.toml").write_text('[profile.mine]\ncheck = "luhn"\n')
    assert load_profile("mine") == Profile({"check": "luhn"})


def test_an_unknown_profile_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="us-zip"):
        load_profile("uk-postcode")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[profile.mine]\nlenght = 5\n", "lenght"),
        ("[profile.mine]\nlength = 5\n", "quotation marks"),
        ("[profile.mine]\nmin_value = true\n", "a number"),
        ("[profile.mine]\nmin_confidence = 90\n", "from 0 to 1"),
        ("[profile.mine]\ntemperature = 0\n", "above 0"),
        ("[profile\n", "not TOML"),
        ("profile = 3\n", "table"),
    ],
)
def test_what_a_file_cannot_mean_is_refused_with_its_place(here: Path, content: str, complaint: str) -> None:
    (here / "sdnn.toml").write_text(content)
    with pytest.raises(UsageError, match=complaint) as refusal:
        load_profile("mine")
    assert "sdnn.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_options_go_before_the_profile() -> None:
    profile = load_profile("us-zip").with_options({"min_confidence": 0.8, "length": "5", "check": None})
    assert profile == Profile({**BUILT_IN["us-zip"], "min_confidence": 0.8, "length": "5"})
    assert profile.name == "us-zip"


def test_a_saved_profile_is_found_again_and_leaves_the_rest_of_the_file_alone(here: Path) -> None:
    path = here / "sdnn.toml"
    path.write_text('# ours\n[profile.other]\nlength = "4"  # digits\n')
    saved = Profile(
        {"pattern": r"\d{3}-\d", "lexicon": Path("zips.txt"), "min_confidence": 0.91, "temperature": 1.2}
    )
    save_profile("mine", saved, path)
    assert load_profile("mine") == saved
    assert load_profile("other") == Profile({"length": "4"})
    assert "# ours" in path.read_text()
    assert "# digits" in path.read_text()
    save_profile("mine", Profile({"length": "7"}), path)
    assert load_profile("mine") == Profile({"length": "7"})


def test_a_file_that_is_no_toml_is_not_overwritten(here: Path) -> None:
    path = here / "sdnn.toml"
    path.write_text("[[[")
    with pytest.raises(UsageError, match="not TOML"):
        save_profile("mine", Profile({"length": "7"}), path)
    assert path.read_text() == "[[["


def test_a_place_that_cannot_be_written_is_an_output_error(here: Path) -> None:
    with pytest.raises(OutputError):
        save_profile("mine", Profile({"length": "7"}), here / "missing" / "sdnn.toml")


def test_a_profile_becomes_settings_of_reading_with_others_beside_it() -> None:
    settings = reading_settings(Profile({"length": "5", "min_constraint_probability": 0.2}), nbest=3)
    assert settings.constraint
    assert settings.constraint.description == "length 5"
    assert (settings.min_confidence, settings.min_constraint_probability) == (DEFAULT_MIN_CONFIDENCE, 0.2)
    assert settings.nbest == 3
    assert reading_settings(Profile()) == ReadingSettings()


def test_a_file_may_have_the_older_name_of_a_setting(here: Path) -> None:
    (here / "sdnn.toml").write_text("[profile.mine]\nmin_fit = 0.3\n")
    assert load_profile("mine").values == {"min_constraint_probability": 0.3}

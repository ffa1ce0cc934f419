import contextlib
import os
import signal
import stat
from pathlib import Path

import pytest
from helpers.deadlines import run_python

from sdnn.decoding.constraints import constraint
from sdnn.enums import DEFAULT_MIN_CONFIDENCE
from sdnn.errors import OutputError, UsageError
from sdnn.profiles import BUILT_IN, Profile, load_profile, reading_settings, save_profile
from sdnn.reading.settings import ReadingSettings

TEMPERATURES = ("0", "-1.0", "nan", "inf", "-inf", "1e-320", "1e308", "100.1", f"1{100 * '0'}")


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
        *((f"[profile.mine]\ntemperature = {value}\n", "above 0") for value in TEMPERATURES),
        ("[profile.mine]\nmin_confidence = nan\n", "from 0 to 1"),
        (f"[profile.mine]\nmin_confidence = 1{400 * '0'}\n", "too large"),
        (f"[profile.mine]\nmin_value = 1{5000 * '0'}\n", "not TOML"),
        (f"profile = {5000 * '['}", "not TOML"),
        (f"[profile.mine]\nlength = {40 * '['}{40 * ']'}\n", "levels deep"),
        (f"[{'a.' * 40}a]\n", "levels deep"),
        ('[profile.mine]\nlength = "5\0"\n', "not TOML"),
        ('[profile.mine]\nlength = "\\u0000"\n', "can be printed"),
        ('[profile.mine]\nlength = "\\ud800"\n', "not TOML"),
        ('[profile.mine]\ncheck = "\\u001b[31m"\n', "can be printed"),
        (f'[profile.mine]\npattern = "{10_001 * "1"}"\n', "at most 10,000"),
        ("[profile.mine]\n" + 500 * "x" + " = 1\n", "no setting xxx"),
        ("[profile.mine]\nlength = [5]\n", "quotation marks"),
        ("[profile]\nmine = 5\n", "no setting"),
        ("[[profile]]\nmine = 5\n", "table"),
        ("[profile\n", "not TOML"),
        ("profile = 3\n", "table"),
    ],
)
def test_what_a_file_cannot_mean_is_refused_with_its_place(here: Path, content: str, complaint: str) -> None:
    (here / "sdnn.toml").write_text(content)
    with pytest.raises(UsageError, match=complaint) as refusal:
        load_profile("mine")
    message = str(refusal.value)
    assert "sdnn.toml" in message
    assert message.isprintable()
    assert len(message) < 1000


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


def test_a_file_that_is_no_file_is_refused(here: Path) -> None:
    path = here / "sdnn.toml"
    path.write_bytes(b"[profile.mine]\nlength = '\xff'\n")
    with pytest.raises(UsageError, match="not TOML"):
        load_profile("mine")
    path.write_bytes(b"#" * 2**21)
    with pytest.raises(UsageError, match="longer than"):
        load_profile("mine")
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="a folder"):
        load_profile("mine")
    with pytest.raises(OutputError, match="a folder"):
        save_profile("mine", Profile({"length": "7"}), path)


@pytest.mark.parametrize("name", ["", " ", "a\0b", "a\nb", "\udcff", "x" * 101])
def test_a_name_that_no_file_can_hold_is_refused_before_anything_is_written(here: Path, name: str) -> None:
    with pytest.raises(UsageError, match="give another") as refusal:
        save_profile(name, Profile({"length": "7"}), here / "sdnn.toml")
    assert str(refusal.value).isprintable()
    assert not (here / "sdnn.toml").exists()


def test_a_value_that_no_file_can_hold_is_refused_before_anything_is_written(here: Path) -> None:
    with pytest.raises(UsageError, match="give other text") as refusal:
        save_profile("mine", Profile({"lexicon": Path("\udcff.txt")}), here / "sdnn.toml")
    assert str(refusal.value).isprintable()
    assert not (here / "sdnn.toml").exists()


@pytest.mark.skipif(os.name == "nt", reason="the system has no links that everyone may make, and no modes")
def test_saving_keeps_a_link_and_who_may_read_the_file(here: Path) -> None:
    target, path = here / "dotfiles" / "target.toml", here / "sdnn.toml"
    target.parent.mkdir()
    path.symlink_to(target)
    save_profile("mine", Profile({"length": "7"}), path)  # a link to a file that is to be made
    assert path.is_symlink()
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask
    for mode in (0o600, 0o640):
        target.chmod(mode)
        save_profile(f"of {mode}", Profile({"length": "7"}), path)
        assert path.is_symlink()
        assert stat.S_IMODE(target.stat().st_mode) == mode
    assert load_profile("mine") == load_profile("of 384") == Profile({"length": "7"})
    assert [each.name for each in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize(
    "content", ["profile.other.length = '4'\n", "[profile]\nother = {length = '4'}\n", "[other]\na = 1\n"]
)
def test_profiles_written_in_another_way_are_kept(here: Path, content: str) -> None:
    path = here / "sdnn.toml"
    path.write_text(content)
    save_profile("mine", Profile({"length": "7"}), path)
    assert load_profile("mine") == Profile({"length": "7"})
    if "profile" in content:
        assert load_profile("other") == Profile({"length": "4"})


def test_an_inline_table_of_profiles_is_added_to_or_refused_whole(here: Path) -> None:
    path = here / "sdnn.toml"
    path.write_text("profile = {other = {length = '4'}}\n")
    with contextlib.suppress(UsageError):
        save_profile("mine", Profile({"length": "7"}), path)
        assert load_profile("mine") == Profile({"length": "7"})
    assert load_profile("other") == Profile({"length": "4"})


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no such signal")
@pytest.mark.parametrize("moment", ["before", "behind"])
def test_a_process_killed_at_the_end_of_saving_leaves_the_old_file_or_the_new_one(
    here: Path, moment: str
) -> None:
    old = '[profile.other]\nlength = "4"\n'
    (here / "sdnn.toml").write_text(old)
    script = (
        "import os, signal; from pathlib import Path; from sdnn import files, profiles\n"
        "rename, die = files.rename, lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"files.rename = die if {moment == 'before'} else lambda *names: (rename(*names), die())\n"
        "profiles.save_profile('mine', profiles.Profile({'length': '7'}), Path('sdnn.toml'))"
    )
    assert run_python("-c", script, cwd=here).returncode == -signal.SIGKILL
    if moment == "before":
        assert (here / "sdnn.toml").read_text() == old
    else:
        assert load_profile("mine") == Profile({"length": "7"})
    assert load_profile("other") == Profile({"length": "4"})


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

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from features.errors import ConfigError
from models.channels import tidy_channel
from models.playbook import load_playbook
from models.segments import CHURNS, EVIDENCES, NO_ORDER, SEGMENTS
from models.settings import DIMENSIONS
from models.tiers import TIERS

DOCS = Path(__file__).parents[2] / "docs" / "playbook.md"
CASES = [
    case
    for case in itertools.product(TIERS, SEGMENTS, EVIDENCES, CHURNS, (*DIMENSIONS, None))
    if case[1] == "lapsed" or case[2] not in NO_ORDER
]
DEFAULT = '[[rules]]\naction = "Write."\nchannel = "e-mail"\n'


def _save(folder: Path, text: str) -> Path:
    path = folder / "playbook.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_built_in_one_has_a_sentence_and_a_channel_for_everyone() -> None:
    playbook = load_playbook()
    for case in CASES:
        rule = playbook.choose(*case)
        assert rule.action[0].isupper(), rule
        assert rule.action.endswith("."), rule
        assert rule.channel in playbook.channels


@pytest.mark.parametrize(
    ("tier", "segment", "says"),
    [
        ("A", "occasional", "personal service"),
        ("B", "occasional", "loyal"),
        ("C", "occasional", "automated"),
        ("B", "volume", "bundles"),
        ("C", "volume", "self-service"),
        ("A", "valued", "exclusive access"),
        ("C", "valued", "feedback"),
        ("C", "lapsed", "win-back"),
        ("C", "new", "welcome"),
    ],
)
def test_the_built_in_one_knows_each_kind_of_customer(tier: str, segment: str, says: str) -> None:
    churn = "likely" if segment == "lapsed" else "unlikely"
    assert says in load_playbook().choose(tier, segment, "ample", churn).action


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("evidence", ["one_order", "few_orders"])
@pytest.mark.parametrize("reason", [*DIMENSIONS, None])
def test_no_person_spends_time_on_who_bought_seldom_and_is_likely_to_churn(
    segment: str, evidence: str, reason: str | None
) -> None:
    rule = load_playbook().choose("A", segment, evidence, "likely", reason)
    assert rule.channel in ("e-mail", "web")
    assert "person" not in rule.action


def test_who_lapsed_and_is_expected_all_the_same_is_not_asked_what_went_wrong() -> None:
    playbook = load_playbook()
    assert "due" in playbook.choose("A", "lapsed", "ample", "unlikely").action
    assert "what went wrong" in playbook.choose("A", "lapsed", "ample", "likely").action


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("evidence", NO_ORDER)
@pytest.mark.parametrize("churn", CHURNS)
def test_who_never_ordered_is_welcomed_and_not_won_back(tier: str, evidence: str, churn: str) -> None:
    action = load_playbook().choose(tier, "lapsed", evidence, churn, "loyalty").action
    assert "first order" in action
    assert "back" not in action


def test_whole_bases_get_what_each_customer_gets() -> None:
    playbook = load_playbook()
    actions, channels = playbook.assign(*zip(*CASES, strict=True))
    rules = [playbook.choose(*case) for case in CASES]
    assert (actions, channels) == ([rule.action for rule in rules], [rule.channel for rule in rules])


def test_the_first_rule_that_fits_wins(tmp_path: Path) -> None:
    conditions = 'tier = ["A", "B"]\nsegment = "volume"\nevidence = "ample"\nchurn = "likely"\n'
    conditions += 'reason = "loyalty"\n'
    rule = f'[[rules]]\n{conditions}action = "Call."\nchannel = "phone"\n'
    playbook = load_playbook(_save(tmp_path, rule + DEFAULT))
    assert playbook.choose("B", "volume", "ample", "likely", "loyalty").action == "Call."
    for case in (
        ("C", "volume", "ample", "likely", "loyalty"),
        ("B", "new", "ample", "likely", "loyalty"),
        ("B", "volume", "few_orders", "likely", "loyalty"),
        ("B", "volume", "ample", "unlikely", "loyalty"),
        ("B", "volume", "ample", "likely", "advocacy"),
        ("B", "volume", "ample", "likely", None),
    ):
        assert playbook.choose(*case).action == "Write."


def test_a_business_may_have_channels_of_its_own(tmp_path: Path) -> None:
    text = 'channels = ["letter pigeon", "e-mail"]\n' + DEFAULT.replace("e-mail", "letter pigeon")
    assert (
        load_playbook(_save(tmp_path, text)).choose("A", "new", "one_order", "likely").channel
        == "letter pigeon"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('tier = "D"', "rule 1: unknown tier 'D'; known here: A, B, C"),
        ('segment = "volumes"', "rule 1: unknown segment 'volumes'; did you mean 'volume'?"),
        (
            'reason = ["loyalty", "growth potential"]',
            "rule 1: unknown reason 'growth potential'; did you mean 'growth_potential'?",
        ),
        ('evidence = "atributes"', "rule 1: unknown evidence 'atributes'; did you mean 'attributes'?"),
        ('churn = "0.5"', "rule 1: unknown churn '0.5'; known here: likely, unlikely"),
        ('segmnt = "new"', "rule 1: unknown key 'segmnt'; did you mean 'segment'?"),
        ("tier = 1", "rule 1: tier is 1, expected a text or a list of texts"),
        ("segment = []", "rule 1: segment is [], expected a text or a list of texts"),
    ],
)
def test_a_condition_that_does_not_exist_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = _save(tmp_path, f'[[rules]]\n{text}\naction = "Call."\nchannel = "phone"\n\n{DEFAULT}')
    with pytest.raises(ConfigError) as caught:
        load_playbook(path)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rules; write each under [[rules]]"),
        ("rules = 3", "no rules; write each under [[rules]]"),
        ("rule = [\n", "not valid TOML"),
        (f"chanels = []\n{DEFAULT}", "unknown key 'chanels'; did you mean 'channels'?"),
        ('[[rules]]\nchannel = "e-mail"', "rule 1: action is missing, expected a sentence"),
        ('[[rules]]\naction = " "\nchannel = "e-mail"', "rule 1: action is missing"),
        ('[[rules]]\naction = "Write."', "rule 1: channel is missing, expected one of e-mail, phone"),
        (DEFAULT.replace("e-mail", "email"), "rule 1: unknown channel 'email'; did you mean 'e-mail'?"),
        (f'channels = ["post"]\n{DEFAULT}', "rule 1: unknown channel 'e-mail'; known here: post"),
        (
            '[[rules]]\nsegment = "new"\naction = "Call."\nchannel = "phone"',
            "no rule for tier A, segment lapsed, evidence ample, churn likely, reason loyalty; end with",
        ),
        (
            '[[rules]]\nreason = ["loyalty"]\naction = "Call."\nchannel = "phone"\n' + DEFAULT + DEFAULT,
            "rule 3 is never reached",
        ),
        (
            '[[rules]]\nsegment = "new"\nevidence = "none"\naction = "Call."\nchannel = "phone"\n' + DEFAULT,
            "rule 1 is never reached: who never ordered (evidence none or attributes) is of segment lapsed",
        ),
        (
            '[[rules]]\nsegment = ["new", "valued"]\naction = "Call."\nchannel = "phone"\n'
            '[[rules]]\nsegment = "new"\ntier = "A"\naction = "Visit."\nchannel = "phone"\n' + DEFAULT,
            "rule 2 is never reached: the rules before it take all its customers; move it up",
        ),
    ],
)
def test_a_broken_playbook_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = _save(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_playbook(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_playbook(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_playbook(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'channels = ["caf\xe9"]')
    with pytest.raises(ConfigError, match="byte 16 is not UTF-8"):
        load_playbook(tmp_path / "latin.toml")


def test_the_page_names_every_word_that_a_rule_may_use() -> None:
    page = DOCS.read_text(encoding="utf-8")
    playbook = load_playbook()
    for word in (*TIERS, *SEGMENTS, *EVIDENCES, *CHURNS, *DIMENSIONS, *playbook.channels):
        assert f"`{word}`" in page, word


def test_the_built_in_channels_are_those_that_contacts_are_tidied_to() -> None:
    channels = load_playbook().channels
    assert [tidy_channel(channel) for channel in channels] == list(channels)

"""The playbook: from what is said of a customer to what to do and how to reach them."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from features.errors import ConfigError, find_nearest, suggest
from models.segments import CHURNS, EVIDENCES, NO_ORDER, SEGMENTS
from models.settings import DIMENSIONS
from models.tiers import TIERS

_BUILT_IN = "playbook.toml"
_NO_REASON, _LAPSED = "", "lapsed"
_CONDITIONS: dict[str, tuple[str, ...]] = {
    "tier": TIERS,
    "segment": SEGMENTS,
    "evidence": EVIDENCES,
    "churn": CHURNS,
    "reason": DIMENSIONS,
}
_TOP = ("channels", "rules")
_KEYS = (*_CONDITIONS, "action", "channel")
_Case = tuple[str, ...]
_ANY = (TIERS, SEGMENTS, EVIDENCES[::-1], CHURNS, (*DIMENSIONS, _NO_REASON))
_CASES: Mapping[_Case, None] = dict.fromkeys(
    case for case in itertools.product(*_ANY) if case[1] == _LAPSED or case[2] not in NO_ORDER
)
"""All customers that there are: who never ordered is counted as lapsed."""


@dataclass(frozen=True)
class Rule:
    """What to do with the customers that fit.

    Attributes
    ----------
    tiers, segments, evidences, churns, reasons : tuple of str
        Which customers fit; empty is any. A reason is the dimension that the strongest one speaks of.
    action : str
        A sentence that a marketer can act on.
    channel : str
        How to reach the customer where they have not shown which channel they answer to.
    """

    action: str
    channel: str
    tiers: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    evidences: tuple[str, ...] = ()
    churns: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def cases(self) -> set[_Case]:
        """Return the cases that fit; where no reason is known, a rule that names one does not."""
        named = (self.tiers, self.segments, self.evidences, self.churns, self.reasons)
        wanted = (part or known for part, known in zip(named, _ANY, strict=True))
        return _CASES.keys() & itertools.product(*wanted)


@dataclass(frozen=True)
class Playbook:
    """Rules in the order in which they are tried; the last fits everyone.

    Attributes
    ----------
    rules : tuple of Rule
    channels : tuple of str
        The channels that the business has.

    Examples
    --------
    >>> load_playbook().choose("C", "volume", "ample", "unlikely", "growth_potential").channel
    'e-mail'
    """

    rules: tuple[Rule, ...]
    channels: tuple[str, ...]

    def choose(self, tier: str, segment: str, evidence: str, churn: str, reason: str | None = None) -> Rule:
        """Return the first rule that fits a customer."""
        return self._rules[tier, segment, evidence, churn, reason or _NO_REASON]

    def assign(
        self,
        tiers: Sequence[str],
        segments: Sequence[str],
        evidences: Sequence[str],
        churns: Sequence[str],
        reasons: Sequence[str | None],
    ) -> tuple[list[str], list[str]]:
        """Return the action and the channel of each customer.

        Parameters
        ----------
        tiers, segments, evidences, churns : sequence of str, shape (customers,)
        reasons : sequence of str or None, shape (customers,)
            Dimension of the strongest reason.
        """
        cases = zip(tiers, segments, evidences, churns, reasons, strict=True)
        found = [self._rules[(*case, reason or _NO_REASON)] for *case, reason in cases]
        return [rule.action for rule in found], [rule.channel for rule in found]

    @cached_property
    def _rules(self) -> Mapping[_Case, Rule]:
        return {case: rule for rule in reversed(self.rules) for case in rule.cases()}


def load_playbook(path: Path | None = None) -> Playbook:
    """Read and check a playbook.

    Parameters
    ----------
    path : Path, optional
        A TOML file as `docs/playbook.md` describes it; the built-in one by default.

    Raises
    ------
    ConfigError
        The file can't be read, a rule names what does not exist, none fits everyone, or one is never reached;
        one line with everything that is wrong.
    """
    name = str(path or _BUILT_IN)
    document = _parse(_read(path), name)
    findings = [f"unknown key {key!r}{_hint(key, _TOP)}" for key in document if key not in _TOP]
    channels = tuple(_texts(document.get("channels", _built_in_channels()), "channels", findings))
    tables = document.get("rules")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{name}: no rules; write each under [[rules]] with an action and a channel")
    rules = tuple(_rule(table, f"rule {i}", channels, findings) for i, table in enumerate(tables, start=1))
    if not findings:
        findings = _check_reach(rules)
    if findings:
        raise ConfigError(f"{name}: {'; '.join(findings)}")
    return Playbook(rules, channels)


def _read(path: Path | None) -> bytes:
    try:
        return (path or resources.files("models").joinpath(_BUILT_IN)).read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; [serving] playbook names it, empty is the built-in one"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error


def _parse(content: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from error


def _built_in_channels() -> list[str]:
    channels: list[str] = _parse(_read(None), _BUILT_IN)["channels"]
    return channels


def _rule(table: Mapping[str, Any], where: str, channels: Sequence[str], findings: list[str]) -> Rule:
    findings += [f"{where}: unknown key {key!r}{_hint(key, _KEYS)}" for key in table if key not in _KEYS]
    named: dict[str, tuple[str, ...]] = {}
    for key, known in _CONDITIONS.items():
        named[key] = _texts(table[key], f"{where}: {key}", findings) if key in table else ()
        findings += [
            f"{where}: unknown {key} {text!r}{_hint(text, known)}" for text in named[key] if text not in known
        ]
    action, channel = (table.get(key) for key in ("action", "channel"))
    if not isinstance(action, str) or not action.strip():
        findings.append(f"{where}: action is missing, expected a sentence")
    if not isinstance(channel, str):
        findings.append(f"{where}: channel is missing, expected one of {', '.join(channels)}")
    elif channel not in channels:
        findings.append(f"{where}: unknown channel {channel!r}{_hint(channel, channels)}")
    return Rule(str(action).strip(), str(channel), *named.values())


def _texts(found: object, where: str, findings: list[str]) -> tuple[str, ...]:
    texts = [found] if isinstance(found, str) else found
    if isinstance(texts, list) and texts and all(isinstance(text, str) and text for text in texts):
        return tuple(texts)
    findings.append(f"{where} is {found!r}, expected a text or a list of texts")
    return ()


def _hint(name: str, known: Sequence[str]) -> str:
    return suggest(name, known) if find_nearest(name, known) else f"; known here: {', '.join(known)}"


def _check_reach(rules: Sequence[Rule]) -> list[str]:
    findings = []
    left = set(_CASES)
    for i, rule in enumerate(rules, start=1):
        if left.isdisjoint(rule.cases()):
            findings.append(f"rule {i} is never reached: {_explain_unreached(rule)}")
        left -= rule.cases()
    if left:
        tier, segment, evidence, churn, reason = next(case for case in _CASES if case in left)
        known = f"reason {reason}" if reason else "no reason known"
        example = f"tier {tier}, segment {segment}, evidence {evidence}, churn {churn}, {known}"
        findings.append(f"no rule for {example}; end with a rule that has only an action and a channel")
    return findings


def _explain_unreached(rule: Rule) -> str:
    if not rule.cases():
        return f"who never ordered (evidence {' or '.join(NO_ORDER)}) is of segment {_LAPSED}"
    return "the rules before it take all its customers; move it up"

"""Which passwords are taken, and what a browser calls itself."""

from __future__ import annotations

import pytest

from lab.access.passwords import SHORTEST, hashed, is_easily_guessed, matches
from lab.access.sessions.rules import browser_in_words, neighbourhood
from lab.foundation.errors import Invalid

NAMES = ("Harbour Lab", "Ada Moor", "ada.moor@example.org")


@pytest.mark.parametrize("password", ["password12", "x" * (SHORTEST - 1), "x" * 201, ""])
def test_a_password_has_fifteen_to_two_hundred_characters(password: str) -> None:
    with pytest.raises(
        Invalid, match=rf"15 to 200 characters, and this one has {len(password)}\. Three or four"
    ):
        hashed(password)


@pytest.mark.parametrize(
    "password",
    [
        "password12password12", "Passw0rd Passw0rd", "123456789012345", "qwertyuiopasdfgh",
        "aaaaaaaaaaaaaaaaaaaa", "iloveyouiloveyou", "abcdefghijklmnop", "Harbour Lab Harbour Lab",
        "harbour lab 2026 ada", "ada.moor@example.org", "Ada Moor Ada Moor!", "! ! ! ! ! ! ! ! !",
        "followthrough harbour lab",
    ],
)  # fmt: skip
def test_a_password_that_others_try_first_is_refused_with_advice(password: str) -> None:
    with pytest.raises(Invalid, match=r"Others would guess this password.*Three or four unrelated words"):
        hashed(password, about=NAMES)


@pytest.mark.parametrize(
    "password",
    ["amber kettle bridge", "a long walk by the sea", "ein langer Weg am Meer", "Θάλασσα και βουνό"],
)
def test_a_phrase_of_ones_own_is_taken_without_digits_or_signs(password: str) -> None:
    assert not is_easily_guessed(password, NAMES)


def test_a_password_typed_on_another_keyboard_is_the_same() -> None:
    stored = hashed("Å fjord ö lantern")
    assert matches("A\u030a fjord o\u0308 lantern", stored)
    assert not matches("A fjord o lantern", stored)
    assert not matches("Å fjord ö lantern", None)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Firefox/141.0", "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 "
         "Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
         "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 "
         "Edg/140.0", "Edge on Mac"),
        ("curl/8.5.0", ""), ("", ""), ("<script>Firefox</script>" * 99, "Firefox"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_plain_words(user_agent: str, words: str) -> None:
    assert browser_in_words(user_agent) == words


def test_an_address_is_kept_for_good_only_without_the_household() -> None:
    assert neighbourhood("203.0.113.9") == "203.0.113.0/24"
    assert neighbourhood("2001:db8:1:2:3::4") == "2001:db8:1::/48"
    assert neighbourhood("testclient") == ""

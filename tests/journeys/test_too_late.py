"""A phone is offline over the close: what was kept on it is said not to count, and can still be read."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from lab.voting.commands import close_round, open_round, reveal_round
from tests.journeys.votes import TITLES, WORRY, House, card, hand_in, join, mark, violations
from tests.journeys.votes import house as house
from tests.journeys.votes import windows as windows

pytestmark = pytest.mark.journey


def test_a_ballot_kept_by_an_offline_phone_over_the_close_is_said_not_to_count_and_stays_readable(
    windows: Any, house: House
) -> None:
    round_id = house.drafted("score")
    code = house.code(round_id)
    house.does(open_round, round_id)
    sends, half_done, voted = windows(390), windows(390), windows(390)
    for phone in (sends, half_done, voted):
        join(phone, code)
        mark(phone, "score", TITLES[0], 4)
    hand_in(voted)
    option = card(sends, TITLES[1])
    option.get_by_text("I have a worry").click()
    option.get_by_role("textbox").fill(WORRY)
    for phone in (sends, half_done):
        phone.context.set_offline(True)
    sends.get_by_role("button", name="Hand in my vote").click()
    expect(sends.get_by_text("Your vote is kept on this phone")).to_be_visible()
    house.does(close_round, round_id, reveal=False)
    for phone in (sends, half_done):
        phone.context.set_offline(False)

    expect(sends.get_by_text("came after the close and was not counted")).to_be_visible()
    expect(half_done.get_by_text("You had not handed this in when the vote closed")).to_be_visible()
    house.does(reveal_round, round_id)
    for phone in (sends, half_done):
        phone.reload()
        expect(phone.locator("#late")).to_contain_text("not counted")
        expect(phone.locator("#late")).to_contain_text(f"{TITLES[0]}: 4")
        expect(phone.locator(".bars")).to_contain_text(TITLES[0])
    expect(sends.locator("#late")).to_contain_text(WORRY)
    expect(voted.locator(".bars")).to_contain_text(TITLES[0])
    expect(voted.locator("#late")).to_have_count(0)
    assert violations(sends, looks=[(390, "light"), (390, "dark")]) == []
    sends.get_by_role("button", name="Throw it away").click()
    sends.reload()
    expect(sends.locator("#late")).to_have_count(0)

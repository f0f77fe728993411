"""The board's script comes in modules, all of one version."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from lab.web.pages import ASSETS, HERE

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
IMPORTED = re.compile(r"^import .* from '\./(.+)';$", re.MULTILINE)


def test_every_module_that_one_asks_for_is_there_and_none_is_left_over(phone: TestClient) -> None:
    asked, found = ["noteboard.js"], set()
    while asked:
        name = asked.pop()
        if name in found:
            continue
        found.add(name)
        answer = phone.get(f"/assets/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["content-type"].startswith("text/javascript")
        asked += [f"{name.rpartition('/')[0]}/{each}".lstrip("/") for each in IMPORTED.findall(answer.text)]
    assert found == {name for name in ASSETS if name.startswith("noteboard") and name.endswith(".js")}
    assert len(found) == 1 + len(list((HERE / "assets" / "noteboard").iterdir()))


def test_a_browser_asks_each_time_whether_a_module_is_still_the_same(phone: TestClient) -> None:
    first = phone.get("/assets/noteboard/host.js")
    assert first.headers["cache-control"] == "no-cache"
    again = phone.get("/assets/noteboard/host.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = phone.get("/assets/noteboard/wall.js", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def test_no_address_below_the_assets_leads_elsewhere(phone: TestClient) -> None:
    for path in ("noteboard/%2e%2e/%2e%2e/pages.py", "..%2fpages.py", "noteboard/", "noteboard/none.js"):
        assert phone.get(f"/assets/{path}").status_code == 404

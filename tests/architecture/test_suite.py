"""The suite itself: what it relies on."""

import pytest


@pytest.mark.xdist_group("one worker")
def test_tests_of_one_group_share_a_worker(request):
    """Else two platforms would start at once over one database."""
    is_grouped = request.config.getoption("loadgroup", False)

    assert request.node.nodeid.endswith("@one worker") == is_grouped

"""A picture that is small as a file and without end once it is drawn."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from apps.disputes.rules.file_type import EvidenceFileNotTaken, file_type, has_many_scans
from apps.disputes.services.draw_evidence_pack import PackImage, PackSection, draw_evidence_pack
from tests.cpu_time import within_its_time


def of_scans(count):
    """A JPEG whose last scan stands in it so many times more."""
    drawn = BytesIO()
    Image.new("L", (5_000, 5_000), 128).save(drawn, "JPEG", progressive=True)
    whole = drawn.getvalue()
    return whole[:-2] + whole[whole.rfind(b"\xff\xda") : -2] * count + whole[-2:]


def test_a_picture_with_more_scans_than_any_camera_writes_is_not_taken():
    assert file_type(of_scans(10)) == "image/jpeg"
    with pytest.raises(EvidenceFileNotTaken):
        file_type(of_scans(300))


def test_what_only_looks_like_scans_is_none():
    looks = b"\xff\xda" * 300
    noise = BytesIO()
    Image.effect_noise((1_500, 1_500), 200).save(noise, "PNG")

    # A phone's picture has a film behind its end.
    assert file_type(of_scans(0) + looks) == "image/jpeg"
    assert noise.getvalue().count(b"\xff\xda") > 5
    assert not has_many_scans(noise.getvalue() + looks)


def test_a_picture_of_several_as_telephones_make_is_a_jpeg():
    drawn = BytesIO()
    one = Image.new("RGB", (64, 64), "red")
    one.save(drawn, "MPO", save_all=True, append_images=[one.rotate(90)])

    assert file_type(drawn.getvalue()) == "image/jpeg"


def test_one_that_was_kept_before_holds_up_no_pack():
    section = PackSection(title="Files", images=[PackImage("old.jpg", of_scans(300))])

    with within_its_time():
        assert draw_evidence_pack(title="Evidence", sections=[section], footer="")

"""All that speaks for a merchant in one PDF that nobody can change unseen."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import translation
from PIL import Image
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader

from apps.disputes.models import SigningKey
from apps.disputes.rules.signing_key import new_signing_key, private_key_of
from apps.disputes.services.add_evidence import NewFile, add_evidence
from apps.disputes.services.build_evidence_pack import PackEntry, build_evidence_pack
from tests.disputes.test_api import PDF

pytestmark = pytest.mark.django_db
MSISDN = "237677000001"


@pytest.fixture
def answered(paid, dispute, clock):
    """A dispute with texts and files."""
    made = dispute(
        paid(payer_msisdn=MSISDN, description="Deux billets à Yaoundé"),
        reason="service_not_rendered",
        complaint=f"Je n’ai rien reçu, dit le +{MSISDN}.",
        provider_reference="CASE-7",
    )
    made.payment.attempts.update(
        raw={"status": "SUCCESSFUL", "payer": {"partyId": MSISDN}, "payeeNote": "Aller-retour"}
    )
    drawn = BytesIO()
    Image.new("RGB", (3_000, 1_000), "red").save(drawn, "PNG")
    add_evidence(
        dispute_id=made.pk,
        texts={"delivery_proof": "Remis à l’entrée, « sur place ».\nDeuxième ligne <b>&"},
        files=[NewFile("reçu.png", drawn.getvalue()), NewFile("facture.pdf", PDF)],
        now=clock.now,
    )
    return made


@pytest.fixture
def pack(answered, clock):
    def build(language="fr", **fields):
        entry = PackEntry(clock.now, "Tentative : aboutie", "Dans les mots du prestataire : OK")
        with translation.override(language):
            return build_evidence_pack(
                dispute_id=answered.pk, now=clock.now, **{"timeline": [entry], **fields}
            )

    return build


def text_of(pdf):
    pages = "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return " ".join(pages.replace("\N{NO-BREAK SPACE}", " ").split())


def checked(pdf, certificate):
    (own,) = load_certs_from_pemder_data(certificate)
    reader = PdfFileReader(BytesIO(pdf))
    (signature,) = reader.embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[own]))


def test_a_pack_says_what_there_is_with_its_accents(answered, pack):
    text = text_of(pack())

    assert answered.public_id in text
    assert answered.payment.public_id in text
    assert "10 000 XAF" in text
    assert "Deux billets à Yaoundé" in text
    assert "Remis à l’entrée, « sur place »." in text
    assert "Deuxième ligne <b>&" in text
    assert "Dans les mots du prestataire : OK" in text
    assert "CASE-7" in text
    assert "SUCCESSFUL" in text and "Aller-retour" in text
    assert "reçu.png" in text and "facture.pdf" in text
    whole = text.replace(" ", "")
    assert all(bytes(file.sha256).hex() in whole for file in answered.files.all())


def test_no_phone_number_is_in_it(pack):
    text = text_of(pack()).replace(" ", "")

    assert MSISDN not in text
    assert MSISDN[3:] not in text
    assert "•" in text


def test_images_are_shown_smaller_and_all_of_it_stays_small(pack):
    made = pack()

    (image,) = [image for page in PdfReader(BytesIO(made)).pages for image in page.images]
    assert max(image.image.size) == 1_600
    assert len(made) < 200_000


def test_its_signature_is_good_and_a_change_is_seen(pack):
    made = pack()
    certificate = SigningKey.objects.get().certificate.encode()

    status = checked(made, certificate)
    assert status.bottom_line
    assert status.coverage.name == "ENTIRE_FILE"

    place = made.index(b"ReportLab")
    changed = made[:place] + b"reportlab" + made[place + 9 :]
    assert not checked(changed, certificate).intact


def test_the_platform_makes_one_key_and_keeps_it_encrypted(pack):
    pack()
    pack()

    row = SigningKey.objects.get()
    assert b"PRIVATE KEY" not in bytes(row.key_encrypted)
    assert "PRIVATE KEY" in private_key_of(row)


def test_a_key_that_is_configured_signs(pack, settings, tmp_path, clock):
    given = new_signing_key(now=clock.now)
    file = tmp_path / "signing.pem"
    file.write_text(private_key_of(given) + given.certificate)
    settings.EVIDENCE_SIGNING_PEM = str(file)

    made = pack()

    assert checked(made, given.certificate.encode()).bottom_line
    assert not SigningKey.objects.exists()


def test_a_long_story_is_cut(pack, clock):
    entries = [PackEntry(clock.now + timedelta(seconds=n), f"n{n}.") for n in range(400)]

    text = text_of(pack(timeline=entries))

    assert "n299." in text
    assert "n300." not in text


def test_what_is_longer_than_a_page_goes_on_on_the_next(pack, clock):
    entry = PackEntry(clock.now, "A word", "\n".join(f"line {n}." for n in range(300)))

    text = text_of(pack(timeline=[entry]))

    assert "line 0." in text and "line 299." in text


def test_a_picture_that_breaks_off_is_named_and_breaks_no_pack(answered, pack, clock):
    drawn = BytesIO()
    Image.effect_noise((300, 300), 50).save(drawn, "JPEG")
    whole = drawn.getvalue()
    add_evidence(
        dispute_id=answered.pk,
        texts={},
        files=[NewFile("half.jpg", whole[: len(whole) // 2])],
        now=clock.now,
    )

    text = text_of(pack("en"))

    assert "half.jpg" in text and "does not open" in text


def test_it_is_in_the_readers_language(pack):
    assert "Receipt of the payment" in text_of(pack("en"))

"""A dozen answers to begin with. Safe to re-run: an answer that is there, edited or not, stays."""

import uuid

from django.db import migrations
from django.utils import timezone

# Code, category, titles and texts: French, then English. {ticket} and {about} are filled in.
ANSWERS = [
    (
        "debited_we_ask", "debited_not_confirmed",
        "Débité : nous interrogeons l’opérateur", "Debited: we ask the operator",
        "Bonjour,\n\nVous avez été débité, et nous n’avons pas encore la confirmation de votre opérateur. Nous venons de l’interroger. S’il confirme le débit, le paiement {about} sera validé et le marchand prévenu sans que vous ayez rien à faire. Sinon, la somme vous revient par l’opérateur.\n\nNe payez pas une seconde fois d’ici là.",
        "Hello,\n\nYou were debited, and your operator has not confirmed it to us yet. We have just asked. If the operator confirms the debit, payment {about} is settled and the merchant is told, with nothing for you to do. If not, the operator gives the money back to you.\n\nPlease do not pay a second time meanwhile.",
    ),
    (
        "debited_settled", "debited_not_confirmed",
        "Débité : c’est réglé", "Debited: it is settled",
        "Bonjour,\n\nL’opérateur a confirmé votre débit : le paiement {about} est validé et le marchand en a été prévenu. Vous n’avez rien d’autre à faire.\n\nMerci de votre patience.",
        "Hello,\n\nThe operator has confirmed your debit: payment {about} is settled, and the merchant has been told. There is nothing else for you to do.\n\nThank you for your patience.",
    ),
    (
        "failed_and_debited", "failed_and_debited",
        "Échec et débit : ce que nous vérifions", "Failed and debited: what we check",
        "Bonjour,\n\nChez nous le paiement {about} a échoué. Si votre compte a pourtant été débité, envoyez-nous le SMS de l’opérateur : il porte la date, le montant et un numéro de transaction. Nous le comparons au relevé de l’opérateur et vous répondons ici.\n\nN’envoyez jamais votre code secret : personne chez nous ne le demande.",
        "Hello,\n\nWith us, payment {about} failed. If your account was debited all the same, please send us the operator’s text message: it has the date, the amount and a transaction number. We compare it with the operator’s statement and answer here.\n\nNever send your PIN: nobody here asks for it.",
    ),
    (
        "paid_twice", "paid_twice",
        "Payé deux fois : nous comparons", "Paid twice: we compare",
        "Bonjour,\n\nNous comparons vos deux paiements. Si les deux ont abouti pour le même achat, nous en informons le marchand, qui peut rembourser l’un des deux. Le remboursement arrive sur le numéro qui a payé.",
        "Hello,\n\nWe are comparing your two payments. If both succeeded for the same purchase, we tell the merchant, who can refund one of them. The refund goes to the number that paid.",
    ),
    (
        "wrong_number", "wrong_number",
        "Mauvais numéro", "Wrong number",
        "Bonjour,\n\nUn paiement ne part du téléphone que si son titulaire le confirme avec son code. Si le numéro saisi n’était pas le vôtre et que personne n’a confirmé, rien n’a été débité : recommencez avec le bon numéro. Si vous avez été débité par erreur, dites-nous la date et l’heure indiquées par l’opérateur.",
        "Hello,\n\nA payment only leaves a phone if its owner confirms it with the PIN. If the number typed in was not yours and nobody confirmed, nothing was debited: please start again with the right number. If you were debited by mistake, tell us the date and time that the operator gives.",
    ),
    (
        "refund_on_its_way", "refund_not_arrived",
        "Remboursement en route", "Refund on its way",
        "Bonjour,\n\nVotre remboursement a été transmis à l’opérateur, et nous attendons sa confirmation. Il arrive sur le numéro qui a payé. Nous suivons l’opération et vous écrivons ici dès qu’elle aboutit.",
        "Hello,\n\nYour refund was handed to the operator, and we are waiting for its confirmation. It goes to the number that paid. We are following it and will write here as soon as it is through.",
    ),
    (
        "refund_asked_of_merchant", "refund_not_arrived",
        "Remboursement : la décision est au marchand", "Refund: the merchant decides",
        "Bonjour,\n\nC’est le marchand qui décide d’un remboursement ; nous lui avons transmis votre demande pour le paiement {about}. Dès qu’il le demande, la somme part vers le numéro qui a payé.",
        "Hello,\n\nA refund is the merchant’s decision; we have passed on your request for payment {about}. Once the merchant asks for it, the money goes to the number that paid.",
    ),
    (
        "webhook_missing", "webhook_not_received",
        "Webhook non reçu", "Webhook not received",
        "Bonjour,\n\nNous avons vérifié les envois vers votre adresse. Sous « Endpoints » vous voyez chaque essai avec la réponse de votre serveur ; répondez par un statut 2xx en moins de dix secondes. POST /webhook_endpoints/{id}/replay renvoie ce qui vous manque, et GET /events vous donne les mêmes événements à tout moment.",
        "Hello,\n\nWe have looked at what was sent to your address. With each delivery you see every try and what your server answered; please answer with a 2xx status within ten seconds. POST /webhook_endpoints/{id}/replay sends again what you missed, and GET /events has the same events at any time.",
    ),
    (
        "no_prompt", "no_prompt",
        "Aucune demande reçue sur le téléphone", "No prompt on the phone",
        "Bonjour,\n\nVérifiez que le téléphone a du réseau et que le compte Mobile Money est actif. La demande peut aussi attendre dans le menu de l’opérateur, sous les approbations en attente. Si elle n’y est pas, recommencez le paiement : tant que vous n’avez pas confirmé avec votre code, rien n’est débité.",
        "Hello,\n\nPlease check that the phone has network and that the mobile money account is active. The request may also be waiting in the operator’s menu, under pending approvals. If it is not there, start the payment again: as long as you have not confirmed with your PIN, nothing is debited.",
    ),
    (
        "need_more", "",
        "Il nous manque une information", "We need to know more",
        "Bonjour,\n\nPour avancer sur {ticket}, il nous faut la date, l’heure et le montant indiqués par l’opérateur, ainsi que son numéro de transaction. Une capture du SMS suffit. Masquez votre solde ; n’envoyez jamais votre code secret.",
        "Hello,\n\nTo go on with {ticket} we need the date, the time and the amount that the operator gives, and its transaction number. A picture of the text message is enough. Hide your balance; never send your PIN.",
    ),
    (
        "with_the_operator", "",
        "Nous attendons l’opérateur", "We are waiting for the operator",
        "Bonjour,\n\nVotre demande {ticket} est entre les mains de l’opérateur. Nous le relançons et vous écrivons ici dès qu’il répond.",
        "Hello,\n\nYour request {ticket} is with the operator. We keep asking, and will write here as soon as there is an answer.",
    ),
    (
        "resolved", "",
        "C’est résolu", "It is resolved",
        "Bonjour,\n\nVotre demande {ticket} est réglée. Si quelque chose ne va pas, répondez ici dans les quatorze jours : elle sera rouverte.\n\nVotre avis nous aide : vous pouvez noter cette réponse.",
        "Hello,\n\nYour request {ticket} is done. If anything is not right, answer here within fourteen days and it is opened again.\n\nYour opinion helps us: you can rate this answer.",
    ),
]  # fmt: skip


def add(apps, schema_editor):
    CannedAnswer = apps.get_model("support_tickets", "CannedAnswer")
    for code, category, title_fr, title_en, body_fr, body_en in ANSWERS:
        CannedAnswer.objects.get_or_create(
            code=code,
            defaults={
                "id": uuid.uuid4(),
                "category": category,
                "title_fr": title_fr,
                "title_en": title_en,
                "body_fr": body_fr,
                "body_en": body_en,
                "created_at": timezone.now(),
            },
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("support_tickets", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]

"""Whether somebody may be contacted, as columns and fields of marketing tools say it.

A column of refusals (`Email Opt Out`, `Unsubscribed`), of permissions (`Opt-in`, `GDPR consent`) or of a status
(`Marketing status`), in English, German, Japanese, Turkish, Polish, French, Spanish, Portuguese, Italian and Dutch.
"""

import re
from enum import Enum
from functools import lru_cache
from typing import Final

from qualification.rules.values.label_words import LONGEST, fold_words
from qualification.rules.values.label_words import folded_names as _folded


class Kind(Enum):
    """What a column says of contact: that it is refused, that it is permitted, or one of several states.

    `FILLED` holds the day or the reason of a refusal: whatever stands there refuses. `REMARK` is any other status, in
    which a refusal may stand among words that say nothing of contact.
    """

    REFUSAL = "refusal"
    FILLED = "filled"
    PERMISSION = "permission"
    STATUS = "status"
    REMARK = "remark"


class UnclearConsent(ValueError):
    """A value of a column about contact that says neither yes nor no."""


def refuses(label: str, value: object) -> bool | None:
    """Say whether the value refuses contact; None where it says nothing, or the label isn't about contact.

    Raises UnclearConsent for a value that cannot be read.
    """
    kind = kind_of(label)
    word = _word(value)
    if kind is None or not word or word in _NOTHING:
        return None
    if kind is Kind.REMARK:
        return True if word in _REFUSED else None
    counted = _COUNT.fullmatch(str(value).strip())
    if kind is Kind.FILLED:
        return not (word in _NO or word in _PERMITTED or (counted and int(counted[1]) == 0))
    if word in _REFUSED:
        return True
    if word in _PERMITTED:
        return False
    if counted and kind is not Kind.STATUS:
        is_yes = int(counted[1]) > 0
    elif word in _YES or (kind is not Kind.STATUS and _DAY.match(str(value).strip())):
        is_yes = True
    elif word in _NO:
        is_yes = False
    else:
        raise UnclearConsent(f"says neither yes nor no to contact: {str(value)[:LONGEST]}")
    return is_yes if kind is Kind.REFUSAL else not is_yes


@lru_cache(maxsize=4096)
def kind_of(label: str) -> Kind | None:
    """Return what a column or field with this label says of contact, None if it says nothing of it."""
    words = [word for word in fold_words(label) if not word.isdecimal()]
    whole = "".join(words)
    if len(label) > LONGEST or not _NOT_CONTACT.isdisjoint(words):
        return None
    if any(stem in whole for stem in _STATUS):
        return Kind.STATUS
    if whole in _REMARKS:
        return Kind.REMARK
    if any(stem in whole for stem in _REFUSALS) or not _REFUSAL_WORDS.isdisjoint(words):
        return Kind.REFUSAL if _DETAILS.isdisjoint(words) else Kind.FILLED
    if any(stem in whole for stem in _PERMISSIONS) or not _PERMISSION_WORDS.isdisjoint(words):
        return Kind.PERMISSION if _DETAILS.isdisjoint(words) else None
    return None


def _word(value: object) -> str:
    return "".join(fold_words(str(value))) or _SIGNS.get(str(value).strip(), "") if value is not None else ""


_COUNT: Final = re.compile(r"(\d{1,9})(?:[.,]0{1,9})?")
_DAY: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{4}年")
_SIGNS: Final = {"✓": "yes", "✔": "yes", "☑": "yes", "○": "yes", "◯": "yes", "×": "no", "✗": "no", "☐": "no"}
# Parts of a label, however it goes on.
_REFUSALS: Final = _folded(
    """
    optout optedout optsout unsubscri donotcontact dontcontact donotemail dontemail donotmail donotcall donotphone
    donotmarket donotdisturb donotsms bounced bounces hardbounce emailbounce mailbounce spamcomplaint spamreport
    emailcomplaint abusecomplaint abusereport markedasspam reportedspam consentwithdrawn withdrawnconsent
    consentrevoked
    withdrewconsent consentrefused nomarketing nocontact notcontact noemailcontact suppressed emailblacklist
    blacklisted
    neveremail nevercontact cleantime
    abgemeldet abmeldung abbestell keinewerbung keinkontakt nichtkontaktieren werbesperre kontaktsperre mailsperre
    werbewiderspruch widerspruch widerruf keineemail keinemail nichtanrufen keinenewsletter newsletterabbest
    unzustellbar
    配信停止 配信拒否 配信不可 メール停止 オプトアウト 連絡不可 連絡拒否 受信拒否 購読解除 送信停止 メール拒否
    バウンス 同意撤回
    aboneliktenayril aboneliktençık abonelikiptal listedençık iletişimkurma iletişimred izinred izinyok rızageri
    rızagerialın aramayın epostagönderme geridönen
    wypisa rezygnacj niekontaktowa niekontaktuj niewysyła niedzwoni zgodawycofan wycofaniezgody wycofanazgoda sprzeciw
    brakzgody zrezygnowa
    désabonn désinscri nepascontacter nepasappeler nepasenvoyer consentementretiré retraitduconsentement
    oppositionmarketing
    opposition
    dadodebaja dadadebaja sedebaja fechadebaja bajadecorreo bajaboletin nocontactar nollamar noenviar
    cancelósuscripción
    suscripcióncancelada desuscri consentimientoretirado correorebotado
    descadastr nãocontatar nãocontactar nãoligar nãoenviar cancelouainscrição cancelouinscrição consentimentoretirado
    consentimentorevogado inscriçãocancelada
    disiscri annullatoiscrizione cancellatoiscrizione iscrizioneannullata noncontattare nonchiamare noninviare
    revocaconsenso consensorevocato
    uitgeschreven afgemeld nietbenaderen nietcontacteren nietbellen nietmailen geenmail geencontact
    toestemmingingetrokken bezwaar
    """
)
_REFUSAL_WORDS: Final = _folded("dnc unsub unsubs bounce complained unsubscribe suppression")
_PERMISSIONS: Final = _folded(
    """
    optin optedin consent gdprpermission marketingpermission emailpermission contactpermission acceptsmarketing
    acceptmarketing marketingallowed marketingaccepted agreetomarketing agreedtomarketing emailallowed mayweemail
    maycontact cancontact contactable canemail emailsubscribed newslettersubscribed
    einwilligung zustimmung werbeerlaubnis werbeeinwilligung darfkontaktiert kontakterlaubt
    オプトイン 配信許可 メール許可 配信同意 受信許可 同意
    iletişimizni izinverdi kvkkonayı açıkrıza rızası ticariiletiizni pazarlamaizni
    zgodana zgodamarketing zgodynakontakt zgodarodo
    consentement suscritoal consentimiento consentimento consenso toestemming
    """
)
_PERMISSION_WORDS: Final = _folded(
    "subscribed permission abonniert 購読 izin riza zgoda abonné abonnée suscrito inscrito iscritto ingeschreven"
)
_STATUS: Final = _folded(
    """
    marketingstatus subscriptionstatus subscriberstatus consentstatus optinstatus optoutstatus newsletterstatus
    mailingstatus permissionstatus marketingcontactstatus emailsubscription einwilligungsstatus werbestatus abostatus
    配信ステータス 購読ステータス 購読状況 abonelikdurumu pazarlamadurumu izindurumu statuszgody statussubskrypcji
    statusmarketingowy
    statutdabonnement statutabonnement statutmarketing estadodesuscripción estadodemarketing statusdainscrição
    statusdemarketing statoiscrizione statodelconsenso statomarketing inschrijvingsstatus
    """
)
_REMARKS: Final = _folded(
    """
    status leadstatus contactstatus emailstatus mailstatus personstatus emailaddressstatus memberstatus emailquality
    kontaktstatus leadstatut statut estado stato ステータス durum
    """
)
# With one of these a label is about something else, such as a cookie banner or a share of mails.
_NOT_CONTACT: Final = _folded(
    """
    cookie cookies link url token rate quote id ip version text wording terms agb owner plan product level set
    newsletter-name percent score fax
    """
)
# A day, a reason or a place of what the rest of the label says.
_DETAILS: Final = _folded(
    """
    date day time timestamp when reason reasons cause comment source method mode title
    datum zeitpunkt uhrzeit am grund quelle 日 日時 理由 tarih tarihi neden nedeni data dzień powód przyczyna
    raison motif le fecha motivo razón causa ora reden tijd
    """
)
_YES: Final = _folded(
    """
    yes y true t x on ok checked ticked active set granted given confirmed accepted agreed allowed double single
    ja j wahr erteilt bestätigt aktiv angekreuzt はい 有 有り あり 済 許可 同意 同意する evet e var doğru
    tak prawda wyrażona oui o vrai accordé sí si s verdadero sim verdadeiro vero waar
    """
)
_NO: Final = _folded(
    """
    no n false f off unchecked not never none nein falsch nicht nie いいえ 無 無し なし 不可 hayır h yok yanlış
    nie non faux falso não nao nee onwaar
    """
)
_NOTHING: Final = _folded(
    "na null nil unknown unbekannt 不明 bilinmiyor nieznany inconnu desconocido desconhecido onbekend"
)
# Whole answers that say it themselves, in whichever column they stand.
_REFUSED: Final = _folded(
    """
    unsubscribed, unsubscribe, opted out, opt out, opt-out, optedout, bounced, hard bounced, hard bounce,
    soft bounced,
    complained, complaint, spam, spam complaint, spam report, marked as spam, do not contact, don't contact, dnc,
    do not email, do not mail, do not call, suppressed, blocked, blacklisted, cleaned, withdrawn, revoked,
    declined, denied,
    refused, rejected, no consent, consent withdrawn, not subscribed, non-subscribed, never subscribed, no permission,
    not permitted, not allowed, opted-out, archived, no marketing, removed, undeliverable, invalid email,
    abgemeldet, abbestellt, ausgetragen, widerrufen, widersprochen, nicht kontaktieren, kein kontakt, gesperrt,
    abgelehnt,
    keine einwilligung, nicht erteilt, keine werbung, unzustellbar, verweigert,
    配信停止, 停止, 拒否, 解除, 購読解除, 配信拒否, 連絡不可, オプトアウト, エラー, 不達, 同意しない, 撤回,
    abonelikten çıktı, abonelikten ayrıldı, abone değil, izin yok, reddedildi, iptal, reddetti, iptal edildi,
    wypisany, wypisana, brak zgody, wycofana, odmowa, zrezygnował, nie kontaktować, niewyrażona, odrzucony,
    désabonné, désabonnée, désinscrit, désinscrite, refusé, retiré, ne pas contacter, non abonné, opposé,
    dado de baja, baja, cancelado, no suscrito, rechazado, no contactar, desuscrito, rebotado, retirado,
    descadastrado, cancelada, não inscrito, recusado, não contatar, removido,
    disiscritto, disiscritta, annullato, non iscritto, rifiutato, revocato, non contattare, negato,
    uitgeschreven, afgemeld, geweigerd, ingetrokken, niet ingeschreven, niet benaderen
    """,
    ",",
)
_PERMITTED: Final = _folded(
    """
    subscribed, subscribe, opted in, opt in, opt-in, double opt-in, single opt-in, consent given, consented,
    marketing contact, marketing, non-marketing contact, permitted, not opted out, not unsubscribed, not bounced,
    angemeldet, abonniert, eingetragen, eingewilligt, zugestimmt, 配信中, 配信可, 購読中, 登録済み, オプトイン,
    同意済み,
    abone, onaylandı, izinli, zapisany, subskrybuje, zgoda, abonné, abonnée, inscrit, inscrite, suscrito, inscrito,
    iscritto, iscritta, ingeschreven, aangemeld, zgoda wyrażona
    """,
    ",",
)

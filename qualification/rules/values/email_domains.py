"""Which mail addresses tell no company: those of providers where anybody may have one."""

import re
from typing import Final

_LONGEST_DOMAIN: Final = 253

_LABEL_OF_MANY_COUNTRIES: Final = frozenset(
    {"yahoo", "hotmail", "live", "outlook", "gmx", "ymail", "googlemail", "yandex"}
)
_DOMAINS: Final = frozenset(
    {
        "gmail.com", "msn.com", "passport.com", "rocketmail.com", "aol.com", "aim.com", "mail.com", "email.com",
        "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.io",
        "fastmail.com", "fastmail.fm", "hey.com", "zoho.com", "zohomail.com", "inbox.com", "hushmail.com",
        "web.de", "t-online.de", "freenet.de", "arcor.de", "posteo.de", "mailbox.org", "bluewin.ch", "hispeed.ch",
        "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "neuf.fr", "bbox.fr", "skynet.be", "telenet.be",
        "libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it", "telefonica.net", "terra.es", "sapo.pt",
        "ziggo.nl", "kpnmail.nl", "xs4all.nl", "hetnet.nl", "planet.nl", "home.nl", "telia.com", "spray.se",
        "online.no", "btinternet.com", "virginmedia.com", "sky.com", "ntlworld.com", "talktalk.net", "eircom.net",
        "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net",
        "earthlink.net", "shaw.ca", "rogers.com", "sympatico.ca", "bigpond.com", "optusnet.com.au", "xtra.co.nz",
        "uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br", "rediffmail.com", "naver.com", "hanmail.net",
        "daum.net", "qq.com", "foxmail.com", "163.com", "126.com", "sina.com", "sohu.com", "yeah.net", "docomo.ne.jp",
        "mail.ru", "bk.ru", "list.ru", "inbox.ru", "rambler.ru", "ukr.net", "i.ua", "seznam.cz", "centrum.cz",
        "wp.pl", "o2.pl", "onet.pl", "interia.pl", "abv.bg", "freemail.hu", "citromail.hu", "inbox.lv",
    }
)  # fmt: skip


def domain_of(email: str) -> str:
    """Return the part of an address after its last @, in lower case; "" where there is none."""
    return email.rpartition("@")[2].strip().rstrip(".").casefold() if "@" in email else ""


def is_free_mail(domain: str) -> bool:
    """Say whether anybody may have an address there, so that it tells nothing of a company."""
    label, _, ending = domain.partition(".")
    # yahoo.fr, gmx.net, outlook.com.br; not yahoo-partners.com, nor outlook.northwind.com.
    return domain in _DOMAINS or (
        label in _LABEL_OF_MANY_COUNTRIES and ending.count(".") <= 1 and len(ending) <= len("com.br")
    )


def domain_of_company(website: str | None, email: str | None) -> str | None:
    """Return the domain by which a company is known: of its site, else of the mail; None where neither tells one."""
    for text in (website, email):
        domain = domain_of(text) if text and "@" in text else _host(text or "")
        if "." in domain and not is_free_mail(domain):
            return domain[:_LONGEST_DOMAIN]
    return None


def _host(website: str) -> str:
    """Return the host of an address, in lower case and without www."""
    host = website.strip().casefold().partition("://")[2] or website.strip().casefold()
    return re.split(r"[/?#:\s]", host, maxsplit=1)[0].removeprefix("www.").rstrip(".")

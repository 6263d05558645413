"""Who is who: names, companies and e-mail addresses folded for comparison, and fields read as people type them."""

import re

from qualification.rules.field_errors import Unreadable
from qualification.rules.values.blanks import is_blank
from qualification.rules.values.company_names import fold_company
from qualification.rules.values.countries import check_country
from qualification.rules.values.emails import check_email, emails_in, fold_email, fold_mailbox
from qualification.rules.values.folding import fold_label, fold_name, unescaped
from qualification.rules.values.headcounts import parse_size
from qualification.rules.values.money import parse_money

__all__ = [
    "Unreadable",
    "check_country",
    "check_email",
    "emails_in",
    "fold_company",
    "fold_email",
    "fold_label",
    "fold_mailbox",
    "fold_name",
    "is_blank",
    "parse_money",
    "parse_size",
    "storable",
    "unescaped",
    "written",
]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text without what JSON may carry and no database keeps: NUL, and halves of a pair of surrogates."""
    return _UNSTORABLE.sub("", text)


def written(text: str | None) -> str | None:
    """Return the text without the blanks around it, or None where nothing is left."""
    return (text or "").strip() or None

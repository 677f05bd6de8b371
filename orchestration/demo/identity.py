"""Who the demo's customers are on paper: identifiers, company and personal names, e-mail addresses.

Belongs here: everything that follows from an account's or contact's number alone.
Does not belong here: what is drawn per seed (the modules of the files).
"""

from __future__ import annotations

import string
from functools import cache

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECK = string.ascii_uppercase + "012345"
# Coprime to 62⁵, so that neighbouring numbers get unlike identifiers and no two the same one.
_STRIDE = 48_271_003


def _words(text: str) -> tuple[str, ...]:
    """Words of a text."""
    return tuple(text.split())


_FIRST_WORDS = _words(
    """
    Alder Amber Arctic Atlas Beacon Birch Blue Bright Cedar Çelik Cobalt Copper Coral Crown Delta Ember
    Falcon Fjord Golden Granite Harbor Hazel Indigo Ivory Juniper Lumen Maple Meridian Müller Nimbus
    Nordic Oak Onyx Orchid Pacific Pine Quartz Raven Sable Silver Söder Summit Tidal Umber Velvet Vertex
    Willow Zenith
    """
)
_SECOND_WORDS = _words(
    """
    Analytics Apparel Audio Biotech Capital Chemicals Dental Dynamics Energy Farms Foods Freight Gaming
    Glass Health Hotels Insurance Labs Learning Legal Lighting Logistics Marine Materials Media Metals
    Mobility Motors Networks Optics Packaging Paper Pharma Power Press Rail Retail Robotics Security
    Software Steel Textiles Tools Travel Water
    """
)
_COMPANY_FORMS = ("GmbH", "Inc.", "Ltd", "AG", "& Sons, Inc.", "S.A.", "Oy", 'Group "One"')
_FIRST_NAMES = _words(
    """
    Aiko Amara Anna Ben Carla Chen Daniel Elif Emma Farid Grace Hana Ivan Jürgen Kofi Laura Lena Luis
    Maya Mei Nadia Noah Olga Omar Paula Priya Rosa Sam Sofia Tariq Tomás Wei Yara Zoë
    """
)
_LAST_NAMES = _words(
    """
    Abe Almeida Bauer Brown Costa Diaz Dubois Eriksen Fischer García Haddad Ito Jansen Kaya Khan Kim
    Kowalski Lindqvist Martin Mensah Meyer Müller Nguyen Novak O'Brien Okafor Patel Rossi Sato Schmidt
    Silva Smith Tanaka Weber Wang Zhang
    """
)
_PLAIN = str.maketrans("ÇçüöëéáíÜÖ", "CcuoeeaiUO", "'")


def account_id(number: int) -> str:
    """18-character account Id."""
    return _crm_id("001", number)


def contact_id(number: int) -> str:
    """18-character contact Id."""
    return _crm_id("003", number)


def _crm_id(prefix: str, number: int) -> str:
    """Case-sensitive 15 characters and the 3 that tell which of them are capitals."""
    value = (number + 1) * _STRIDE % 62**5
    digits = ""
    for _ in range(5):
        value, digit = divmod(value, 62)
        digits = _ALPHABET[digit] + digits
    plain = f"{prefix}5g00000{digits}"
    return plain + "".join(_check_character(plain[start : start + 5]) for start in (0, 5, 10))


@cache
def _check_character(five: str) -> str:
    """One letter or digit for which of five characters are capitals, the first being the lowest bit."""
    return _CHECK[sum(1 << place for place, letter in enumerate(five) if letter in string.ascii_uppercase)]


def company_name(number: int) -> str:
    """Company name, unlike any other; some with commas, quotation marks or letters beyond ASCII."""
    rest, first = divmod(number, len(_FIRST_WORDS))
    turn, second = divmod(rest, len(_SECOND_WORDS))
    words = f"{_FIRST_WORDS[first]} {_SECOND_WORDS[(second + 7 * first) % len(_SECOND_WORDS)]}"
    form = _COMPANY_FORMS[number * 5 % len(_COMPANY_FORMS)]
    return f"{words} {form}" if turn == 0 else f"{words} {turn + 1} {form}"


def company_domain(number: int) -> str:
    """Internet domain of a company, under the reserved name `example`."""
    first = _FIRST_WORDS[number % len(_FIRST_WORDS)].translate(_PLAIN).lower()
    return f"{first}{number}.example"


def person_name(number: int) -> tuple[str, str]:
    """First and last name of a contact; namesakes occur."""
    mixed = (number + 1) * 7_919
    return _FIRST_NAMES[mixed % len(_FIRST_NAMES)], _LAST_NAMES[mixed // 34 % len(_LAST_NAMES)]


def contact_email(number: int, account: int) -> str:
    """E-mail address of a contact, lower case, unlike any other."""
    first, last = (part.translate(_PLAIN).lower() for part in person_name(number))
    return f"{first}.{last}{number}@{company_domain(account)}"

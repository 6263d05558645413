"""Names of people and companies, folded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.rules.values.company_names import fold_company
from qualification.rules.values.folding import fold_name, unescaped

LETTERS = st.text("aAİIıişŞçÇéÉßøŁ&;# .'’\N{COMBINING ACUTE ACCENT}\N{ZERO WIDTH JOINER}がか株式会社()ООО", max_size=30)
FORMS = st.lists(
    st.sampled_from(
        [
            "S.C.",
            "SRL",
            "GmbH",
            "& Co.",
            "KG",
            "A.Ş.",
            "Ltd.",
            "Şti.",
            "株式会社",
            "ООО",
            "SIA",
            "the",
            "Acme",
            "B",
            "z",
            "o.o.",
            "&",
        ]
    ),
    max_size=7,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("İREM YILDIZ", "İrem Yıldız"),
        ("IŞIL KAYA", "Işıl Kaya"),
        ("GÜLŞAH ÖZDEMİR", "Gülşah Özdemir"),
        ("ELODIE LEFEVRE", "Élodie Lefèvre"),
        ("ΜΑΡΙΑ ΠΑΠΑΣ", "Μαρία Παπάς"),
        ("STRASSER", "Straßer"),
        ("ＡＮＡ　ＲＵＩＺ", "Ana Ruiz"),
        ("Per O&#039;Dell", "Per O’Dell"),
        ("Łukasz Żak", "LUKASZ ZAK"),
        ("Пётр", "Петр"),
    ],
)
def test_a_name_is_one_whatever_its_capitals_and_accents(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)


@pytest.mark.parametrize(("one", "other"), [("がく", "かく"), ("йод", "иод"), ("Ana", "Anna"), ("हिन्दी", "हनद")])
def test_marks_that_are_letters_of_their_own_count(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bartels &amp; S&ouml;hne", "Bartels & Söhne"),
        ("O&#039;Dell &#x26; Co", "O'Dell & Co"),
        ("Bartels &amp;amp; Sons", "Bartels & Sons"),
        ("AT&T; R&D", "AT&T; R&D"),
        ("a &copy b", "a &copy b"),
        ("&nosuchentity;", "&nosuchentity;"),
    ],
)
def test_entities_are_shown_as_people_write_them(text: str, shown: str) -> None:
    assert unescaped(text) == shown


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("株式会社山本製作所", "山本製作所"),
        ("（株）山本製作所", "山本製作所"),
        ("山本製作所㈱", "山本製作所"),
        ("주식회사 한빛", "한빛"),
        ("(주)한빛", "한빛"),
        ("蓝天科技有限公司", "蓝天科技"),
        ("Ege Çelik San. ve Tic. A.Ş.", "EGE ÇELİK"),
        ("Demir Anonim Şirketi", "Demir"),
        ("АО «Север»", "Север"),
        ("Север, ООО", "Север"),
        ("ТОВ Калина", "Калина"),
        ("S.C. Bradul S.A.", "Bradul"),
        ("SIA Ozols", "Ozols"),
        ("Ozols, SIA", "Ozols"),
        ("Nowak Spółka z ograniczoną odpowiedzialnością Sp. k.", "Nowak"),
        ("Dąb S.A.", "DAB"),
        ("Novák spol. s r. o.", "Novak"),
        ("Bauer G m b H", "Bauer"),
        ("Bauer UG (haftungsbeschränkt) & Co. KG", "Bauer"),
        ("Bauer & Cie. AG", "Bauer & Cie"),
        ("Lefèvre et Cie", "Lefevre"),
        ("SARL Café Noir", "Cafe Noir"),
        ("PT Maju Jaya Tbk", "Maju Jaya"),
        ("Foo Oy Ab", "Foo"),
        ("Sol S. de R.L. de C.V.", "Sol"),
        ('בנק לדוגמה בע"מ', "בנק לדוגמה"),
        ("บริษัท ตัวอย่าง จำกัด", "ตัวอย่าง"),
        ("Northwind Company", "Northwind Co."),
        ("Bartels &amp; S&ouml;hne OHG", "Bartels & Söhne"),
    ],
)
def test_a_company_is_one_with_and_without_its_form(written: str, same: str) -> None:
    assert fold_company(written) == fold_company(same)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SC Freiberg", "Freiberg"),
        ("AS Nord", "Nord"),
        ("SAS Institute", "Institute"),
        ("Too Good", "Good"),
        ("The Works", "Works"),
        ("Sia Nord", "Sia Süd"),
        ("Me Too", "Me"),
        ("Gaming PC", "Gaming"),
    ],
)
def test_a_name_keeps_what_only_looks_like_a_form(one: str, other: str) -> None:
    assert fold_company(one) != fold_company(other)


@given(LETTERS)
@settings(max_examples=1000)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold_name(fold_name(text)) == fold_name(text)
    assert fold_company(fold_company(text)) == fold_company(text)


@given(FORMS)
@settings(max_examples=1000)
def test_a_name_of_forms_is_never_folded_away_and_folds_once(words: list[str]) -> None:
    name = " ".join(words)
    assert fold_company(fold_company(name)) == fold_company(name)
    assert bool(fold_company(name)) is bool(words)

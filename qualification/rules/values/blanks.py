"""What people and tools write where they have nothing to write."""

from typing import Final

from qualification.rules.values.folding import fold_label, fold_name


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LONGEST: Final = 60

# As `fold_label` leaves them: without blanks, signs and accents. None is the code of a country but "na": what exports
# write for nothing is far more often that than Namibia.
_WORDS: Final = _listed(
    """
    na none null nil nan nat undefined unknown unspecified notspecified notgiven notprovided notavailable notapplicable
    noanswer noneprovided nodata novalue notset notsure notdisclosed undisclosed prefernottosay prefernottoanswer
    dontknow idontknow empty blank missing void tbd tba tbc nothing nonegiven pleaseselect selectone pleasechoose
    nvt niks
    keine keiner keines nichts ka kangabe keineangabe keineangaben ohneangabe ohne unbekannt nichtbekannt nichtangegeben
    nichtvorhanden entfallt nv leer bittewahlen bitteauswahlen wahlensie weissnicht weissichnicht
    yok yoktur bilinmiyor belirtilmemis belirtilmedi bos seciniz lutfenseciniz hicbiri mevcutdegil
    brak brakdanych niedotyczy nieznany nieznane nieznana nd niepodano niewiem wybierz puste
    なし 無し 無 ナシ 該当なし 不明 未定 未入力 未設定 特になし 空白 選択してください
    aucun aucune neant inconnu inconnue nonrenseigne nonprecise sansobjet vide
    ninguno ninguna nada desconocido noaplica noespecificado sindatos vacio
    nessuno nessuna nondisponibile nonspecificato sconosciuto vuoto
    nenhum nenhuma naoaplicavel desconhecido naoinformado vazio
    geen onbekend leeg nietopgegeven
    """
)

# What Excel and its likes write where a formula fails.
_ERRORS: Final = frozenset(
    [
        "#N/A",
        "#NV",
        "#NAME?",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NUM!",
        "#NULL!",
        "#BEZUG!",
        "#WERT!",
        "#ERROR!",
        "#YOK",
        "#ADR!",
    ]
)


def is_blank(text: str | None) -> bool:
    """Say whether a text says that nothing is there: only signs, or a word such as N/A, k.A., brak, なし.

    A spreadsheet's errors (#N/A, #REF!) are blank too. What is not blank and cannot be read is unreadable, which is
    something else: the one was not given, the other is lost.
    """
    if not text or not text.strip():
        return True
    if len(text) > _LONGEST:
        return not any(char.isalnum() for char in text)
    if text.strip() in _ERRORS:
        return True
    # Of a plain text, `fold_name` changes nothing that `fold_label` leaves.
    label = fold_label(text if text.isascii() and "&" not in text else fold_name(text))
    return not label or label in _WORDS

"""Names of countries beside those of Unicode CLDR in ten languages, folded as `countries` compares them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Official names of ISO 3166-1, former ones, parts that people write for the whole, and short forms.
_ALSO: Final = """
AE: bae; eau; emirates; uae; vae; zea; الامارات
AL: shqiperia
BA: bosnia
BG: българия
BO: bolivia plurinational state of; plurinational state of bolivia
BQ: bonaire sint eustatius and saba
CD: congo democratic republic of; congo kinshasa; democratic republic of congo; democratic republic of the congo;
    drc
CG: congo brazzaville; republic of congo; republic of the congo
CH: confoederatio helvetica; helvetia; svizra
CI: ivory coast
CN: mainland china; people's republic of china; prc; 中國
CY: republic of cyprus
CZ: cechy; ceska republika; cesko; czech republic; tschechische republik
DE: brd; bundesrepublik deutschland; federal republic of germany
DK: danmark
EE: eesti
FI: suomi
FK: falkland islands malvinas
FM: federated states of micronesia
FR: french republic; republique francaise
GB: angleterre; anglia; birlesik krallik; engeland; england; england uk; gran bretana; great britain;
    grobbritannien; grossbritannien; inghilterra; ingiltere; inglaterra; northern ireland; schottland; scotland; u
    k; uk; united kingdom of great britain and northern ireland; wales; 英国
GR: el; ellada; hellas; ελλαδα
GS: south georgia and the south sandwich islands
HK: hong kong; hong kong sar; 香港
HM: heard island and mcdonald islands
HR: hrvatska
HU: magyarorszag
IE: eire; republic of ireland
IL: ישראל
IN: bharat; republic of india
IR: iran islamic republic of; islamic republic of iran
JP: nippon; 日本国
KP: democratic people's republic of korea
KR: korea; republic of korea; 대한민국; 한국
LA: lao people's democratic republic
LT: lietuva
LU: letzebuerg
LV: latvija
MD: republic of moldova
ME: crna gora
MF: saint martin french part
MK: former yugoslav republic of macedonia; macedonia; republic of north macedonia
MM: burma; burma myanmar
MO: macao; macau; macau sar
NL: holanda; holland; hollande; kingdom of the netherlands; olanda
NO: norge
PL: republic of poland; rzeczpospolita polska
PS: occupied palestinian territory; palestine; palestinian territory; state of palestine
RS: republic of serbia; srbija
RU: russian federation; россия
SA: kingdom of saudi arabia; ksa
SE: sverige
SG: republic of singapore
SH: saint helena ascension and tristan da cunha
SI: slovenija
SK: slovak republic; slovenska republika; slovensko
SX: sint maarten dutch part
SY: syrian arab republic
SZ: swaziland
TH: ประเทศไทย
TL: east timor
TR: republic of turkey; republic of turkiye; turkey; turkiye cumhuriyeti
TW: province of china taiwan; republic of china; taiwan province of china; taiwan roc; 台灣
TZ: united republic of tanzania
UA: украина; украіна
US: abd; america; estados unidos de america; etats unis d'amerique; stany zjednoczone ameryki; u s; u s a; united
    states of america; usa; vereinigte staaten von amerika; アメリカ; 米国
VA: holy see; vatican; vatican city state
VE: bolivarian republic of venezuela
VG: virgin islands british
VI: virgin islands us
ZA: republic of south africa; rsa
"""

# What those who live there call it: Unicode CLDR's names in each country's official languages.
_AT_HOME: Final = """
AE: الامارات العربية المتحدة
AF: owganystan; افغانستان
AL: shqiperi
AM: հայաստան
AT: austrija; ausztria; avstrija
AZ: azərbaycan; азәрбајҹан
BA: bosna i hercegovina; босна и херцеговина
BD: বাংলাদেশ
BH: البحرين
BI: uburundi
BN: بروني
BR: brazile
BT: འབག
BY: беларусь
CA: ᑲᓇᑕᒥ
CD: jamhuri ya kidemokrasia ya kongo; republiki ya kongo demokratiki
CF: kodorosese ti beafrika
CH: schwiiz
CN: cunghgoz; جۇڭگو; ར་ནག; 중국
CW: korsou
CY: κυπροσ
DE: tjiisklun
DJ: جيبوتي
DK: danmarki
DZ: الجزاير
EG: مصر
EH: الصحراء الغربية
ER: اريتريا; ኤርትራ
ES: espainia; espanya
ET: ኢትዮጵያ
FI: laaʹddjannam
FO: føroyar
GB: an riocht aontaithe; an rioghachd aonaichte; y deyrnas unedig
GE: гуырдзыстон; қырҭтәыла; საქართველო
GH: gaana; ghana nutome
GL: kalaallit nunaat
HK: 中國香港特別行政區
HR: croasia
IL: اسراييل
IM: ellan vannin
IN: بھارت; ڀارت; ہندوستان; भारत; भारतः; ভারত; ভাৰত; ਭਾਰਤ; ભારત; ଭାରତ; இநதியா; భరతదశం; ಭಾರತ; ഇനതയ; ᱤᱱᱰᱤᱭᱟ
IQ: العراق; عێراق
IR: ایران
JO: الاردن
KG: киргизия; кыргызстан
KH: កមពជា
KM: جزر القمر
KP: 북한
KW: الكويت
KZ: казахстан; қазақстан
LA: ລາວ
LB: لبنان
LI: liachteschtai
LK: இலஙகை; ශර ලංකාව
LY: ليبيا
MA: merruk; المغرب
MD: republica moldova
MG: madagasikara
MK: maqedonia e veriut; северна македонија
MM: မြနမာ
MN: монгол
MO: 中國澳門特別行政區
MR: موريتانيا
MV: ދވހ ރއޖ
NG: naijiria
NL: nederlan
NO: noreg; norga
NP: नपाल
NZ: aotearoa
OM: عمان
PG: papua niugini
PH: pilipinas
PK: پاکستان
PL: lenkija
PS: الاراضي الفلسطينية
QA: قطر
RS: srbsko; szerbia; сербія; србија
RU: арассыыиа; росси; рузонь мастор; русија
RW: u rwanda
SA: المملكة العربية السعودية
SD: السودان
SE: ruotsi
SG: சிஙகபபூர; 新加坡
SI: zlovenia
SJ: svalbard og jan mayen
SN: senegaal
SO: soomaaliya; الصومال
SY: سوريا
TD: تشاد
TH: ไทย
TJ: тоҷикистон
TN: تونس
US: ʻamelika hui pu ʻia
UZ: oʻzbekiston; узбекистон
XK: kosove; косово
YE: اليمن
ZA: aforika borwa; afrika borwa; emzantsi afrika; iningizimu afrika; suid-afrika
"""


def _listed(text: str) -> Mapping[str, str]:
    """Return the code of each name; a line that begins with a blank goes on."""
    lines = text.replace("\n    ", " ").strip().splitlines()
    by_code = (line.partition(":") for line in lines)
    return {name.strip(): code for code, _, names in by_code for name in names.split(";")}


ALSO_CALLED: Final[Mapping[str, str]] = MappingProxyType({**_listed(_AT_HOME), **_listed(_ALSO)})

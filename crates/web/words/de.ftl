### Alles, was Kundinnen und Kunden lesen, auf Deutsch. Kurze Sätze, „Sie“; niemand wird beschämt oder gedrängt.

language-name = Deutsch
page-broken = Diese Seite kann nicht gezeigt werden.

## Datum und Geld

month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
day = { $day }. { $month } { $year }
month = { $month } { $year }
moment = { $day }, { $time } Uhr ({ $zone })
decimal-mark = ,
money = { $amount } { $currency }

## Auf jeder Seite

skip = Zum Inhalt springen
navigation = Ihr Konto
navigation-end = Aufhören und gehen
nav-apps = Verbundene Apps
nav-hidden = Vor Apps verborgen
sign-out = Abmelden
promise = Ihre Einkäufe gehören Ihnen. Sie entscheiden, welche Apps sie sehen dürfen.
languages = Andere Sprachen
error-title = Fehler: { $title }
save = Speichern
saved = Gespeichert. Es gilt ab jetzt.
run-by = Betrieben von { $operator }
reference = Kennung

## Anmelden

sign-in = Anmelden
sign-in-for-app = { $app } möchte Ihre Einkäufe sehen. Melden Sie sich zuerst an. Nichts wird weitergegeben, bevor Sie auf der nächsten Seite zustimmen.
    .asks = { $app } möchte uns etwas für Sie sagen. Melden Sie sich zuerst an. Nichts geschieht, bevor Sie auf der nächsten Seite zustimmen.
sign-in-lead = Melden Sie sich an, um zu sehen, welche Apps Ihre Einkäufe ansehen dürfen, und um das zu beenden.
sign-in-number = Kundennummer
sign-in-hint = Dies ist eine Vorführung. Geben Sie die Nummer einer erfundenen Person ein.
sign-in-hint-list = Dies ist eine Vorführung. Geben Sie die Nummer einer erfundenen Person ein oder wählen Sie eine aus der Liste.
sign-in-elsewhere = Sie melden sich auf der Seite von { $shop } an, die Sie schon kennen, und kommen dann hierher zurück.
sign-in-password = Die App sieht Ihr Passwort nie.
sign-in-cancel = Abbrechen
sign-in-cancel-says = „Abbrechen“ bringt Sie zurück zur App. Sie bekommt nichts.
sign-in-missing = Geben Sie Ihre Kundennummer ein.
sign-in-unusable = Eine Kundennummer hat höchstens 128 Buchstaben, Ziffern oder Zeichen.

## Eine App zulassen

consent-title = Darf { $app } Ihre Einkäufe sehen?
    .asks = Darf { $app } uns etwas für Sie sagen?
consent-lead = Sie wählen, was die App sieht, ab welchem Tag und wie lange. Sie können es jederzeit beenden.
    .asks = Sie wählen, welche unserer Fragen die App für Sie beantworten darf und wie lange. Sie können es jederzeit beenden.
consent-who = Wer fragt
consent-address = Ihre Adresse
    .checked = { $host } (geprüft: Ihre Antwort geht nirgendwo anders hin)
    .device = Eine App auf diesem Gerät
consent-why = Wozu, in den Worten der App. { $shop } hat sie nicht geprüft:
consent-no-why = Die App sagt nicht, was sie mit Ihren Einkäufen tun wird.
    .asks = Die App sagt nicht, warum sie fragt.
consent-sees = Was sie sehen würde
consent-needed = Ohne das funktioniert die App nicht.
consent-optional = Das hätte die App auch gern. Kreuzen Sie an, was Sie dazugeben möchten. Sie müssen nichts ankreuzen.
consent-sensitive = Sehr Persönliches
    .hint = Manche Artikel können etwas sehr Persönliches verraten, zum Beispiel über Ihre Gesundheit, Ihren Glauben oder Ihr Sexualleben. Sie bleiben der App verborgen, wenn Sie das nicht ankreuzen.
    .label = Die App darf auch sehr Persönliches sehen
consent-shared = Geteilte Konten
    .hint = Was über ein Konto gekauft wurde, das Sie zum Beispiel mit Ihrer Familie teilen, kann auch etwas über die anderen verraten. Es bleibt der App verborgen, wenn Sie das nicht ankreuzen.
    .label = Die App darf auch Einkäufe über ein geteiltes Konto sehen
consent-from = Ab welchem Tag
    .hint = Einkäufe vor diesem Tag bleiben der App verborgen.
    .hint-until = Einkäufe vor diesem Tag bleiben der App verborgen. Das gilt auch für die nach dem { $date }.
consent-from-all = Alle meine Einkäufe
consent-from-earliest = Ab dem { $date }, wie die App es möchte
consent-from-year = Die letzten 12 Monate, ab dem { $date }
consent-from-date = Ab einem Tag, den ich wähle
consent-date = Tag
consent-leave-out = Etwas weglassen
    .hint = Die App erfährt nicht, was Sie weglassen. Sie können es später ändern, auch für einzelne Einkäufe.
consent-asks = Unsere Fragen, die sie für Sie beantworten würde
    .optional = Sie müssen nichts ankreuzen.
    .tell = Kreuzen Sie an, welche { $app } beantworten darf. { $shop } nutzt, was die App schickt, erst, wenn Sie selbst dazu Ja gesagt haben.
    .read = Die App sieht auch, was sie geschickt hat und was daraus geworden ist.
    .nothing = Kreuzen Sie mindestens eine Frage an, oder wählen Sie „Nicht erlauben“.
consent-duration = Wie lange
    .hint = Danach sieht die App nichts mehr, außer Sie stimmen noch einmal zu.
    .asks = Danach darf die App uns nichts mehr sagen, außer Sie stimmen noch einmal zu.
consent-withheld = Was nicht weitergegeben wird
    .name = Ihr Name, Ihre Adresse und wie man Sie erreicht
    .password = Ihr Passwort und vollständige Kartennummern
    .left-out = Was Sie oben weglassen und was Sie vor allen Apps verborgen haben
    .unticked = Was Sie oben nicht ankreuzen
    .shared = Einkäufe über ein Konto, das Sie mit anderen teilen
consent-stop = So beenden Sie es
    .says = Öffnen Sie hier „Verbundene Apps“ und wählen Sie „Teilen beenden“, oder „Ändern“, um etwas wegzunehmen. Es wirkt sofort. Was die App bis dahin gesehen hat, behält sie; Sie können { $operator } bitten, es zu löschen.
    .asks = Öffnen Sie hier „Verbundene Apps“ und wählen Sie „Teilen beenden“, oder „Ändern“, um etwas wegzunehmen. Es wirkt sofort. Was die App uns gesagt hat, finden Sie hier und können es zurücknehmen; was sie behalten hat, können Sie { $operator } bitten zu löschen.
consent-allow = Erlauben
consent-refuse = Nicht erlauben

date-missing = Wählen Sie einen Tag.
date-unreadable = Geben Sie einen Tag so ein: 2025-03-31.
date-future = Wählen Sie einen Tag, der nicht in der Zukunft liegt.
date-too-early = Die App möchte nur Einkäufe ab einem späteren Tag. Wählen Sie diesen Tag oder einen späteren.

dataset-purchases = Ihre Einkäufe
    .gives = Wann Sie etwas gekauft haben, was jeder Einkauf gekostet hat und was Sie zurückgegeben oder erstattet bekommen haben.
    .withheld = Ihre Einkäufe
dataset-lines = Jeder Artikel, den Sie gekauft haben
    .gives = Namen, Mengen, Preise und Rabatte.
    .withheld = Welche Artikel Sie gekauft haben
dataset-sensitive = Artikel, die etwas sehr Persönliches verraten können
    .gives = Zum Beispiel über Ihre Gesundheit, Ihren Glauben oder Ihr Sexualleben.
    .withheld = Artikel, die etwas sehr Persönliches verraten können
dataset-payment = Wie Sie bezahlt haben
    .gives = Die Art der Zahlung, die letzten vier Ziffern der Karte und Treuepunkte.
    .withheld = Wie Sie bezahlt haben
dataset-location = In welchem Geschäft
    .gives = Der Name des Geschäfts und der Ort, in dem es ist.
    .withheld = In welchem Geschäft Sie waren
dataset-documents = Kassenzettel und Rechnungen
    .gives = Die Dateien Ihrer Kassenzettel und Rechnungen.
    .withheld = Ihre Kassenzettel und Rechnungen als Dateien

duration-P30D = 30 Tage
duration-P90D = 90 Tage
duration-P180D = 180 Tage
duration-until_withdrawn = Bis ich es beende

## Weglassen

kinds-fold = Arten von Artikeln wählen
kinds-sensitive = Sehr Persönliches
kinds-ordinary = Alles andere
kinds-note = Sehr Persönliches wird ohnehin weggelassen.
kinds-unsorted = Sobald Sie eine Art wählen, werden auch Artikel weggelassen, die wir keiner Art zuordnen können.
keep-totals = Die vollen Beträge behalten
    .says = Wird aus einem Einkauf etwas weggelassen, bekommt die App nur den Betrag der übrigen Artikel und nicht, wie Sie bezahlt haben. So kann sie nicht ausrechnen, was fehlt. Kreuzen Sie das an, wenn sie den vollen Betrag und die Art der Zahlung trotzdem sehen darf.
shared-accounts = Einkäufe über ein geteiltes Konto
    .says = Was über ein Konto gekauft wurde, das Sie mit anderen teilen, etwa mit Ihrer Familie.

## Verbundene Apps

apps-title = Verbundene Apps
apps-lead = Diese Apps dürfen Ihre Einkäufe ansehen. Sie können jede davon jederzeit stoppen.
apps-nobody = Keine App kann Ihre Einkäufe sehen
    .says = Wenn eine App fragt, entscheiden Sie hier, was sie sehen darf. Apps, die Sie zugelassen haben, stehen auf dieser Seite.
apps-ended = Beendet
apps-since = Seit
apps-until = Bis
apps-ended-at = Beendet
apps-last = Zuletzt nachgesehen
apps-times = Wie oft
apps-sees = Sieht
apps-saw = Sah
apps-left-out = Weggelassen
apps-stop = Teilen beenden
    .with = mit { $app }
apps-change = Ändern
    .what = was { $app } sieht
answers-for-you = Antwortet für Sie: { $what }
purchases-since = Einkäufe ab dem { $date }
purchases-until = Einkäufe bis zum { $date }
single-purchases = { $count ->
    [one] 1 einzelner Einkauf
   *[other] { $count } einzelne Einkäufe
}
until-stopped = Sie es beenden
not-looked = Noch nicht
looked = { $count ->
    [0] Nie
    [one] Einmal
   *[other] { $count }-mal
}

state-given = Wartet auf die App
state-active = Aktiv
state-paused = Angehalten
state-lapsed = Von der App nie genutzt
state-withdrawn = Von Ihnen beendet
state-ended = Von der App beendet
state-revoked = Vom Geschäft beendet
state-expired = Zeit ist um

## Beenden

stop-title = Teilen mit { $app } beenden?
stop-what = Was dann geschieht
    .now = Ab diesem Moment sieht { $app } nichts mehr von Ihren Einkäufen.
    .keeps = Was die App schon gesehen hat, behält sie. Sie können { $operator } bitten, es zu löschen.
    .else = Sonst ändert sich bei { $shop } nichts für Sie.
stop-do = Teilen beenden
stop-back = Zurück
stop-link-sees = Was die App sieht
stop-link-hint = Auf diese Seite führt der Link in Ihrem Beleg. Zum Beenden müssen Sie sich nicht anmelden.
stopped-title = { $app } sieht nichts mehr
stopped-at = Es gilt seit
stopped-keeps = Was { $app } vorher gesehen hat, behält die App. Wenn es gelöscht werden soll, bitten Sie { $operator } darum.
stopped-lapsed = Die App hat nie nachgesehen, darum hat es von selbst geendet.
stopped-withdrawn = Sie haben das Teilen beendet.
stopped-ended = Die App hat es selbst beendet.
stopped-revoked = Das Geschäft hat es beendet.
stopped-expired = Die vereinbarte Zeit ist um.

## Ändern, was eine App sieht

change-title = Ändern, was { $app } sieht
change-lead = Was Sie wegnehmen, ist der App sofort verborgen. Was sie schon gesehen hat, behält sie; Sie können { $operator } bitten, es zu löschen.
change-joined = Neu unter Ihren Einkäufen
    .hint = { $count ->
        [one] 1 Einkauf ist dazugekommen, nachdem Sie diese App zugelassen haben, zum Beispiel weil aus zwei Ihrer Konten eines wurde. Die App sieht ihn nicht.
       *[other] { $count } Einkäufe sind dazugekommen, nachdem Sie diese App zugelassen haben, zum Beispiel weil aus zwei Ihrer Konten eines wurde. Die App sieht sie nicht.
    }
    .label = { $count ->
        [one] Die App darf ihn auch sehen
       *[other] Die App darf sie auch sehen
    }
change-sees = Was sie sieht
    .hint = Nehmen Sie ein Kreuz weg, um das nicht mehr zu teilen. Wenn Sie es wieder geben möchten, lassen Sie die App noch einmal fragen.
change-asks = Unsere Fragen, die sie für Sie beantworten darf
change-left-out = Was weggelassen wird
    .hint = Die App erfährt nicht, was Sie weglassen. Sie können es jederzeit zurückholen.
    .single = Einzelne Einkäufe weglassen
    .now = ({ $count } zurzeit)
change-cancel = Abbrechen

## Einzelne Einkäufe

left-out-title = Einzelne Einkäufe weglassen
left-out-lead = Was Sie hier weglassen, bekommt { $app } nicht zu sehen. Die App erfährt nicht, dass etwas fehlt. Andere Apps sind davon nicht betroffen.
left-out-list = Ihre Einkäufe
left-out-only = Nur Weggelassenes zeigen
left-out-back = Zurück zu { $app }
hidden-title = Vor allen Apps verborgen
hidden-lead = Was Sie hier verbergen, bekommt keine App zu sehen: weder die, die Sie zugelassen haben, noch die, die später fragen. Apps behalten, was sie schon gesehen haben. Sie können es jederzeit wieder zeigen.
hidden-kinds = Arten von Artikeln
    .now = Jetzt verborgen: { $kinds }.
    .none = Davon ist jetzt nichts verborgen.
hidden-list = Einzelne Einkäufe
hidden-some = Verborgene Einkäufe
hidden-only = Nur Verborgenes zeigen
show-all = Alle zeigen

hide = Verbergen
show = Wieder zeigen
hidden = Vor allen Apps verborgen
leave-out = Weglassen
put-back = Zurückholen
left-out = Weggelassen
and-more = { $things } und { $count } weitere
no-purchases = Hier sind keine Einkäufe.
none-hidden = Sie haben keinen einzelnen Einkauf verborgen.
none-left-out = Sie haben keinen einzelnen Einkauf weggelassen.
purchase = Einkauf
more-purchases = Mehr Einkäufe
newest-purchases = Neueste Einkäufe
older-purchases = Ältere Einkäufe

## Wenn etwas schiefging

what-to-do = Was Sie tun können
home = Zu den verbundenen Apps
failure-form_not_ours = Dieses Formular gilt nicht mehr
    .reason = Die Seite war zu lange offen, oder das Formular kam nicht von hier. Nichts wurde geändert.
    .advice = Öffnen Sie die Seite neu und füllen Sie sie noch einmal aus.
failure-form_unreadable = Das konnten wir nicht lesen
    .reason = Was Ihr Browser geschickt hat, war nicht vollständig. Nichts wurde geändert.
    .advice = Gehen Sie zurück, öffnen Sie die Seite neu und füllen Sie sie noch einmal aus.
failure-not_found = Hier ist nichts
    .reason = Diese Seite gibt es nicht, oder sie gehört nicht Ihnen.
    .advice = Prüfen Sie die Adresse, oder beginnen Sie bei den verbundenen Apps.
failure-request_unknown = Diese Anfrage ist nicht offen
    .reason = Die Anfrage der App ist vorbei, schon beantwortet oder keine von unseren. Es wurde nichts Neues weitergegeben.
    .advice = Gehen Sie zurück zur App und beginnen Sie dort noch einmal.
failure-app_unknown = Wir kennen diese App nicht
    .reason = Die App, die Sie hergeschickt hat, ist nicht angemeldet. Es wurde nichts weitergegeben.
    .advice = Machen Sie hier nicht weiter. Sagen Sie denen, die die App machen, was geschehen ist.
failure-app_not_active = Diese App ist nicht zugelassen
    .reason = Das Geschäft hat diese App nicht zugelassen oder sie gestoppt. Es wurde nichts weitergegeben.
    .advice = Fragen Sie die, die die App machen, was geschehen ist.
failure-app_ended = Diese App sieht nichts mehr
    .reason = Das Teilen mit dieser App ist beendet, darum gibt es nichts mehr zu ändern.
    .advice = Bei den verbundenen Apps steht, welche Apps noch etwas sehen.
failure-too_many_left_out = Mehr können Sie nicht weglassen
    .reason = Für eine App können Sie höchstens 500 einzelne Einkäufe weglassen. Nichts wurde geändert.
    .advice = Verbergen Sie den Einkauf stattdessen vor allen Apps, oder lassen Sie eine Art von Artikeln weg.
failure-stop_link_unknown = Dieser Link beendet nichts
    .reason = Er ist nicht vollständig, oder das, wofür er war, ist nicht mehr gespeichert.
    .advice = Kopieren Sie den ganzen Link aus Ihrem Beleg, oder melden Sie sich an und sehen Sie bei den verbundenen Apps nach.
failure-too_often = Das war zu oft
    .reason = Dieser Link wurde innerhalb einer Minute sehr oft geöffnet.
    .advice = Warten Sie eine Minute und versuchen Sie es noch einmal.
failure-receipt_not_ready = Der Beleg ist noch nicht fertig
    .reason = Was zuletzt geschehen ist, ist noch nicht unterschrieben.
    .advice = Versuchen Sie es gleich noch einmal.
failure-request_invalid = Die App hat falsch gefragt
    .reason = Die App, die Sie hergeschickt hat, hat in ihrer Anfrage einen Fehler gemacht. Es wurde nichts weitergegeben.
    .advice = Gehen Sie zurück zur App und versuchen Sie es noch einmal. Geschieht es wieder, sagen Sie es denen, die die App machen.
failure-sign_in_over = Das Anmelden hat zu lange gedauert
    .reason = Ihre Anmeldung passt nicht zu diesem Browser. Sie sind nicht angemeldet.
    .advice = Beginnen Sie noch einmal. Wenn eine App Sie hergeschickt hat, gehen Sie zuerst zur App zurück.
failure-sign_in_declined = Sie sind nicht angemeldet
    .reason = Die Anmeldeseite sagt, dass Sie aufgehört haben oder dass sie Sie nicht anmelden konnte.
    .advice = Beginnen Sie noch einmal, wenn Sie weitermachen möchten. Es wurde nichts weitergegeben.
failure-sign_in_refused = Wir konnten Sie nicht anmelden
    .reason = Die Antwort der Anmeldeseite war nicht zu gebrauchen. Sie sind nicht angemeldet.
    .advice = Versuchen Sie es später noch einmal. Geschieht es wieder, nennen Sie dem Geschäft die Kennung unten.
failure-sign_in_unavailable = Das Anmelden geht gerade nicht
    .reason = Die Anmeldeseite antwortet nicht. Es wurde nichts weitergegeben.
    .advice = Versuchen Sie es in ein paar Minuten noch einmal.
failure-ledger_rolled_back = Wir zeigen im Moment nichts
    .reason = Unsere Aufzeichnungen wurden nach einer Störung auf einen früheren Stand gebracht. Bis sicher ist, dass nichts davon zurückkommt, was Sie beendet haben, zeigen und teilen wir nichts.
    .advice = Apps können Sie weiterhin stoppen. Für alles andere kommen Sie bitte später wieder.
failure-unavailable = Wir können gerade nicht antworten
    .reason = Bei uns funktioniert im Moment etwas nicht. Wenn Sie gerade eine App stoppen oder etwas verbergen wollten, ist es vielleicht nicht geschehen.
    .advice = Versuchen Sie es in einer Minute noch einmal, und sehen Sie auf der Seite nach, ob es gilt.
failure-unknown = Etwas ist schiefgegangen
    .reason = Wir konnten nicht tun, worum Sie gebeten haben.
    .advice = Beginnen Sie noch einmal. Geschieht es wieder, nennen Sie dem Geschäft die Kennung unten.

## Eine App, mit jedem Mal, dass sie nachgesehen hat

apps-open = Wann sie nachgesehen hat
apps-open-new = Was Sie vereinbart haben
app-new = Sie haben { $app } am { $moment } zugelassen. Was Sie vereinbart haben, steht unten. Sie können es hier jederzeit stoppen.
app-agreed = Was Sie vereinbart haben
app-had-agreed = Was Sie vereinbart hatten
app-receipt = Beleg herunterladen
    .hint = Eine Datei mit jedem Schritt dieser Vereinbarung, die jeder nachprüfen kann.
app-recent = In den letzten 30 Tagen bekommen
recent = { $count ->
    [one] 1 Einkauf
   *[other] { $count } Einkäufe
}
recent-at-least = { $count ->
    [one] Mindestens 1 Einkauf
   *[other] Mindestens { $count } Einkäufe
}
recent-nothing = Nichts
recent-unknown = Nicht bekannt
app-looks = Jedes Mal, dass sie nachgesehen hat
    .hint = Bevor Daten an eine App hinausgehen, schreiben wir es auf. Das Neueste steht oben.
    .never = Sie hat nie nach Ihren Einkäufen gesehen.
    .not-yet = Sie hat noch nicht nach Ihren Einkäufen gesehen.
    .more = Weitere Male
look-purchases = { $count ->
    [one] Sie hat nach Ihren Einkäufen gefragt und 1 Einkauf bekommen.
   *[other] Sie hat nach Ihren Einkäufen gefragt und { $count } Einkäufe bekommen.
}
look-purchase = { $count ->
    [one] Sie hat nach einem einzelnen Einkauf gefragt und 1 Einkauf bekommen.
   *[other] Sie hat nach einem einzelnen Einkauf gefragt und { $count } Einkäufe bekommen.
}
look-changes = { $count ->
    [one] Sie hat nach Neuem gefragt und 1 Einkauf bekommen.
   *[other] Sie hat nach Neuem gefragt und { $count } Einkäufe bekommen.
}
look-summary = { $count ->
    [one] Sie hat nach Summen je Jahr gefragt. Sie kommen aus 1 Einkauf.
   *[other] Sie hat nach Summen je Jahr gefragt. Sie kommen aus { $count } Einkäufen.
}
look-volunteered = { $count ->
    [one] Sie hat nach 1 Sache gesehen, die sie uns für Sie gesagt hatte.
   *[other] Sie hat nach { $count } Sachen gesehen, die sie uns für Sie gesagt hatte.
}
look-data = { $count ->
    [one] Sie hat 1 Einkauf bekommen.
   *[other] Sie hat { $count } Einkäufe bekommen.
}
look-day = Gekauft am { $date }.
look-days = Gekauft vom { $from } bis zum { $to }.
look-forgotten = Was damals hinausging, wurde gelöscht.
entry-unreadable = Dieser Eintrag ist nicht mehr, was wir einmal geschrieben haben. Darum können wir ihn nicht zeigen. Bitte sagen Sie es { $shop }, mit der Kennung oben.
app-steps = Was sich an der Vereinbarung geändert hat
    .more = Weitere Änderungen
step-requested = { $app } hat Sie gefragt
step-given = Sie haben die App zugelassen
step-amended = Sie haben es geändert
step-sent = Ein Beleg wurde Ihnen geschickt
step-forgotten = Gelöscht
step-unreadable = Nicht lesbar
step-gone = Nicht mehr geteilt: { $what }
step-asks-gone = { $count ->
    [one] Sie darf 1 Frage weniger für Sie beantworten
   *[other] Sie darf { $count } Fragen weniger für Sie beantworten
}
step-left-out = Weggelassen: { $what }
step-put-back = Zurückgeholt: { $what }
step-totals-seen = Volle Summen sind zu sehen
step-totals-hidden = Volle Summen sind verborgen
step-joined = Einkäufe, die seither dazugekommen sind, sind auch zu sehen
nothing-earlier = Früher war nichts.
newest = Neueste
earlier = Frühere

## Beispiele aus dem eigenen letzten Einkauf

example-never = Sie haben noch keine Einkäufe.
example-unseen = Sie haben Einkäufe, aber keinen, den die App sehen würde.
example-sum = Zum Beispiel: { $total } am { $date }
example-item = Zum Beispiel: { $item } · { $net }, am { $date }
example-shop = Zum Beispiel: { $place }
example-shop-town = Zum Beispiel: { $place }, { $town }
example-document = Zum Beispiel: der Kassenbon vom { $date }
example-card = Zum Beispiel: Karte
example-card-ending = Zum Beispiel: Karte mit den letzten Ziffern { $digits }
example-cash = Zum Beispiel: bar
example-gift-card = Zum Beispiel: Geschenkkarte
example-voucher = Zum Beispiel: Gutschein
example-loyalty = Zum Beispiel: Treuepunkte
example-account = Zum Beispiel: auf Rechnung
example-other = Zum Beispiel: eine andere Art zu bezahlen
example-sensitive = Ein Beispiel aus meinen Einkäufen zeigen

## Alle stoppen

stop-all-link = Mit allen { $count } Apps nicht mehr teilen
stop-all-title = Mit keiner App mehr teilen?
stop-all-which = Diese Apps sehen dann nichts mehr
stop-all-what =
    .now = Von diesem Augenblick an sieht keine von ihnen mehr etwas von Ihren Einkäufen.
    .keeps = Jede behält, was sie schon gesehen hat. Sie können die Betreiber bitten, es zu löschen.
stop-all-do = Mit allen nicht mehr teilen
stopped-all-title = Diese Apps sehen nichts mehr
stopped-all-left = Nicht alle Apps sind gestoppt
    .says = Bei uns hat etwas nicht funktioniert. Diese Apps sehen noch, was Sie vereinbart haben:
    .again = Noch einmal versuchen
samples-title = Erfundene Kunden zum Ausprobieren
## Meine Einkäufe, ein Einkauf, und die Einkäufe als Datei

nav-purchases = Meine Einkäufe
purchases-title = Meine Einkäufe
purchases-lead = Was { $shop } darüber aufgeschrieben hat, was Sie gekauft haben und was zurückkam.
purchases-none = Hier ist noch nichts
    .says = Wenn Sie bei { $shop } etwas kaufen und wir wissen, dass Sie es waren, steht es auf dieser Seite, mit dem, was zurückkam, und den Apps, die es sehen dürfen.
purchases-matching = Einkäufe, die passen
purchases-unmatched = Nichts passt. Wählen Sie ein anderes Geschäft, eine andere Art des Kaufs oder andere Tage.
purchases-no-month = Im { $month } haben Sie hier nichts gekauft.
purchases-sum = { $count ->
        [one] 1 Einkauf für { $total }.
       *[other] { $count } Einkäufe für { $total }.
    }
    .back = { $amount } kamen zurück.
purchases-months = Monate
purchases-keep = Eine Kopie behalten
    .says = Sie können alle Ihre Einkäufe sofort als Datei bekommen.
count-purchases = { $count ->
    [one] 1 Einkauf
   *[other] { $count } Einkäufe
}
count-items = { $count ->
    [one] 1 Artikel
   *[other] { $count } Artikel
}
amount-back = { $amount } zurück
something-back = Etwas kam zurück
in-currency = in { $currency }

find-title = Einen Einkauf finden
find-words = Was haben Sie gekauft?
find-search = Suchen
find-filter = Geschäft, Art des Kaufs, Tage
find-shop = Geschäft
    .all = Alle Geschäfte
find-way = Art des Kaufs
    .all = Alle Arten
find-apply = Diese zeigen
day-from = Ab diesem Tag
day-to = Bis zu diesem Tag
found-title = In meinen Einkäufen suchen
found = { $count ->
    [0] Kein Einkauf mit „{ $words }“
    [one] 1 Einkauf mit „{ $words }“
   *[other] { $count } Einkäufe mit „{ $words }“
}
found-where = Wir haben in den Namen der Artikel vom { $from } bis zum { $to } gesucht.
    .filtered = Wir haben in den Namen der Artikel vom { $from } bis zum { $to } gesucht, in dem, was Ihr Filter zeigt.
    .most = Eine Suche sieht höchstens { $months } Monate und { $purchases } Einkäufe durch und zeigt höchstens { $listed }.
found-cut = Es gab noch mehr.
    .do = Nehmen Sie mehr Wörter, oder wählen Sie einen früheren letzten Tag.
found-nothing = Um weiter zurück zu suchen, wählen Sie einen früheren letzten Tag.
found-back = Zurück zu allen meinen Einkäufen

month-short-1 = Jan
month-short-2 = Feb
month-short-3 = Mär
month-short-4 = Apr
month-short-5 = Mai
month-short-6 = Jun
month-short-7 = Jul
month-short-8 = Aug
month-short-9 = Sep
month-short-10 = Okt
month-short-11 = Nov
month-short-12 = Dez
year-title = { $year }, Monat für Monat
year-picture = Was Ihre Einkäufe in jedem Monat des Jahres { $year } gekostet haben, in { $currency }
    .says = Dieselben Zahlen stehen in der Tabelle darunter.
    .striped = Gestreift ist, was zurückkam. Es zählt in dem Monat, in dem Sie es gekauft haben.
    .marked = Der Monat, der unten steht, ist unterstrichen.
year-table = Diese Zahlen als Tabelle zeigen
    .month = Monat
    .total = Summe
    .back = Zurück
    .left = Bleibt
    .both = Das sind die Summen aller Bestellungen und Kassenzettel, wie sie aufgeschrieben wurden. Gab es zu einer Bestellung einen Kassenzettel, zählt beides.
year-nothing = Im Jahr { $year } haben Sie nichts in { $currency } gekauft.
    .unknown = Für { $year } gibt es keine Summen.
year-currencies = Währungen
    .one = Währung
year-years = Jahre
    .one = Jahr

purchase-title = Einkauf vom { $day }
    .return = Rückgabe vom { $day }
purchase-back = Meine Einkäufe, { $month }
bought-at = { $day }, { $time } Uhr
no-order = Wir wissen, was zurückkam, aber nicht, zu welchem Einkauf es gehört. Vielleicht wurde es ohne Anmeldung gekauft, oder bevor diese Aufzeichnung begann.
about-purchase = Über diesen Einkauf
    .shop = Geschäft
    .seller = Verkauft von
    .way = Art des Kaufs
    .status = Stand
    .receipt-number = Belegnummer
    .order-number = Bestellnummer
    .gift = Geschenk
    .gift-says = Als Geschenk gekauft
    .account = Konto
    .account-says = Ein Konto, das Sie mit anderen teilen
    .recorded = Aufgeschrieben
purchase-apps = Apps und dieser Einkauf
    .got = Hat nach Einkäufen aus einer Reihe von Tagen gesehen, zu denen der { $day } gehört, zuletzt am { $at }. Dieser kann darunter gewesen sein.
    .unknown = Wurde am { $since } zugelassen. Sie hat so oft nachgesehen, dass wir hier nicht sagen können, ob der { $day } dabei war.
    .nothing = Wurde am { $since } zugelassen. Sie hat nach Einkäufen vom { $day } nicht gesehen, seit dieser aufgeschrieben ist.
    .sees = Darf diesen Einkauf jetzt sehen, bis auf das, was Sie weglassen.
    .sees-not = Sieht diesen Einkauf jetzt nicht.
    .why = Wir schreiben auf, wann eine App nachsieht, nach wie vielen Einkäufen und von welchen Tagen. Welche es waren, schreiben wir nicht auf. Darum sagen wir „kann“.
    .none = Keine App hat nach Einkäufen vom { $day } gesehen, seit dieser aufgeschrieben ist, und keine darf ihn jetzt sehen.
purchase-hide = Vor Apps verbergen
    .says = Wenn Sie ihn verbergen, bekommt ihn von da an keine App zu sehen. Apps behalten, was sie vorher bekommen haben. Sie können ihn jederzeit wieder zeigen.
    .now = Keine App bekommt diesen Einkauf zu sehen. Apps behalten, was sie vorher bekommen haben.

receipt-items = Was Sie gekauft haben
line-price = { $quantity } zu { $price }
line-seller = verkauft von { $seller }
line-return-by = Rückgabe möglich bis { $day }
line-warranty = Garantie bis { $day }
line-serial = Seriennummer { $number }
line-gross = Vor Rabatt:
return-part = { $what }: { $quantity } am { $day }
    .loose = { $name }: { $what }, { $quantity }, { $day }
refund-part = { $what }: { $amount }, { $day }
refund-fee = Als Gebühr einbehalten: { $amount }
    .of = Einbehalten: { $what }, { $amount }
sum-title = Was es gekostet hat
    .caption = Wie die Summe zustande kommt, in { $currency }
    .gross = Artikel vor Rabatten
    .discounts = Rabatte
    .items = Artikel
    .difference = Durch die Aufzeichnung nicht erklärt
    .total = Summe
    .back = Geld, das zurückkam oder unterwegs ist
    .left = Bleibt
sum-within = Darin enthalten: { $taxes }
sum-fits = Die Teile ergeben die Summe.
    .not = Die Teile, die wir haben, ergeben nicht die Summe. { $amount } sind nicht erklärt.
    .paid-not = Bezahlt wurde etwas anderes als die Summe. Der Unterschied ist { $amount }.
    .as-sent = Wir zeigen, was uns das Geschäft geschickt hat. Ist etwas falsch, kann das Geschäft es richtigstellen.
came-back = Was zurückkam
    .no-money = Soweit wir wissen, kam dafür noch kein Geld zurück.
    .other-currencies = In einer anderen Währung, und darum nicht in der Summe oben: { $amounts }.
paid = Wie Sie bezahlt haben
    .open = Soweit wir wissen, noch nicht bezahlt.
    .part = Bisher zum Teil bezahlt.
    .ending = endet auf { $digits }
    .change = Rückgeld: { $amount }
loyalty =
    .earned = { $amount } { $unit } gesammelt
    .used = { $amount } { $unit } eingelöst

# Wörter der Aufzeichnung. Das mit * steht für alles andere.
way = { $kind ->
        [store] Im Geschäft
        [online] Online
        [app] In der App
        [phone] Am Telefon
        [marketplace] Auf einem Marktplatz
       *[other] Auf andere Art
    }
    .within = { $kind ->
        [store] im Geschäft
        [online] online
        [app] in der App
        [phone] am Telefon
        [marketplace] auf einem Marktplatz
       *[other] auf andere Art
    }
purchase-status = { $kind ->
    [placed] Bestellt
    [partly_fulfilled] Zum Teil bei Ihnen
    [fulfilled] Erledigt
    [cancelled] Abgesagt
    [returned] Kam zurück
   *[other] Nicht bekannt
}
payment-method = { $kind ->
    [card] Karte
    [cash] Bargeld
    [gift_card] Geschenkkarte
    [voucher] Gutschein
    [loyalty] Punkte
    [account] Konto
   *[other] Auf andere Art
}
line-kind = { $kind ->
    [service] Dienst
    [digital] Digital
    [subscription] Abo
    [gift_card] Geschenkkarte
    [deposit] Pfand
    [deposit_return] Pfand zurück
    [warranty] Garantie
   *[other] Anderes
}
charge-kind = { $kind ->
    [delivery] Lieferung
    [service] Dienst
    [deposit] Pfand
    [tip] Trinkgeld
    [donation] Spende
    [rounding] Rundung
   *[other] Anderes
}
discount-kind = { $kind ->
    [promotion] Sonderangebot
    [coupon] Gutschein
    [loyalty] Treuerabatt
    [employee] Personalrabatt
   *[other] Rabatt
}
tax-kind = { $kind ->
    [VAT] Mehrwertsteuer
    [sales] Verkaufssteuer
    [excise] Verbrauchssteuer
   *[other] Steuer
}
quantity = { $unit ->
    [EA] { $value } ×
    [C62] { $value } ×
    [H87] { $value } ×
    [KGM] { $value } kg
    [GRM] { $value } g
    [LTR] { $value } l
    [MLT] { $value } ml
    [CLT] { $value } cl
    [MTR] { $value } m
    [CMT] { $value } cm
    [MTK] { $value } m²
    [HUR] { $value } h
    [PR] { $value } Paar
   *[other] { $value } { $name }
}
return-status = { $kind ->
    [requested] Rückgabe gewünscht
    [rejected] Rückgabe nicht angenommen
   *[other] Kam zurück
}
refund-status = { $kind ->
    [pending] Geld ist unterwegs zu Ihnen
    [failed] Das Geld kam nicht an
   *[other] Geld zurück
}
refund-for = { $kind ->
    [goodwill] Aus Kulanz
    [fee] Eine Gebühr
   *[other] Für etwas anderes
}

gaps-title = Warum fehlt etwas?
gaps-loading = Ältere Einkäufe werden noch hergeholt.
    .so-far = Bisher haben wir die bis { $until }.
    .again = Sehen Sie später noch einmal nach.
gaps-late = Es ist noch unterwegs.
    .says = Ein neuer Einkauf, oder etwas, das zurückkam, braucht etwas Zeit, bis es hier ist.
    .until = Was Sie sehen, reicht bis { $until }.
gaps-stranger = Sie haben es gekauft, ohne sich anzumelden.
    .says = Dann wissen wir nicht, dass Sie es waren, außer das Geschäft hat es Ihnen später zugeordnet.
gaps-before = Es war, bevor diese Aufzeichnung begann.
    .says = Die Aufzeichnung beginnt am { $day }.
    .unknown = Das Geschäft hat uns nicht gesagt, an welchem Tag das war.
gaps-way = Sie haben es auf eine Art gekauft, die nicht in dieser Aufzeichnung ist.
    .says = In ihr steht, was so gekauft wurde: { $ways }.
gaps-old = Es ist älter als das, was das Geschäft aufhebt.
gaps-removed = Es wurde entfernt.
    .says = Vielleicht hat das Geschäft einen Fehler berichtigt, oder jemand wollte, dass es gelöscht wird.
gaps-gift = Es war ein Geschenk an Sie.
    .says = Dann gehört es in die Aufzeichnung von dem, der es gekauft hat, auch was Sie davon zurückgegeben haben.

download-title = Meine Einkäufe herunterladen
download-lead = Eine Datei mit Ihren Einkäufen, zum Behalten oder um sie anderswo zu nutzen. Sie entsteht sofort.
download-record = Das sind Ihre Einkäufe, nicht alles, was wir über Sie haben.
    .hidden = Was Sie vor Apps verbergen, ist dabei, denn es gehört Ihnen.
download-empty = Zwischen diesen Tagen gibt es keine Einkäufe, darum gibt es keine Datei. Wählen Sie andere Tage.
download-days = Welche Tage
    .hint = Lassen Sie beides leer, um alle Ihre Einkäufe zu bekommen.
    .turned = Der letzte Tag liegt vor dem ersten. Ändern Sie einen davon.
download-form = Welche Art von Datei
download-csv = Tabelle (CSV)
    .says = Für ein Tabellenprogramm: eine Zeile für jeden Artikel. Was ein ganzer Einkauf gekostet hat, steht nur in seiner ersten Zeile, damit Sie eine Spalte zusammenzählen können. Vor einem Text, den ein Tabellenprogramm für eine Formel halten könnte, steht ein '. Die Namen der Spalten sind englisch.
download-json = Für Programme (JSON)
    .says = Alles, was von jedem Einkauf aufgeschrieben ist, so wie es eine App bekäme, der Sie alles zeigen. Die Namen darin sind englisch.
download-do = Herunterladen
download-care = Die Datei ist nicht verschlossen. Legen Sie sie dorthin, wo nur Menschen sie öffnen können, die sehen dürfen, was Sie gekauft haben. Wir schreiben auf, dass Sie sie heruntergeladen haben.

## Alles löschen

erase-link = Alles über mich löschen
erase-title = Alles über mich löschen?
erase-lead = Alles, was { $shop } hier über Sie aufbewahrt, wird sofort und endgültig gelöscht. Niemand kann es zurückholen.
erase-goes = Was verschwindet
    .purchases = Alle Ihre Einkäufe und was davon zurückkam.
    .apps = Was jede App sehen darf. Jede erfährt, dass es vorbei ist, und bekommt nichts mehr. Sie behält, was sie schon gesehen hat.
    .choices = Was Sie verborgen und weggelassen haben, und Ihre Anmeldung hier.
    .log = Was unser Protokoll über Sie sagt: was Sie erlaubt haben, wer nachgesehen hat, was Sie heruntergeladen haben.
erase-stays = Was bleibt, und wie lange
    .log = { $count ->
        [one] Was unser Protokoll darüber sagt, was Sie erlaubt haben und wer nachgesehen hat, bleibt 1 Tag lang verschlossen, falls es Streit gibt. Zum Öffnen braucht es zwei Menschen und einen Schlüssel, der anderswo liegt. Danach verschwindet auch das.
       *[other] Was unser Protokoll darüber sagt, was Sie erlaubt haben und wer nachgesehen hat, bleibt { $count } Tage lang verschlossen, falls es Streit gibt. Zum Öffnen braucht es zwei Menschen und einen Schlüssel, der anderswo liegt. Danach verschwindet auch das.
    }
    .seals = Zahlen in unserem Protokoll, die zeigen, dass nichts darin geändert wurde. Aus ihnen kann niemand etwas über Sie lesen.
    .mark = Eine verschlüsselte Form Ihrer Kundennummer, die niemand zurückrechnen kann, und der Zeitpunkt des Löschens. Damit werden verspätete Nachrichten über Sie verworfen.
    .backups = Sicherungskopien: Höchstens 30 Tage lang enthalten sie noch die Schlüssel zu dem, was gelöscht ist. Danach ist in keiner Kopie mehr etwas davon zu lesen.
    .elsewhere = Was { $shop } anderswo aufbewahren muss, etwa Rechnungen, bleibt davon unberührt.
erase-first = Wenn Sie eine Kopie behalten möchten, nehmen Sie sie vorher mit:
erase-sure = Ja, alles löschen
    .says = Das lässt sich nicht rückgängig machen.
    .missing = Bitte setzen Sie das Häkchen, wenn Sie sicher sind. Es wurde nichts gelöscht.
erase-do = Jetzt alles löschen
erase-back = Alles behalten
erased-title = Alles ist gelöscht
erased-lead = { $shop } bewahrt hier nichts mehr über Sie auf.
erased-done = Was getan wurde
    .purchases = Ihre Einkäufe sind weg, und mit ihnen die Schlüssel, ohne die niemand lesen kann, was in Dateien noch davon übrig ist.
    .apps = Keine App sieht mehr etwas von Ihnen.
    .session = Sie sind abgemeldet.
    .log = Was unser Protokoll über Sie sagte, ist weg.
erased-again = Wenn Sie wieder bei { $shop } einkaufen oder sich hier anmelden, fangen Sie neu an, als jemand, den hier niemand kennt.

## Briefe

letter-given = { $app } darf Ihre Einkäufe sehen
    .text = Sie lassen { $app } Einkäufe von Ihnen bei { $shop } sehen. Ihr Zeichen ist { $reference }.
letter-amended = Was { $app } sieht, hat sich geändert
    .text = Sie haben geändert, was { $app } von Ihren Einkäufen bei { $shop } sieht. Ihr Zeichen ist { $reference }.
letter-ended = { $app } sieht nichts mehr
    .text = { $app } sieht nichts mehr von Ihren Einkäufen bei { $shop }. Ihr Zeichen ist { $reference }.
letter-stop = Sie können das jederzeit beenden, ohne sich anzumelden. Behalten Sie diesen Link für sich: Wer ihn hat, kann es auch beenden.
letter-receipt = Angehängt ist Ihr Beleg. In VERIFY.txt darin steht, wie man ihn prüft, auch mit Programmen, die nicht von { $shop } sind.

## Dem Geschäft etwas sagen

nav-told = Was ich gesagt habe
nav-contact = Wie wir mit Ihnen reden
nav-rights = Ihre Rechte
nav-dark = Funkstille
dark-banner = Bei Ihnen herrscht Funkstille. Wir fragen Sie nichts und nutzen nichts, was Sie uns gesagt haben.
    .more = Ansehen oder wieder anfangen
yes = Ja
no = Nein

asks-title = Sagen Sie uns etwas
asks-lead = { $shop } wüsste gern diese Dinge. Sie müssen nicht antworten. Nichts wird für Sie teurer oder langsamer, wenn Sie es nicht tun.
asks-none = Es gibt keine Frage
    .says = Wenn { $shop } etwas wissen möchte, steht die Frage auf dieser Seite.
asks-dark = Wir fragen Sie nichts
    .says = Bei Ihnen herrscht Funkstille. Zwölf Monate lang steht hier keine Frage.
asks-said-no = Sie haben Nein gesagt. Für Sie ändert sich nichts.
asks-said-later = In Ordnung. Die Frage bleibt hier, bis Sie Zeit haben.
ask-page = Frage: { $title }
ask-answer = Ihre Antwort
ask-yes = Ja
ask-no = Nein
ask-later = Später
ask-says = Ihr Ja gilt nur für diese eine Sache: { $purpose }.
ask-open = Ansehen
ask-see = Sehen, was ich gesagt habe
ask-answered = Beantwortet
ask-refused = Sie sagten Nein
ask-deferred = Später
ask-barred = Das ist Werbung, und dazu haben Sie Nein gesagt. Nehmen Sie das Nein zuerst weg, wenn Sie antworten möchten:
ask-objected = Es nimmt auch Ihr Nein hierzu weg.
ask-no-form = Diese Frage lässt sich nur über eine App beantworten, die Sie zulassen. Nein sagen können Sie trotzdem hier.

deal-title = Bevor Sie antworten
deal-get = Was Sie bekommen
deal-worth = (etwa { $worth } wert)
deal-given = Das haben Sie schon bekommen, darum bringt eine weitere Antwort nichts mehr.
deal-without = Wenn Sie Nein sagen
deal-for = Wofür es ist
deal-who = Wer es bekommt
deal-kept = Wie lange es bleibt
deal-end = So nehmen Sie es zurück
deal-open = Antworten können Sie bis
deal-special = Hier geht es um etwas sehr Persönliches. Darum gibt es dafür nie ein Geschenk, und es wird nur genutzt, wenn Sie Ja sagen.
deal-read = Ganz lesen: { $title }

answer-skip = Sie können alles weglassen, was Sie nicht sagen möchten.
answer-none = Keine Angabe
answer-needed = Nötig, wenn Sie zu diesem Teil etwas sagen.
answer-lines = Eines in jeder Zeile.
answer-more = Mehr Zeilen
answer-missing = Füllen Sie das aus, oder lassen Sie den ganzen Teil weg.
answer-unfit = Das passt nicht. Sehen Sie es noch einmal an.
    .whole-between = Geben Sie eine ganze Zahl von { $least } bis { $most } ein.
    .whole = Geben Sie eine ganze Zahl ein.
    .email = Geben Sie eine E-Mail-Adresse ein, zum Beispiel name@example.org.
    .most = Hier passen höchstens { $count } Zeichen hinein.
    .lines = Hier passen höchstens { $count } Zeilen hinein.
    .rows = Hier passen höchstens { $count } Zeilen hinein.
answer-nothing = Es ist noch nichts ausgefüllt. Füllen Sie aus, was Sie möchten, oder wählen Sie „Nein“ oder „Später“.
answer-flawed = Etwas davon passt noch nicht. Es ist unten gekennzeichnet. Nichts wurde gesendet.
answer-changed = Die Frage hat sich geändert, seit Sie diese Seite geöffnet haben. Bitte lesen Sie sie noch einmal. Nichts wurde gesendet.
answer-large = Das ist zu viel für eine Antwort. Lassen Sie etwas davon weg. Nichts wurde gesendet.
answer-file = Oder nehmen Sie es aus einer Datei
    .hint = Eine Tabelle (CSV) oder eine JSON-Datei von Ihnen, mit mindestens einer dieser Spalten: { $columns }. Sie sehen, was gelesen wurde, bevor etwas gesendet wird.
    .read = Datei lesen
    .done = { $count ->
        [one] 1 Zeile wurde aus Ihrer Datei gelesen. Gesendet ist noch nichts: Sehen Sie sie erst an.
       *[other] { $count } Zeilen wurden aus Ihrer Datei gelesen. Gesendet ist noch nichts: Sehen Sie sie erst an.
    }
    .missing = Wählen Sie zuerst eine Datei.
    .unreadable = Diese Datei konnten wir nicht lesen. Es muss eine Tabelle (CSV) oder JSON sein, in UTF-8.
    .columns = Keine der Spalten, nach denen wir fragen, ist in dieser Datei.
    .empty = In dieser Datei steht nichts.

told-title = Was ich gesagt habe
told-lead = Alles, was Sie { $shop } selbst gesagt haben, wer es gelesen hat und was Sie dafür bekommen haben. Sie können es jederzeit ändern oder zurücknehmen.
told-done = Danke. Was Sie uns gesagt haben, steht unten.
told-changed = Geändert. Die alte Antwort ist gelöscht.
told-declined = Sie haben Nein gesagt. Was die App geschickt hatte, ist gelöscht, und niemand hat es gelesen.
told-taken-back = Zurückgenommen. Es ist hier gelöscht.
told-nothing = Sie haben uns nichts gesagt
    .left = Von dem, was Sie uns gesagt haben, ist hier nichts mehr da
    .says = Was Sie { $shop } sagen, steht hier, mit dem, wer es gelesen hat und was Sie dafür bekommen haben. Sie müssen uns nichts sagen.
told-waiting = Wartet auf Ihr Ja
    .says = Das hat eine App für Sie geschickt. { $shop } hat es nicht gelesen und kann es auch nicht, bevor Sie Ja sagen.
    .until = Wenn Sie nichts tun, wird es am { $until } gelöscht.
    .look = Ansehen
told-live = In Gebrauch
told-yes = Sie sagten Ja
    .says = Sie haben dazu Ja gesagt und uns noch nichts gesagt. Eine App, die Sie zulassen, darf uns etwas für Sie sagen.
told-since = Gesagt am
told-until-back = Sie es zurücknehmen
told-for = Wofür
told-by = Geschickt von
told-fetched = Gelesen von
    .once = am { $at }
    .from = zuerst am { $first }, zuletzt am { $last }
    .nobody = Noch niemandem
told-used = Genutzt
    .once = { $who }, am { $at }
told-got = Was Sie bekamen
told-back = Zurücknehmen
told-change = Ändern
    .title = Ändern: { $title }
    .lead = Die alte Antwort wird gelöscht, sobald Sie speichern. Wer sie gelesen hat, erfährt, dass sie sich geändert hat.
told-receipt =
    .hint = Eine Datei mit jedem Schritt, die jeder prüfen kann. Ihre Antwort steht nicht darin.
told-copy = Eine Kopie von dem mitnehmen, was ich gesagt habe
told-over = Vorbei
told-state =
    .withdrawn = Zurückgenommen
    .expired = Zeit ist um
    .declined = Sie sagten Nein
    .lapsed = Nicht rechtzeitig bestätigt
told-gone = Hier gelöscht seit { $at }.
    .systems = { $count ->
        [one] { $confirmed } von 1 System hat es bestätigt.
       *[other] { $confirmed } von { $count } Systemen haben es bestätigt.
    }
    .nobody = Niemand hatte es gelesen.
told-never = Niemand hat es gelesen. Es wurde am { $at } gelöscht.
got-promised = Versprochen: { $what }
got-due = Unterwegs: { $what }
got-delivered = Sie bekamen: { $what }
got-overdue = Zu spät: { $what }. Wir müssen es Ihnen noch geben.
got-forgone = Nicht gegeben, weil niemand Ihre Antwort gelesen hatte: { $what }
balance-title = Was Sie gaben und was Sie bekamen
balance-says = { $count ->
    [one] Sie haben uns 1 Sache gesagt.
   *[other] Sie haben uns { $count } Sachen gesagt.
}
balance-got = Sie bekamen
balance-open = Kommt noch
balance-nothing = Noch nichts
balance-sum = { $unit ->
    [points] { $value } { $value ->
        [1] Punkt
       *[other] Punkte
    }
   *[other] { $value } { $name }
}

renew-title = Länger behalten: { $title }
renew-lead = Sie haben bis zum { $until } zugestimmt. Dann endet es von selbst, und was Sie uns dafür gesagt haben, ist weg. Stimmen Sie noch einmal zu, beginnt die Zeit heute von vorn.
renew-do = Ja, behalten
renew-not = Nein, enden lassen
told-renewed = Es bleibt jetzt länger.
told-ends = Das endet bald.
told-renew = Länger behalten

back-title = Zurücknehmen: { $title }
back-also = Das geht mit, denn Sie haben zu allem auf einmal Ja gesagt
back-what =
    .now = Ihre Antwort wird hier sofort gelöscht, und niemand darf sie mehr nutzen.
    .systems = { $count ->
        [one] 1 System hat sie gelesen. Es bekommt den Auftrag, sie zu löschen, und wir zeigen hier, wenn das geschehen ist.
       *[other] { $count } Systeme haben sie gelesen. Sie bekommen den Auftrag, sie zu löschen, und wir zeigen hier, wenn das geschehen ist.
    }
    .nobody = Niemand hat sie bisher gelesen, also ist sie nirgends sonst.
    .keep = Was Sie dafür bekommen haben, bleibt Ihres.
    .due = Was Sie dafür bekommen sollen, kommt trotzdem, denn Ihre Antwort wurde gelesen.
    .promised = Niemand hat sie gelesen, darum gibt es nichts dafür.

waiting-title = { $app } hat etwas für Sie geschickt
waiting-lead = { $shop } hat es nicht gelesen und kann es auch nicht, bevor Sie Ja sagen. Wenn Sie nichts tun, wird es am { $until } gelöscht.
waiting-sent = Geschickt von { $app } am { $at }.
waiting-yes = Ja, nutzen
waiting-no = Nein, löschen
waiting-says = Mit Ihrem Ja darf diese App uns so etwas auch später für Sie sagen, bis Sie es zurücknehmen.

## Wie das Geschäft mit seinen Kunden redet

contact-title = Wie wir mit Ihnen reden
contact-lead = Kreuzen Sie an, was { $shop } lassen soll. Ein Nein bleibt, bis Sie das Kreuz wegnehmen, auch nach einer Funkstille und danach.
contact-marketing = Werbung
    .hint = Das ist alles, was Ihnen etwas verkaufen will.
    .label = Schicken Sie mir keine Werbung, und wählen Sie keine nach dem aus, was ich kaufe
contact-channels = Wie man Sie erreicht
    .hint = Was ein Kreuz hat, nutzt { $shop } nicht.
contact-email = Nicht per E-Mail
contact-phone = Nicht am Telefon
contact-sms = Nicht per SMS
contact-post = Nicht per Post
contact-app = Nicht über die App
contact-since = Ihr Nein gilt seit { $at }.
contact-purposes = Wofür es ist
    .hint = Mit einem Kreuz wird nichts über Sie dafür genutzt.
    .not = Nicht für: { $purpose }
contact-must = Zu einer Bestellung, einer Rückgabe oder einem Rückruf darf { $shop } Ihnen trotzdem schreiben, weil es muss.

## Funkstille

dark-title = Funkstille
dark-lead = { $shop } ab sofort nichts mehr sagen, mit einem Druck.
dark-what = Was dann geschieht
    .closed = { $count ->
        [0] Sie haben zurzeit zu nichts Ja gesagt, darum gibt es nichts zu beenden.
        [one] Die 1 Sache, zu der Sie Ja gesagt haben, wird beendet.
       *[other] Die { $count } Sachen, zu denen Sie Ja gesagt haben, werden beendet.
    }
    .deleted = { $count ->
        [0] Sie haben uns zurzeit nichts gesagt, darum gibt es nichts zu löschen.
        [one] Die 1 Sache, die Sie uns gesagt haben, wird hier gelöscht, und wer sie gelesen hat, bekommt den Auftrag, sie auch zu löschen.
       *[other] Die { $count } Sachen, die Sie uns gesagt haben, werden hier gelöscht, und wer sie gelesen hat, bekommt den Auftrag, sie auch zu löschen.
    }
    .marketing = Sie bekommen keine Werbung, auf keinem Weg.
    .asks = Wir fragen Sie zwölf Monate lang nichts.
    .keep = Was Sie bekommen haben, bleibt Ihres.
dark-copy = Wenn Sie behalten möchten, was Sie uns gesagt haben, nehmen Sie vorher eine Kopie mit:
dark-stays = Was nicht aufhören kann, und warum
    .orders = Offene Bestellungen und Rückgaben laufen weiter, bis sie fertig sind. Sonst bekämen Sie Ihre Sachen oder Ihr Geld nicht.
    .warranty = Was Sie für eine Garantie brauchen, bleibt, bis sie endet.
    .tax = Rechnungen bleiben so lange, wie es das Steuerrecht verlangt.
    .purchases = Ihre Einkäufe bleiben Ihre und bleiben hier. Löschen können Sie sie auf einer eigenen Seite:
dark-apps = Apps
    .hint = { $count ->
        [one] 1 App ist verbunden. Die Funkstille beendet das nicht, denn es ist Ihre Wahl und nicht die des Geschäfts.
       *[other] { $count } Apps sind verbunden. Die Funkstille beendet das nicht, denn es ist Ihre Wahl und nicht die des Geschäfts.
    }
    .label = Auch das Teilen mit allen Apps beenden
dark-went = Erledigt. Es gilt seit { $at }.
    .systems = { $count ->
        [one] 1 System hat den Auftrag, zu löschen, was es gelesen hat.
       *[other] { $count } Systeme haben den Auftrag, zu löschen, was sie gelesen haben.
    }
    .left = Manche Apps ließen sich gerade nicht beenden. Bitte beenden Sie sie unter „Verbundene Apps“.
dark-now = Die Funkstille gilt seit { $at }.
    .short = Wir fragen Sie nichts, nutzen nichts, was Sie uns gesagt haben, und schicken Ihnen keine Werbung.
dark-again = Wieder anfangen
    .nothing = Was gelöscht wurde, kommt nicht zurück, und nichts, was Sie beendet haben, gilt wieder.
    .asks = Unter „Sagen Sie uns etwas“ stehen wieder Fragen. Sie müssen keine beantworten.
    .no = Wozu Sie unter „Wie wir mit Ihnen reden“ Nein gesagt haben, das bleibt ein Nein.

## Rechte

rights-title = Ihre Rechte
rights-lead = Diese Rechte haben Sie nach dem Gesetz. Sie kosten nichts, und { $shop } darf Sie nicht schlechter behandeln, weil Sie sie nutzen.
rights-object = Zu etwas Nein sagen
    .says = Sie können zu Werbung Nein sagen und zu jedem Weg, auf dem man Sie erreicht. Es gilt sofort.
    .else = Zu etwas anderem Nein sagen
    .label = Was möchten Sie nicht, und warum?
    .hint = Schreiben Sie, was bei Ihnen so ist, dass es für Sie nicht richtig ist. Wir hören damit auf, außer wir haben einen starken Grund; dann sagen wir Ihnen, welchen. Sie bekommen innerhalb eines Monats eine Antwort.
rights-correct = Etwas richtigstellen lassen
    .says = Was Sie uns gesagt haben, können Sie selbst ändern.
    .else = Etwas anderes ist falsch
    .label = Was ist falsch, und was ist richtig?
rights-access = Alles bekommen, was über Sie bekannt ist
    .says = Das können Sie sofort haben:
    .else = Um das Übrige bitten
    .label = Was möchten Sie haben? Sie können „alles“ schreiben.
rights-hint = Ein Mensch liest das und kümmert sich darum. Sie bekommen innerhalb eines Monats eine Antwort.
rights-send = Senden
rights-flaw =
    .empty = Schreiben Sie, worum Sie bitten. Nichts wurde gesendet.
    .long = Das ist zu lang. Lassen Sie etwas weg. Nichts wurde gesendet.
    .many = Zu viel, worum Sie gebeten haben, wartet schon auf eine Antwort. Nehmen Sie etwas zurück oder warten Sie auf eine Antwort. Nichts wurde gesendet.
rights-done = Gesendet. Unten steht, bis wann Sie eine Antwort bekommen.
    .back = Zurückgenommen.
rights-asked = Worum Sie gebeten haben
    .what = Sie schrieben
    .on = Gesendet am
    .due = Antwort bis
    .closed = Erledigt am
    .answer = Unsere Antwort
    .longer = Warum es länger dauert
rights-late = Die Antwort war bis { $due } fällig und kommt zu spät. Sie können sich beschweren: Bei wem, steht am Ende dieser Seite.
rights-state =
    .requested = Liegt bei uns
    .extended = Dauert länger
    .answered = Beantwortet
    .refused = Wir sagten Nein
    .withdrawn = Zurückgenommen
rights-erase = Alles löschen lassen
    .says = Alles über Sie wird hier sofort und endgültig gelöscht.
rights-complain = Sich beschweren
    .says = Sie können es uns sagen, unserem Datenschutzbeauftragten oder der Behörde, die über uns wacht. Das kostet Sie nichts.
rights-who = Das Geschäft
rights-officer = Datenschutzbeauftragter
rights-authority = Behörde
failure-ask_closed = Diese Frage ist geschlossen
    .reason = Sie lässt sich nicht mehr beantworten, oder es gab sie nie. Nichts wurde gesendet.
    .advice = Unter „Sagen Sie uns etwas“ steht, was jetzt gefragt wird.
failure-gone_dark = Bei Ihnen herrscht Funkstille
    .reason = Solange sie gilt, wird nichts gefragt und nichts gesagt. Nichts wurde gesendet.
    .advice = Öffnen Sie „Funkstille“ und wählen Sie „Wieder anfangen“, wenn Sie uns etwas sagen möchten.
failure-not_now = Das geht nicht mehr
    .reason = Es wurde schon beantwortet, zurückgenommen oder gelöscht. Nichts wurde geändert.
    .advice = Unter „Was ich gesagt habe“ sehen Sie, wie es steht.
failure-too_large = Das war zu viel auf einmal
    .reason = Das Formular oder die Datei ist größer, als wir lesen. Nichts wurde gesendet.
    .advice = Gehen Sie zurück und wählen Sie eine kleinere Datei, oder lassen Sie etwas weg.

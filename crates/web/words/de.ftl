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
consent-lead = Sie wählen, was die App sieht, ab welchem Tag und wie lange. Sie können es jederzeit beenden.
consent-who = Wer fragt
consent-address = Ihre Adresse
    .checked = { $host } (geprüft: Ihre Antwort geht nirgendwo anders hin)
    .device = Eine App auf diesem Gerät
consent-why = Wozu, in den Worten der App. { $shop } hat sie nicht geprüft:
consent-no-why = Die App sagt nicht, was sie mit Ihren Einkäufen tun wird.
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
consent-duration = Wie lange
    .hint = Danach sieht die App nichts mehr, außer Sie stimmen noch einmal zu.
consent-withheld = Was nicht weitergegeben wird
    .name = Ihr Name, Ihre Adresse und wie man Sie erreicht
    .password = Ihr Passwort und vollständige Kartennummern
    .left-out = Was Sie oben weglassen und was Sie vor allen Apps verborgen haben
    .unticked = Was Sie oben nicht ankreuzen
    .shared = Einkäufe über ein Konto, das Sie mit anderen teilen
consent-stop = So beenden Sie es
    .says = Öffnen Sie hier „Verbundene Apps“ und wählen Sie „Teilen beenden“, oder „Ändern“, um etwas wegzunehmen. Es wirkt sofort. Was die App bis dahin gesehen hat, behält sie; Sie können { $operator } bitten, es zu löschen.
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
step-forgotten = Gelöscht
step-unreadable = Nicht lesbar
step-gone = Nicht mehr geteilt: { $what }
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

### Everything that customers read, in English. Reading age 9 to 12; nobody is shamed or hurried; no jargon.
### `counterfoil templates check` finds what is missing, what nothing uses, and what takes other values than English.

# The name of this language, in this language.
language-name = English
page-broken = This page cannot be shown.

## Dates and money

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
day = { $day } { $month } { $year }
month = { $month } { $year }
moment = { $day }, { $time } { $zone }
decimal-mark = .
money = { $amount } { $currency }

## On every page

skip = Skip to the content
navigation = Your account
navigation-end = Stop and leave
nav-apps = Connected apps
nav-hidden = Hidden from apps
sign-out = Sign out
promise = Your purchases belong to you. You decide which apps may see them.
languages = Other languages
error-title = Error: { $title }
save = Save
saved = Saved. It holds from now on.
run-by = Run by { $operator }
reference = Reference

## Signing in

sign-in = Sign in
sign-in-for-app = { $app } would like to see your purchases. Sign in first. Nothing is shared before you say yes on the next page.
    .asks = { $app } would like to tell us something for you. Sign in first. Nothing happens before you say yes on the next page.
sign-in-lead = Sign in to see which apps may look at your purchases, and to stop them.
sign-in-number = Customer number
sign-in-hint = This is a demo. Type the number of a made-up customer.
sign-in-hint-list = This is a demo. Type the number of a made-up customer, or pick one from the list.
sign-in-elsewhere = You sign in on the page of { $shop } that you already know, and come back here.
sign-in-password = The app never sees your password.
sign-in-cancel = Cancel
sign-in-cancel-says = “Cancel” takes you back to the app. It gets nothing.
sign-in-missing = Enter your customer number.
sign-in-unusable = A customer number has at most 128 letters, digits or signs.

## Letting an app in

consent-title = Let { $app } see your purchases?
    .asks = Let { $app } tell us something for you?
consent-lead = You choose what it sees, from which date and for how long. You can stop it at any time.
    .asks = You choose which of our questions it may answer for you, and for how long. You can stop it at any time.
consent-who = Who is asking
consent-address = Its address
    .checked = { $host } (checked: your answer goes nowhere else)
    .device = An app on this device
consent-why = Why, in the app’s own words. { $shop } has not checked them:
consent-no-why = The app does not say what it will do with your purchases.
    .asks = The app does not say why it asks.
consent-sees = What it would see
consent-needed = The app cannot work without this.
consent-optional = The app would also like these. Tick what you want to add. It is fine to tick nothing.
consent-sensitive = Very personal items
    .hint = Some items may say something very personal, for example about your health, your faith or your sex life. They stay hidden from the app unless you tick this.
    .label = Let the app see very personal items too
consent-shared = Shared accounts
    .hint = Things bought on an account that you share, for example with your family, may say something about the others too. They stay hidden from the app unless you tick this.
    .label = Let the app see purchases on a shared account too
consent-from = From which date
    .hint = Purchases before this date stay hidden from the app.
    .hint-until = Purchases before this date stay hidden from the app. So do those after { $date }.
consent-from-all = All my purchases
consent-from-earliest = Since { $date }, as the app asks
consent-from-year = The last 12 months, since { $date }
consent-from-date = Since a date I choose
consent-date = Date
consent-leave-out = Leave something out
    .hint = The app is not told what you leave out. You can change this later, also for single purchases.
consent-asks = Questions of ours that it would answer for you
    .optional = It is fine to tick nothing.
    .tell = Tick those that { $app } may answer. { $shop } uses what the app sends only after you have said yes to that yourself.
    .read = The app also sees what it has sent, and what became of it.
    .nothing = Tick at least one question, or choose “Don’t allow”.
consent-duration = For how long
    .hint = After that the app sees nothing more, unless you say yes again.
    .asks = After that the app may tell us nothing more, unless you say yes again.
consent-withheld = What is not shared
    .name = Your name, your address and how to reach you
    .password = Your password, and full card numbers
    .left-out = What you leave out above, and what you have hidden from every app
    .unticked = What you leave without a tick above
    .shared = Purchases on an account that you share with others
consent-stop = How to stop
    .says = Open “Connected apps” here and choose “Stop sharing”, or “Change” to take something away. It works at once. The app keeps what it has seen until then; you can ask { $operator } to delete it.
    .asks = Open “Connected apps” here and choose “Stop sharing”, or “Change” to take something away. It works at once. What the app has told us you find here, and can take back; what it has kept you can ask { $operator } to delete.
consent-allow = Allow
consent-refuse = Don’t allow

date-missing = Choose a date.
date-unreadable = Enter a date such as 2025-03-31.
date-future = Choose a date that is not in the future.
date-too-early = The app asks only for purchases from a later date on. Choose that date or a later one.

dataset-purchases = Your purchases
    .gives = When you bought something, what each purchase came to, and what you sent back or were refunded.
    .withheld = Your purchases
dataset-lines = Each item you bought
    .gives = Names, quantities, prices and discounts.
    .withheld = Which items you bought
dataset-sensitive = Items that may say something very personal
    .gives = For example about your health, your faith or your sex life.
    .withheld = Items that may say something very personal
dataset-payment = How you paid
    .gives = The kind of payment, the last four digits of the card, and loyalty points.
    .withheld = How you paid
dataset-location = Which shop
    .gives = The name of the shop and the town it is in.
    .withheld = Which shop you went to
dataset-documents = Receipts and invoices
    .gives = The files of your till receipts and invoices.
    .withheld = Your receipts and invoices as files

duration-P30D = 30 days
duration-P90D = 90 days
duration-P180D = 180 days
duration-until_withdrawn = Until I stop it

## Leaving out

kinds-fold = Choose kinds of things
kinds-sensitive = Very personal
kinds-ordinary = Everything else
kinds-note = Very personal items are left out anyway.
kinds-unsorted = As soon as you choose a kind, items that we cannot sort into any kind are left out too.
keep-totals = Keep the full totals
    .says = When something is left out of a purchase, the app gets a total of the other items only, and not how you paid. So it cannot work out what is missing. Tick this if it may see the full total and how you paid all the same.
shared-accounts = Purchases on a shared account
    .says = What was bought on an account that you share with others, such as your family.

## Connected apps

apps-title = Connected apps
apps-lead = These apps may look at your purchases. You can stop each of them at any time.
apps-nobody = No app can see your purchases
    .says = When an app asks, you decide here what it may see. Apps that you have let in are listed on this page.
apps-ended = Ended
apps-since = Since
apps-until = Until
apps-ended-at = Ended
apps-last = Last looked
apps-times = Has looked
apps-sees = Sees
apps-saw = Saw
apps-left-out = Left out
apps-stop = Stop sharing
    .with = with { $app }
apps-change = Change
    .what = what { $app } sees
answers-for-you = Answers for you: { $what }
purchases-since = Purchases since { $date }
purchases-until = Purchases until { $date }
single-purchases = { $count ->
    [one] 1 single purchase
   *[other] { $count } single purchases
}
until-stopped = You stop it
not-looked = Not yet
looked = { $count ->
    [0] Never
    [one] Once
   *[other] { $count } times
}

state-given = Waiting for the app
state-active = Active
state-paused = Paused
state-lapsed = Never used by the app
state-withdrawn = Stopped by you
state-ended = Ended by the app
state-revoked = Ended by the shop
state-expired = Time is over

## Stopping

stop-title = Stop sharing with { $app }?
stop-what = What happens
    .now = From this moment on, { $app } sees nothing more of your purchases.
    .keeps = It keeps what it has already seen. You can ask { $operator } to delete it.
    .else = Nothing else changes for you at { $shop }.
stop-do = Stop sharing
stop-back = Go back
stop-link-sees = What it sees
stop-link-hint = This page is reached by the link in your receipt. You need not sign in to stop.
stopped-title = { $app } sees nothing more
stopped-at = It took effect on
stopped-keeps = { $app } keeps what it had seen before. To have that deleted, ask { $operator }.
stopped-lapsed = The app never came to look, so this ended by itself.
stopped-withdrawn = You have stopped sharing.
stopped-ended = The app has ended this itself.
stopped-revoked = The shop has ended this.
stopped-expired = The time you agreed to is over.

## Changing what an app sees

change-title = Change what { $app } sees
change-lead = What you take away is hidden from the app at once. It keeps what it has already seen; you can ask { $operator } to delete it.
change-joined = New among your purchases
    .hint = { $count ->
        [one] 1 purchase has joined yours after you let this app in, for example because two of your accounts became one. The app does not see it.
       *[other] { $count } purchases have joined yours after you let this app in, for example because two of your accounts became one. The app does not see them.
    }
    .label = { $count ->
        [one] Let the app see it too
       *[other] Let the app see them too
    }
change-sees = What it sees
    .hint = Take a tick away to stop sharing that. To give it back later, let the app ask you again.
change-asks = Questions of ours that it may answer for you
change-left-out = What is left out
    .hint = The app is not told what you leave out. You can put it back at any time.
    .single = Leave out single purchases
    .now = ({ $count } now)
change-cancel = Cancel

## Single purchases

left-out-title = Leave out single purchases
left-out-lead = What you leave out here, { $app } does not get to see. It is not told that something is missing. Other apps are not touched by this.
left-out-list = Your purchases
left-out-only = Show only what is left out
left-out-back = Back to { $app }
hidden-title = Hidden from every app
hidden-lead = What you hide here, no app gets to see: neither those that you have let in nor those that ask you later. Apps keep what they have already seen. You can show it again at any time.
hidden-kinds = Kinds of things
    .now = Hidden now: { $kinds }.
    .none = Nothing of this sort is hidden now.
hidden-list = Single purchases
hidden-some = Hidden purchases
hidden-only = Show only hidden ones
show-all = Show all

hide = Hide
show = Show again
hidden = Hidden from every app
leave-out = Leave out
put-back = Put back
left-out = Left out
and-more = { $things } and { $count } more
no-purchases = There are no purchases here.
none-hidden = You have not hidden any single purchase.
none-left-out = You have not left out any single purchase.
purchase = Purchase
more-purchases = More purchases
newest-purchases = Newest purchases
older-purchases = Older purchases

## When something went wrong

what-to-do = What you can do
home = Go to connected apps
failure-form_not_ours = That form is no longer good
    .reason = The page was open for too long, or the form did not come from this site. Nothing was changed.
    .advice = Open the page again and fill it in once more.
failure-form_unreadable = We could not read that
    .reason = What your browser sent was not complete. Nothing was changed.
    .advice = Go back, open the page again and fill it in once more.
failure-not_found = There is nothing here
    .reason = This page does not exist, or it is not yours.
    .advice = Check the address, or start at connected apps.
failure-request_unknown = This request is not open
    .reason = The app’s request is over, was already answered, or is not one of ours. Nothing new was shared.
    .advice = Go back to the app and start again there.
failure-app_unknown = We do not know this app
    .reason = The app that sent you here is not registered. Nothing was shared.
    .advice = Do not go on. Tell the app’s maker what happened.
failure-app_not_active = This app is not let in
    .reason = The shop has not approved this app, or has stopped it. Nothing was shared.
    .advice = Ask the app’s maker what happened.
failure-app_ended = This app sees nothing more
    .reason = Sharing with this app has ended, so there is nothing left to change.
    .advice = Look at connected apps to see which apps still see something.
failure-too_many_left_out = That is the most you can leave out
    .reason = For one app you can leave out at most 500 single purchases. Nothing was changed.
    .advice = Hide the purchase from every app instead, or leave out a kind of things.
failure-stop_link_unknown = This link stops nothing
    .reason = It is not whole, or what it was for is not kept any more.
    .advice = Copy the whole link from your receipt, or sign in and look at connected apps.
failure-too_often = That was too often
    .reason = This link was opened many times within a minute.
    .advice = Wait a minute and try again.
failure-receipt_not_ready = The receipt is not ready yet
    .reason = What happened last has not been signed yet.
    .advice = Try again in a moment.
failure-request_invalid = The app asked in a wrong way
    .reason = The app that sent you here made a mistake in its request. Nothing was shared.
    .advice = Go back to the app and try once more. If it happens again, tell the app’s maker.
failure-sign_in_over = Signing in took too long
    .reason = We could not match your sign-in to this browser. You are not signed in.
    .advice = Start again. If an app sent you here, go back to the app first.
failure-sign_in_declined = You are not signed in
    .reason = The sign-in page says that you stopped, or that it could not sign you in.
    .advice = Start again if you want to go on. Nothing was shared.
failure-sign_in_refused = We could not sign you in
    .reason = The answer of the sign-in page could not be used. You are not signed in.
    .advice = Try again later. If it happens again, tell the shop the reference below.
failure-sign_in_unavailable = Signing in does not work right now
    .reason = The sign-in page does not answer. Nothing was shared.
    .advice = Try again in a few minutes.
failure-ledger_rolled_back = We show nothing for now
    .reason = Our records were put back to an earlier state after a fault. Until somebody has made sure that nothing you stopped comes back with it, we show and share nothing.
    .advice = You can still stop apps. Come back later for everything else.
failure-unavailable = We cannot answer right now
    .reason = Something on our side does not work at the moment. If you were stopping an app or hiding something, it may not have been done.
    .advice = Try again in a minute, and look at the page again to be sure.
failure-unknown = Something went wrong
    .reason = We could not do what you asked for.
    .advice = Start again. If it happens again, tell the shop the reference below.

## One app, with every time that it looked

apps-open = When it looked
apps-open-new = What you agreed to
app-new = You let { $app } in on { $moment }. What you agreed to is below. You can stop it here at any time.
app-agreed = What you agreed to
app-had-agreed = What you had agreed to
app-receipt = Download the receipt
    .hint = A file with every step of this agreement, which anybody can check.
app-recent = Got in the last 30 days
recent = { $count ->
    [one] 1 purchase
   *[other] { $count } purchases
}
recent-at-least = { $count ->
    [one] At least 1 purchase
   *[other] At least { $count } purchases
}
recent-nothing = Nothing
recent-unknown = Not known
app-looks = Every time it looked
    .hint = Each time data goes out to an app, we write it down first. Newest first.
    .never = It never looked at your purchases.
    .not-yet = It has not looked at your purchases yet.
    .more = More times that it looked
look-purchases = { $count ->
    [one] It asked for your purchases and got 1 purchase.
   *[other] It asked for your purchases and got { $count } purchases.
}
look-purchase = { $count ->
    [one] It asked for a single purchase and got 1 purchase.
   *[other] It asked for a single purchase and got { $count } purchases.
}
look-changes = { $count ->
    [one] It asked what is new and got 1 purchase.
   *[other] It asked what is new and got { $count } purchases.
}
look-summary = { $count ->
    [one] It asked for sums per year. They were made from 1 purchase.
   *[other] It asked for sums per year. They were made from { $count } purchases.
}
look-volunteered = { $count ->
    [one] It looked at 1 thing that it had told us for you.
   *[other] It looked at { $count } things that it had told us for you.
}
look-data = { $count ->
    [one] It got 1 purchase.
   *[other] It got { $count } purchases.
}
look-day = Bought on { $date }.
look-days = Bought from { $from } to { $to }.
look-forgotten = What went out then has been erased.
entry-unreadable = This entry is not what we once wrote, so we cannot show it. Please tell { $shop }, with the reference above.
app-steps = How the agreement changed
    .more = More changes
step-requested = { $app } asked you
step-given = You let it in
step-amended = You changed it
step-sent = You were sent a receipt
step-forgotten = Erased
step-unreadable = Not readable
step-gone = No longer shared: { $what }
step-asks-gone = { $count ->
    [one] It may answer 1 question less for you
   *[other] It may answer { $count } questions less for you
}
step-left-out = Left out: { $what }
step-put-back = Put back: { $what }
step-totals-seen = Full totals may be seen
step-totals-hidden = Full totals are hidden
step-joined = Purchases that have joined yours since may be seen too
nothing-earlier = There is nothing earlier.
newest = Newest
earlier = Earlier

## Examples from one’s own latest purchase

example-never = You have no purchases yet.
example-unseen = You have purchases, but none that the app would see.
example-sum = Like: { $total } on { $date }
example-item = Like: { $item } · { $net }, on { $date }
example-shop = Like: { $place }
example-shop-town = Like: { $place }, { $town }
example-document = Like: the receipt of { $date }
example-card = Like: card
example-card-ending = Like: card ending { $digits }
example-cash = Like: cash
example-gift-card = Like: gift card
example-voucher = Like: voucher
example-loyalty = Like: loyalty points
example-account = Like: on account
example-other = Like: another kind of payment
example-sensitive = Show me an example from my purchases

## Stopping all

stop-all-link = Stop sharing with all { $count } apps
stop-all-title = Stop sharing with all apps?
stop-all-which = These apps see nothing more then
stop-all-what =
    .now = From this moment on, none of them sees anything more of your purchases.
    .keeps = Each keeps what it has already seen. You can ask those who run them to delete it.
stop-all-do = Stop sharing with all
stopped-all-title = These apps see nothing more
stopped-all-left = Not all apps are stopped
    .says = Something on our side did not work. These apps still see what you agreed to:
    .again = Try again
samples-title = Made-up customers to try
## My purchases, one purchase, and the purchases as a file

nav-purchases = My purchases
purchases-title = My purchases
purchases-lead = What { $shop } has written down about what you bought, and what came back.
purchases-none = There is nothing here yet
    .says = When you buy something at { $shop } and we know that it was you, it is listed on this page, with what came back and which apps may see it.
purchases-matching = Purchases that match
purchases-unmatched = Nothing matches. Choose another shop, another way of buying or other dates.
purchases-no-month = You bought nothing here in { $month }.
purchases-sum = { $count ->
        [one] 1 purchase for { $total }.
       *[other] { $count } purchases for { $total }.
    }
    .back = { $amount } came back.
purchases-months = Months
purchases-keep = Keep a copy
    .says = You can have all of your purchases as a file, at once.
count-purchases = { $count ->
    [one] 1 purchase
   *[other] { $count } purchases
}
count-items = { $count ->
    [one] 1 item
   *[other] { $count } items
}
amount-back = { $amount } came back
something-back = Something came back
in-currency = in { $currency }

find-title = Find a purchase
find-words = What did you buy?
find-search = Search
find-filter = Shop, way of buying, dates
find-shop = Shop
    .all = All shops
find-way = Way of buying
    .all = All ways
find-apply = Show these
day-from = From this day on
day-to = Up to this day
found-title = Search my purchases
found = { $count ->
    [0] No purchase with “{ $words }”
    [one] 1 purchase with “{ $words }”
   *[other] { $count } purchases with “{ $words }”
}
found-where = We looked at the names of items from { $from } to { $to }.
    .filtered = We looked at the names of items from { $from } to { $to }, in what your filter shows.
    .most = A search looks at { $months } months and { $purchases } purchases at most, and lists { $listed }.
found-cut = There was more than that.
    .do = Use more words, or choose an earlier last day.
found-nothing = To look further back, choose an earlier last day.
found-back = Back to all my purchases

month-short-1 = Jan
month-short-2 = Feb
month-short-3 = Mar
month-short-4 = Apr
month-short-5 = May
month-short-6 = Jun
month-short-7 = Jul
month-short-8 = Aug
month-short-9 = Sep
month-short-10 = Oct
month-short-11 = Nov
month-short-12 = Dec
year-title = { $year }, month by month
year-picture = What your purchases came to in each month of { $year }, in { $currency }
    .says = The same figures are in the table below.
    .striped = Striped is what came back. It counts in the month in which you bought it.
    .marked = The month shown below is underlined.
year-table = Show these figures as a table
    .month = Month
    .total = Total
    .back = Came back
    .left = Left
    .both = These are the sums of all orders and receipts as they were written down. If you got a receipt for an order, both count.
year-nothing = You bought nothing in { $currency } in { $year }.
    .unknown = There are no sums for { $year }.
year-currencies = Currencies
    .one = Currency
year-years = Years
    .one = Year

purchase-title = Purchase of { $day }
    .return = Return of { $day }
purchase-back = My purchases, { $month }
bought-at = { $day }, { $time }
no-order = We know what came back, and not the purchase that it belongs to. It may have been bought without signing in, or before this record began.
about-purchase = About this purchase
    .shop = Shop
    .seller = Sold by
    .way = Way of buying
    .status = State
    .receipt-number = Receipt number
    .order-number = Order number
    .gift = Gift
    .gift-says = Bought as a gift
    .account = Account
    .account-says = An account that you share with others
    .recorded = Written down
purchase-apps = Apps and this purchase
    .got = Has looked at purchases from a stretch of days with { $day } in it, last on { $at }. This one may have been among them.
    .unknown = Was let in on { $since }. It has looked so often that we cannot tell here whether { $day } was among it.
    .nothing = Was let in on { $since }. It has not looked at purchases from { $day } since this one was written down.
    .sees = May see this purchase now, but for what you leave out.
    .sees-not = Does not see this purchase now.
    .why = We write down when an app looks, at how many purchases, and from which days. We do not write down which ones. This is why we say “may”.
    .none = No app has looked at purchases from { $day } since this one was written down, and none may see it now.
purchase-hide = Hide from apps
    .says = If you hide it, no app gets to see it from then on. Apps keep what they got before. You can show it again at any time.
    .now = No app gets to see this purchase. Apps keep what they got before.

receipt-items = What you bought
line-price = { $quantity } at { $price }
line-seller = sold by { $seller }
line-return-by = Can be returned until { $day }
line-warranty = Guarantee until { $day }
line-serial = Serial number { $number }
line-gross = Before discount:
return-part = { $what }: { $quantity } on { $day }
    .loose = { $name }: { $what }, { $quantity }, { $day }
refund-part = { $what }: { $amount }, { $day }
refund-fee = Kept back as a fee: { $amount }
    .of = Kept back: { $what }, { $amount }
sum-title = What it came to
    .caption = How the total comes about, in { $currency }
    .gross = Items before discounts
    .discounts = Discounts
    .items = Items
    .difference = Not explained by the record
    .total = Total
    .back = Money that came back or is on its way
    .left = Left
sum-within = In this: { $taxes }
sum-fits = The parts add up to the total.
    .not = The parts that we have do not add up to the total. { $amount } is not explained.
    .paid-not = What was paid is not the total. The difference is { $amount }.
    .as-sent = We show what the shop sent us. If something is wrong, the shop can put it right.
came-back = What came back
    .no-money = No money has come back for this yet, as far as we know.
    .other-currencies = In another currency, and so not in the sum above: { $amounts }.
paid = How you paid
    .open = Not paid yet, as far as we know.
    .part = Paid in part so far.
    .ending = ending in { $digits }
    .change = Change: { $amount }
loyalty =
    .earned = { $amount } { $unit } earned
    .used = { $amount } { $unit } used

# Words of the record. The one with * is for everything else.
way = { $kind ->
        [store] In a shop
        [online] Online
        [app] In the app
        [phone] By phone
        [marketplace] On a marketplace
       *[other] Another way
    }
    .within = { $kind ->
        [store] in a shop
        [online] online
        [app] in the app
        [phone] by phone
        [marketplace] on a marketplace
       *[other] another way
    }
purchase-status = { $kind ->
    [placed] Ordered
    [partly_fulfilled] Partly with you
    [fulfilled] Done
    [cancelled] Cancelled
    [returned] Came back
   *[other] Not known
}
payment-method = { $kind ->
    [card] Card
    [cash] Cash
    [gift_card] Gift card
    [voucher] Voucher
    [loyalty] Points
    [account] Account
   *[other] Another way
}
line-kind = { $kind ->
    [service] Service
    [digital] Digital
    [subscription] Subscription
    [gift_card] Gift card
    [deposit] Deposit
    [deposit_return] Deposit back
    [warranty] Guarantee
   *[other] Other
}
charge-kind = { $kind ->
    [delivery] Delivery
    [service] Service
    [deposit] Deposit
    [tip] Tip
    [donation] Donation
    [rounding] Rounding
   *[other] Other
}
discount-kind = { $kind ->
    [promotion] Special offer
    [coupon] Coupon
    [loyalty] Loyalty discount
    [employee] Staff discount
   *[other] Discount
}
tax-kind = { $kind ->
    [VAT] VAT
    [sales] Sales tax
    [excise] Excise
   *[other] Tax
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
    [PR] { $value } pairs
   *[other] { $value } { $name }
}
return-status = { $kind ->
    [requested] Return asked for
    [rejected] Return not accepted
   *[other] Came back
}
refund-status = { $kind ->
    [pending] Money on its way back
    [failed] Money back did not work
   *[other] Money back
}
refund-for = { $kind ->
    [goodwill] As a kind gesture
    [fee] A fee
   *[other] For something else
}

gaps-title = Why is something missing?
gaps-loading = Older purchases are still being brought in.
    .so-far = So far we have those up to { $until }.
    .again = Look again later.
gaps-late = It is still on its way.
    .says = A new purchase, or something that came back, takes a little while to get here.
    .until = What you see goes up to { $until }.
gaps-stranger = You bought it without signing in.
    .says = Then we do not know that it was you, unless the shop has linked it to you since.
gaps-before = It was before this record began.
    .says = The record begins on { $day }.
    .unknown = The shop has not told us on which day that was.
gaps-way = You bought it in a way that is not in this record.
    .says = The record has what was bought { $ways }.
gaps-old = It is older than the shop keeps.
gaps-removed = It was removed.
    .says = The shop may have corrected a mistake, or somebody asked for it to be deleted.
gaps-gift = It was a gift to you.
    .says = Then it belongs to the record of whoever bought it, and so does what you sent back of it.

download-title = Download my purchases
download-lead = A file with your purchases, to keep or to use elsewhere. It is made at once.
download-record = This is your purchase record, not everything we hold.
    .hidden = What you hide from apps is in it, because it is yours.
download-empty = There are no purchases between these days, so there is no file. Choose other days.
download-days = Which days
    .hint = Leave both empty for all of your purchases.
    .turned = The last day is before the first. Change one of them.
download-form = Which kind of file
download-csv = Table (CSV)
    .says = For a spreadsheet: one row for each item. What a whole purchase came to stands in its first row only, so that you can add up a column. A text that a spreadsheet might take for a formula has a ' before it.
download-json = For programs (JSON)
    .says = Everything that is written down of each purchase, as an app would get it to which you show all.
download-do = Download
download-care = The file is not locked. Keep it where only people can open it who may see what you bought. We write down that you downloaded it.

## Erasing everything

erase-link = Erase everything about me
erase-title = Erase everything about me?
erase-lead = Everything that { $shop } keeps about you here is erased at once, for good. Nobody can bring it back.
erase-goes = What goes
    .purchases = All your purchases, and what came back of them.
    .apps = What every app may see. Each of them is told that it is over, and gets nothing more. It keeps what it has already seen.
    .choices = What you have hidden and left out, and your signing in here.
    .log = What our log says about you: what you agreed to, who looked, what you downloaded.
erase-stays = What stays, and for how long
    .log = { $count ->
        [one] What our log says of what you agreed to and who looked stays locked for 1 day, in case of a dispute. To open it two people and a key that is kept elsewhere are needed. Then it goes too.
       *[other] What our log says of what you agreed to and who looked stays locked for { $count } days, in case of a dispute. To open it two people and a key that is kept elsewhere are needed. Then it goes too.
    }
    .seals = Numbers in our log that show that nothing was changed in it. Nobody can read anything about you from them.
    .mark = A scrambled form of your customer number, which nobody can read back, and the time of erasing. With it, late messages about you are thrown away.
    .backups = Backups: for at most 30 days they still hold the keys to what is erased. After that, nothing in any backup can be read any more.
    .elsewhere = What { $shop } must keep elsewhere, such as invoices, is not touched by this.
erase-first = If you want to keep a copy, take it along first:
erase-sure = Yes, erase everything
    .says = This cannot be undone.
    .missing = Please tick the box if you are sure. Nothing has been erased.
erase-do = Erase everything now
erase-back = Keep everything
erased-title = Everything is erased
erased-lead = { $shop } keeps nothing about you here any more.
erased-done = What was done
    .purchases = Your purchases are gone, and so are the keys without which nobody can read what is left of them in files.
    .apps = No app sees anything of yours any more.
    .session = You are signed out.
    .log = What our log said about you is gone.
erased-again = When you buy something at { $shop } again, or sign in here, you begin anew, as somebody whom nobody here has met.

## Letters

letter-given = { $app } may see your purchases
    .text = You let { $app } see purchases of yours at { $shop }. Your reference is { $reference }.
letter-amended = What { $app } sees has changed
    .text = You changed what { $app } sees of your purchases at { $shop }. Your reference is { $reference }.
letter-ended = { $app } sees nothing more
    .text = { $app } sees nothing more of your purchases at { $shop }. Your reference is { $reference }.
letter-stop = You can stop this at any time, without signing in. Keep this link to yourself: whoever has it can stop it too.
letter-receipt = Attached is your receipt. VERIFY.txt in it says how to check it, also with programs that are not from { $shop }.

## Telling the shop something

nav-told = What I told you
nav-contact = How we talk to you
nav-rights = Your rights
nav-dark = Go dark
dark-banner = You have gone dark. We ask you nothing and use nothing that you told us.
    .more = Look or start again
yes = Yes
no = No

asks-title = Tell us something
asks-lead = { $shop } would like to know these things. You need not answer. Nothing gets dearer or slower for you if you do not.
asks-none = There is no question
    .says = When { $shop } would like to know something, the question stands on this page.
asks-dark = We ask you nothing
    .says = You have gone dark. For twelve months no question stands here.
asks-said-no = You said no. Nothing changes for you.
asks-said-later = That is fine. The question stays here until you have time.
ask-page = Question: { $title }
ask-answer = Your answer
ask-yes = Yes
ask-no = No
ask-later = Later
ask-says = Your yes holds for this one thing only: { $purpose }.
ask-open = Look at it
ask-see = See what I told you
ask-answered = Answered
ask-refused = You said no
ask-deferred = Later
ask-barred = This is advertising, and you have said no to that. Take that no away first if you want to answer:
ask-objected = It also takes away your no to this.
ask-no-form = This question can be answered only through an app that you let in. You can still say no here.

deal-title = Before you answer
deal-get = What you get
deal-worth = (worth about { $worth })
deal-given = You have had it before, so another answer brings nothing more.
deal-without = If you say no
deal-for = What it is for
deal-who = Who gets it
deal-kept = How long it is kept
deal-end = How to take it back
deal-open = You can answer until
deal-special = This is about something very personal. So there is never a gift for it, and it is used only if you say yes.
deal-read = Read in full: { $title }

answer-skip = You can leave out whatever you like.
answer-none = No answer
answer-needed = Needed, if you answer this part.
answer-lines = One on each line.
answer-more = More rows
answer-missing = Fill this in, or leave out the whole part.
answer-unfit = This does not fit. Look at it again.
    .whole-between = Enter a whole number from { $least } to { $most }.
    .whole = Enter a whole number.
    .email = Enter an e-mail address such as name@example.org.
    .most = At most { $count } characters fit in here.
    .lines = At most { $count } lines fit in here.
    .rows = At most { $count } rows fit in here.
answer-nothing = Nothing is filled in yet. Fill in what you like, or choose “No” or “Later”.
answer-flawed = Some of it does not fit yet. It is marked below. Nothing was sent.
answer-changed = The question has changed since you opened this page. Please read it again. Nothing was sent.
answer-large = That is too much for one answer. Leave some of it out. Nothing was sent.
answer-file = Or take it from a file
    .hint = A table (CSV) or a JSON file of yours, with at least one of these columns: { $columns }. You see what was read before anything is sent.
    .read = Read the file
    .done = { $count ->
        [one] 1 row was read from your file. Nothing has been sent yet: look at it first.
       *[other] { $count } rows were read from your file. Nothing has been sent yet: look at them first.
    }
    .missing = Choose a file first.
    .unreadable = We could not read this file. It has to be a table (CSV) or JSON, in UTF-8.
    .columns = None of the columns that we ask for is in this file.
    .empty = There is nothing in this file.

told-title = What I told you
told-lead = Everything that you told { $shop } yourself, who has read it, and what you got for it. You can change it or take it back at any time.
told-done = Thank you. What you told us is below.
told-changed = Changed. The old answer is deleted.
told-declined = You said no. What the app had sent is deleted, and nobody has read it.
told-taken-back = Taken back. It is deleted here.
told-nothing = You have told us nothing
    .left = Nothing that you told us is left here
    .says = What you tell { $shop } is listed here, with who has read it and what you got for it. You need not tell us anything.
told-waiting = Waiting for your yes
    .says = An app sent this for you. { $shop } has not read it, and cannot before you say yes.
    .until = It is deleted on { $until } if you do nothing.
    .look = Look at it
told-live = In use
told-yes = You said yes
    .says = You said yes to this, and told us nothing yet. An app that you let in may tell us something for you.
told-since = Told on
told-until-back = You take it back
told-for = For
told-by = Sent by
told-fetched = Read by
    .once = on { $at }
    .from = first on { $first }, last on { $last }
    .nobody = Nobody yet
told-used = Used
    .once = { $who }, on { $at }
told-got = What you got
told-back = Take back
told-change = Change
    .title = Change: { $title }
    .lead = The old answer is deleted as soon as you save. Whoever has read it is told that it changed.
told-receipt =
    .hint = A file with every step, which anybody can check. It does not hold your answer.
told-copy = Take a copy of what I told you
told-over = Over
told-state =
    .withdrawn = Taken back
    .expired = Time is over
    .declined = You said no
    .lapsed = Not confirmed in time
told-gone = Gone from here since { $at }.
    .systems = { $count ->
        [one] { $confirmed } of 1 system has confirmed.
       *[other] { $confirmed } of { $count } systems have confirmed.
    }
    .nobody = Nobody had read it.
told-never = Nobody has read it. It was deleted on { $at }.
got-promised = Promised: { $what }
got-due = On its way: { $what }
got-delivered = You got: { $what }
got-overdue = Late: { $what }. We have to hand it over.
got-forgone = Not given, because nobody had read your answer: { $what }
balance-title = What you gave and what you got
balance-says = { $count ->
    [one] You have told us 1 thing.
   *[other] You have told us { $count } things.
}
balance-got = You got
balance-open = Still to come
balance-nothing = Nothing yet
balance-sum = { $unit ->
    [points] { $value } { $value ->
        [1] point
       *[other] points
    }
   *[other] { $value } { $name }
}

renew-title = Keep it longer: { $title }
renew-lead = You said yes to this until { $until }. Then it ends by itself, and what you told us for it goes. Say yes again, and the time begins anew today.
renew-do = Yes, keep it
renew-not = No, let it end
told-renewed = It is kept longer now.
told-ends = This ends soon.
told-renew = Keep it longer

back-title = Take back: { $title }
back-also = This goes with it, because you said yes to all of it at once
back-what =
    .now = Your answer is deleted here at once, and nobody may use it any more.
    .systems = { $count ->
        [one] 1 system has read it. It is told to delete it, and we show here when it has.
       *[other] { $count } systems have read it. They are told to delete it, and we show here when they have.
    }
    .nobody = Nobody has read it yet, so it is nowhere else.
    .keep = What you have been given for it stays yours.
    .due = What you are to get for it still comes, because your answer has been read.
    .promised = Nobody has read it, so there is nothing in return.

waiting-title = { $app } has sent something for you
waiting-lead = { $shop } has not read it, and cannot before you say yes. If you do nothing, it is deleted on { $until }.
waiting-sent = Sent by { $app } on { $at }.
waiting-yes = Yes, use it
waiting-no = No, delete it
waiting-says = Your yes also lets this app tell us the same kind of thing for you later, until you take it back.

## How the shop talks to its customers

contact-title = How we talk to you
contact-lead = Tick what { $shop } is to leave alone. A no stays until you take the tick away, even after you go dark or start again.
contact-marketing = Advertising
    .hint = That is everything that wants to sell you something.
    .label = Do not send me advertising, and do not choose it by what I buy
contact-channels = Ways to reach you
    .hint = { $shop } does not use a way with a tick.
contact-email = Not by e-mail
contact-phone = Not by telephone
contact-sms = Not by text message
contact-post = Not by post
contact-app = Not through the app
contact-since = Your no holds since { $at }.
contact-purposes = What it is for
    .hint = With a tick, nothing about you is used for this.
    .not = Not for: { $purpose }
contact-must = { $shop } may still write about an order, a return or a recall, because it has to.

## Going dark

dark-title = Go dark
dark-lead = Stop telling { $shop } anything, at once, with one press.
dark-what = What happens
    .closed = { $count ->
        [0] You have said yes to nothing at the moment, so there is nothing to close.
        [one] The 1 thing you said yes to is closed.
       *[other] The { $count } things you said yes to are closed.
    }
    .deleted = { $count ->
        [0] You have told us nothing at the moment, so there is nothing to delete.
        [one] The 1 thing you told us is deleted here, and whoever has read it is told to delete it too.
       *[other] The { $count } things you told us are deleted here, and whoever has read them is told to delete them too.
    }
    .marketing = You get no advertising, in no way.
    .asks = We ask you nothing for twelve months.
    .keep = What you have been given stays yours.
dark-copy = If you want to keep what you told us, take a copy first:
dark-stays = What cannot stop, and why
    .orders = Open orders and returns go on until they are done. Otherwise you would not get your things or your money.
    .warranty = What you need for a guarantee stays until the guarantee ends.
    .tax = Invoices stay as long as tax law says.
    .purchases = Your purchase record stays yours and stays here. You can erase it on a page of its own:
dark-apps = Apps
    .hint = { $count ->
        [one] 1 app is connected. Going dark does not stop it, because that is your choice, not the shop’s.
       *[other] { $count } apps are connected. Going dark does not stop them, because that is your choice, not the shop’s.
    }
    .label = Stop sharing with all apps too
dark-went = Done. It took effect on { $at }.
    .systems = { $count ->
        [one] 1 system is told to delete what it has read.
       *[other] { $count } systems are told to delete what they have read.
    }
    .left = Some apps could not be stopped just now. Please stop them under Connected apps.
dark-now = You went dark on { $at }.
    .short = We ask you nothing, use nothing that you told us and send you no advertising.
dark-again = Start again
    .nothing = What was deleted does not come back, and nothing that you closed is opened.
    .asks = Questions stand under “Tell us something” again. You need not answer any.
    .no = What you said no to under “How we talk to you” stays no.

## Rights

rights-title = Your rights
rights-lead = These are yours by law. They cost nothing, and { $shop } may not treat you worse for using them.
rights-object = Say no to something
    .says = You can say no to advertising and to each way of reaching you. It holds at once.
    .else = Say no to something else
    .label = What do you not want, and why?
    .hint = Write what it is about you that makes it wrong for you. We stop, unless we have a strong reason, and then we tell you which. You get an answer within a month.
rights-correct = Have something put right
    .says = What you told us you can change yourself.
    .else = Something else is wrong
    .label = What is wrong, and what is right?
rights-access = Get everything that is known about you
    .says = These you can have at once:
    .else = Ask for the rest
    .label = What do you want to have? You can write “everything”.
rights-hint = A person reads this and sees to it. You get an answer within a month.
rights-send = Send
rights-flaw =
    .empty = Write what you ask for. Nothing was sent.
    .long = That is too long. Leave some of it out. Nothing was sent.
    .many = Too much that you asked for waits for an answer already. Take something back, or wait for an answer. Nothing was sent.
rights-done = Sent. Below is the day by which you get an answer.
    .back = Taken back.
rights-asked = What you asked for
    .what = You wrote
    .on = Sent on
    .due = You get an answer by
    .closed = Done on
    .answer = Our answer
    .longer = Why it takes longer
rights-late = The answer was due on { $due } and is late. You can complain: whom to is at the end of this page.
rights-state =
    .requested = Waiting for us
    .extended = Takes longer
    .answered = Answered
    .refused = We said no
    .withdrawn = Taken back
rights-erase = Have everything erased
    .says = Everything about you here is erased at once, for good.
rights-complain = Complain
    .says = You can tell us, our data protection officer, or the authority that watches over us. None of them may charge you.
rights-who = The shop
rights-officer = Data protection officer
rights-authority = Authority
failure-ask_closed = This question is closed
    .reason = It can be answered no more, or it was never asked. Nothing was sent.
    .advice = Look under “Tell us something” for what is asked now.
failure-gone_dark = You have gone dark
    .reason = While you are dark, nothing is asked and nothing is told. Nothing was sent.
    .advice = Open “Go dark” and choose “Start again” if you want to tell us something.
failure-not_now = That is not possible any more
    .reason = It was already answered, taken back or deleted. Nothing was changed.
    .advice = Look at “What I told you” to see how it stands.
failure-too_large = That was too much at once
    .reason = The form or the file is larger than we read. Nothing was sent.
    .advice = Go back and choose a smaller file, or leave some of it out.

//! Random catalogues, and random purchases with what is known of them.

use counterfoil_domain::catalogue::{CatalogueFile, CategoryFile, Unmapped};
use serde_json::{Value, json};

use crate::draw::{Draw, Marker, text};

/// Currencies with their decimals.
pub const CURRENCIES: [(&str, usize); 3] = [("EUR", 2), ("JPY", 0), ("KWD", 3)];
const ROOTS: [&str; 5] = ["A", "B/C", "D & D", "E \"e\"", "F"];
const SHELVES: [&str; 3] = ["x", "y\\z", "é"];
/// Skus that catalogues may list.
const LISTED: [&str; 4] = ["K0", "K1", "K2", "K3"];

/// A catalogue of up to six categories.
pub fn catalogue(draw: &mut Draw) -> CatalogueFile {
    let mut places: Vec<Vec<String>> = Vec::new();
    for root in ROOTS {
        places.push(vec![root.to_owned()]);
        places.extend(SHELVES.map(|shelf| vec![root.to_owned(), shelf.to_owned()]));
    }
    let mut categories: Vec<CategoryFile> = (0..draw.below(7))
        .map(|index| CategoryFile {
            id: format!("c{index}"),
            name: [("en".to_owned(), "N".to_owned())].into(),
            sensitive: draw.once_in(3),
            ..CategoryFile::default()
        })
        .collect();
    let count = categories.len();
    for place in places.into_iter().filter(|_| count > 0) {
        if draw.once_in(2) {
            categories[draw.below(count)].paths.push(place);
        }
    }
    for sku in LISTED.into_iter().filter(|_| count > 0) {
        if draw.once_in(2) {
            categories[draw.below(count)].skus.push(sku.to_owned());
        }
    }
    let unmapped = if draw.once_in(4) { Unmapped::Sensitive } else { Unmapped::Ordinary };
    CatalogueFile { version: 1, unmapped, categories }
}

/// A line that something names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LineRef {
    Line(usize),
    /// One that is not in the order.
    Ghost(Marker),
}

pub struct Line {
    pub id: Marker,
    pub sku: String,
    pub path: Vec<String>,
    /// Texts of its own: name, brand and so on. Also its sku, unless a catalogue lists it.
    pub texts: Vec<Marker>,
    pub seller: Option<Marker>,
    pub parent: Option<LineRef>,
    pub is_gift_card: bool,
    pub net: i64,
    pub taxes: Vec<i64>,
}

pub struct ReturnLine {
    pub line: Option<LineRef>,
    pub sku: String,
    pub texts: Vec<Marker>,
}

pub struct Return {
    pub id: Marker,
    pub is_by_recipient: bool,
    pub lines: Vec<ReturnLine>,
}

pub enum Target {
    Line(LineRef),
    /// A charge, or another purpose, and its text if it has one.
    Else(Option<Marker>),
}

pub struct Refund {
    pub id: Marker,
    /// The index of the return it pays for, and its id.
    pub returned: Option<(Option<usize>, Marker)>,
    pub currency: usize,
    pub counts: bool,
    pub amount: i64,
    pub allocations: Vec<(Target, i64)>,
    pub method: Option<Marker>,
    /// Of fees and taxes.
    pub texts: Vec<Marker>,
}

/// One purchase. All amounts are in minor units.
#[derive(Default)]
pub struct Shape {
    pub markers: Marker,
    pub has_order: bool,
    pub order_id: Marker,
    pub currency: usize,
    pub taxes_included: bool,
    pub grand_total: i64,
    pub lines: Vec<Line>,
    pub returns: Vec<Return>,
    pub refunds: Vec<Refund>,
    /// Texts of fulfilments, and the lines that they name.
    pub fulfilments: Vec<Marker>,
    pub fulfilled: Vec<LineRef>,
    pub charges: Vec<Marker>,
    pub payment: Vec<Marker>,
    pub place: Vec<Marker>,
    pub documents: Vec<Marker>,
    /// Receipt number and related orders.
    pub telling: Vec<Marker>,
    /// The order, of this batch, that it fulfils.
    pub fulfils: Option<usize>,
    pub events: Vec<Vec<u8>>,
}

/// `amount` minor units as they are sent.
pub fn decimal(amount: i64, places: usize) -> String {
    let digits = format!("{:0width$}", amount.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if amount < 0 { "-" } else { "" };
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

impl Shape {
    fn marker(&mut self) -> Marker {
        self.markers += 1;
        self.markers - 1
    }

    fn money(&self, amount: i64) -> String {
        decimal(amount, CURRENCIES[self.currency].1)
    }

    fn line_ref(&mut self, draw: &mut Draw) -> LineRef {
        if self.lines.is_empty() || draw.once_in(8) {
            return LineRef::Ghost(self.marker());
        }
        LineRef::Line(draw.below(self.lines.len()))
    }

    pub fn id_of(&self, line: LineRef) -> Marker {
        match line {
            LineRef::Line(index) => self.lines[index].id,
            LineRef::Ghost(marker) => marker,
        }
    }

    /// A sku, and its marker if it is one of its own.
    fn sku(&mut self, draw: &mut Draw) -> (String, Option<Marker>) {
        if draw.once_in(5) {
            return (draw.one_of(&LISTED).to_owned(), None);
        }
        let marker = self.marker();
        (text(marker), Some(marker))
    }

    /// The purchase that lies at `own` in a batch of `batch`, each order with the id of its place.
    pub fn new(draw: &mut Draw, batch: usize, own: usize) -> Self {
        let mut shape = Self { currency: draw.below(CURRENCIES.len()), ..Self::default() };
        for _ in 0..batch {
            shape.marker();
        }
        shape.order_id = u32::try_from(own).unwrap();
        shape.has_order = !draw.once_in(10);
        shape.taxes_included = draw.once_in(2);
        if shape.has_order {
            let order = shape.order(draw, batch);
            shape.send("order", order);
        }
        for _ in 0..draw.below(3) {
            let part = shape.returning(draw);
            shape.send("return", part);
        }
        let at_least = usize::from(!shape.has_order && shape.returns.is_empty());
        for _ in 0..draw.below(4).max(at_least) {
            let part = shape.refund(draw);
            shape.send("refund", part);
        }
        shape
    }

    fn send(&mut self, kind: &str, mut data: Value) {
        data["revision"] = 1.into();
        data["orderId"] = text(self.order_id).into();
        let event = json!({"specversion": "1.0", "id": "e", "source": "/s",
            "type": format!("{kind}.recorded.v1"), "data": data});
        self.events.push(serde_json::to_vec(&event).unwrap());
    }

    fn order(&mut self, draw: &mut Draw, batch: usize) -> Value {
        let mut order = json!({"channel": "store", "placedAt": "2024-05-06T10:00:00Z",
            "currency": CURRENCIES[self.currency].0, "pricesIncludeTax": self.taxes_included});
        let mut lines = Vec::new();
        for _ in 0..draw.below(6) {
            lines.push(self.line(draw));
        }
        for (line, data) in lines.iter_mut().enumerate() {
            if draw.once_in(4) {
                let parent = self.line_ref(draw);
                self.lines[line].parent = Some(parent);
                data["parentLineId"] = text(self.id_of(parent)).into();
            }
        }
        order["lines"] = lines.into();
        let charges = self.charges(draw, &mut order);
        let taxes = self.taxes(draw, &mut order);
        let net: i64 = self.lines.iter().map(|line| line.net).sum();
        self.grand_total = net + charges + if self.taxes_included { 0 } else { taxes };
        if draw.once_in(5) {
            self.grand_total += draw.between(-3, 3);
        }
        order["totals"] = json!({"grandTotal": self.money(self.grand_total)});
        self.surroundings(draw, &mut order);
        let related = draw.below(batch);
        if draw.once_in(4) {
            // The order itself is named by nobody else where it fulfils itself, which says nothing.
            let marker = u32::try_from(related).unwrap();
            self.fulfils = Some(related);
            self.telling.push(marker);
            order["related"] = json!([{"rel": "fulfils", "orderId": text(marker)}]);
        }
        order
    }

    fn line(&mut self, draw: &mut Draw) -> Value {
        let id = self.marker();
        let (sku, own_sku) = match self.lines.len() {
            0 => self.sku(draw),
            _ if !draw.once_in(5) => self.sku(draw),
            others => (self.lines[draw.below(others)].sku.clone(), None),
        };
        let mut texts: Vec<Marker> = (0..5).map(|_| self.marker()).collect();
        let (brand, serial, name, tail, code) = (texts[0], texts[1], texts[2], texts[3], texts[4]);
        texts.extend(own_sku);
        let mut path: Vec<String> = Vec::new();
        if !draw.once_in(6) {
            path.push(draw.one_of(&ROOTS).to_owned());
            if draw.once_in(2) {
                path.push(draw.one_of(&SHELVES).to_owned());
            }
        }
        path.push(text(tail));
        let seller = draw.once_in(6).then(|| self.marker());
        let kind = if draw.once_in(8) { "gift_card" } else { "goods" };
        let net = draw.between(-300, 5_000);
        let mut discounts: Vec<i64> = (0..draw.below(2)).map(|_| draw.between(0, 90)).collect();
        discounts.push(1);
        let gross = draw.once_in(2).then(|| net + draw.between(0, 90));
        let taxes: Vec<i64> = (0..draw.below(3)).map(|_| draw.between(0, 400)).collect();
        let mut data = json!({"lineId": text(id), "sku": sku, "name": text(name), "kind": kind, "brand": text(brand),
            "category": path, "serial": text(serial), "quantity": 3, "net": self.money(net),
            "discounts": discounts.iter().map(|off| json!({"kind": "manual", "code": text(code), "amount": self.money(*off)})).collect::<Value>(),
            "taxes": taxes.iter().map(|tax| json!({"taxId": "t", "amount": self.money(*tax)})).collect::<Value>()});
        if let Some(gross) = gross {
            data["gross"] = self.money(gross).into();
        }
        if let Some(seller) = seller {
            data["seller"] = json!({"name": text(seller)});
        }
        let is_gift_card = kind == "gift_card";
        self.lines.push(Line { id, sku, path, texts, seller, parent: None, is_gift_card, net, taxes });
        data
    }

    fn charges(&mut self, draw: &mut Draw, order: &mut Value) -> i64 {
        let mut sum = 0;
        let mut charges = Vec::new();
        for _ in 0..draw.below(3) {
            let (id, description, amount) = (self.marker(), self.marker(), draw.between(-50, 500));
            self.charges.extend([id, description]);
            sum += amount;
            charges.push(json!({"chargeId": text(id), "kind": "delivery", "description": text(description), "amount": self.money(amount)}));
        }
        order["charges"] = charges.into();
        sum
    }

    /// The order's own list of taxes if it has one, else those of its lines.
    fn taxes(&mut self, draw: &mut Draw, order: &mut Value) -> i64 {
        if draw.once_in(2) {
            return self.lines.iter().flat_map(|line| &line.taxes).sum();
        }
        let amount = draw.between(0, 900);
        order["taxes"] = json!([{"taxId": "t", "type": "VAT", "amount": self.money(amount)}]);
        amount
    }

    fn surroundings(&mut self, draw: &mut Draw, order: &mut Value) {
        if draw.once_in(2) {
            let (scheme, club) = (self.marker(), self.marker());
            self.payment.extend([scheme, club]);
            order["tenders"] =
                json!([{"method": "card", "scheme": text(scheme), "amount": self.money(self.grand_total)}]);
            order["loyalty"] = json!([{"programmeId": text(club), "unit": "points"}]);
            order["payment"] = draw.one_of(&["paid", "part", "open"]).into();
        }
        if draw.once_in(2) {
            let (seller, store, city) = (self.marker(), self.marker(), self.marker());
            self.place.extend([seller, store, city]);
            order["seller"] = json!({"name": text(seller)});
            order["location"] = json!({"storeId": text(store), "city": text(city)});
        }
        if draw.once_in(2) {
            let (href, receipt) = (self.marker(), self.marker());
            self.documents.push(href);
            self.telling.push(receipt);
            order["documents"] = json!([{"type": "receipt", "mediaType": "text/plain", "href": text(href)}]);
            order["receiptNumber"] = text(receipt).into();
        }
        if draw.once_in(2) {
            let (id, status) = (self.marker(), self.marker());
            self.fulfilments.extend([id, status]);
            self.fulfilled = (0..draw.below(4)).map(|_| self.line_ref(draw)).collect();
            let ids: Vec<String> = self.fulfilled.iter().map(|line| text(self.id_of(*line))).collect();
            order["fulfilments"] =
                json!([{"id": text(id), "type": "delivery", "status": text(status), "lineIds": ids}]);
        }
    }

    fn returning(&mut self, draw: &mut Draw) -> Value {
        let id = self.marker();
        let is_by_recipient = draw.once_in(10);
        let mut part = Return { id, is_by_recipient, lines: Vec::new() };
        let mut lines = Vec::new();
        for _ in 0..draw.below(4) {
            let mut texts: Vec<Marker> = (0..3).map(|_| self.marker()).collect();
            let (own, name, reason) = (texts[0], texts[1], texts[2]);
            let line = (!draw.once_in(3)).then(|| self.line_ref(draw));
            let sku = match line {
                Some(LineRef::Line(index)) if !draw.once_in(4) => self.lines[index].sku.clone(),
                _ if !self.lines.is_empty() && draw.once_in(2) => {
                    self.lines[draw.below(self.lines.len())].sku.clone()
                }
                _ => {
                    let (sku, marker) = self.sku(draw);
                    texts.extend(marker);
                    sku
                }
            };
            lines.push(json!({"returnLineId": text(own), "lineId": line.map(|line| text(self.id_of(line))), "sku": sku,
                "name": text(name), "quantity": draw.between(1, 3), "amount": self.money(draw.between(0, 700)), "reason": text(reason)}));
            part.lines.push(ReturnLine { line, sku, texts });
        }
        self.returns.push(part);
        json!({"returnId": text(id), "returnedAt": "2024-06-01T10:00:00Z", "lines": lines,
            "status": draw.one_of(&["requested", "received", "completed", "rejected"]),
            "party": if is_by_recipient { "recipient" } else { "buyer" }})
    }

    fn refund(&mut self, draw: &mut Draw) -> Value {
        let id = self.marker();
        let currency = if draw.once_in(6) { draw.below(CURRENCIES.len()) } else { self.currency };
        // Without an order, the currency of a purchase is that of its first refund.
        let currency = if self.has_order { currency } else { self.currency };
        let places = CURRENCIES[currency].1;
        let returned = match draw.below(4) {
            0 => Some((None, self.marker())),
            1 => None,
            _ if self.returns.is_empty() => None,
            _ => {
                let index = draw.below(self.returns.len());
                Some((Some(index), self.returns[index].id))
            }
        };
        let mut allocations = Vec::new();
        let mut sent = Vec::new();
        for _ in 0..draw.below(4) {
            let amount = draw.between(-20, 900);
            let mut part = json!({"amount": decimal(amount, places)});
            let target = match draw.below(6) {
                0 if !self.charges.is_empty() => {
                    part["chargeId"] = text(self.charges[0]).into();
                    Target::Else(Some(self.charges[0]))
                }
                0 | 1 => {
                    let word = self.marker();
                    part["other"] = text(word).into();
                    Target::Else(Some(word))
                }
                2 => {
                    part["other"] = "goodwill".into();
                    Target::Else(None)
                }
                _ => {
                    let line = self.returned_line(draw).unwrap_or_else(|| self.line_ref(draw));
                    part["lineId"] = text(self.id_of(line)).into();
                    Target::Line(line)
                }
            };
            allocations.push((target, amount));
            sent.push(part);
        }
        let amount = draw.between(0, 2_000);
        let status = draw.one_of(&["pending", "settled", "settled", "failed"]);
        let method = draw.once_in(2).then(|| self.marker());
        let (fee, tax) = (self.marker(), self.marker());
        let data = json!({"refundId": text(id), "returnId": returned.map(|(_, id)| text(id)), "currency": CURRENCIES[currency].0,
            "amount": decimal(amount, places), "issuedAt": "2024-06-02T10:00:00Z", "status": status,
            "method": method.map_or_else(|| "card".to_owned(), text), "allocations": sent,
            "feesWithheld": [{"description": text(fee), "amount": decimal(1, places)}],
            "taxes": [{"taxId": text(tax), "amount": decimal(1, places)}]});
        let (counts, texts) = (status != "failed", vec![fee, tax]);
        self.refunds.push(Refund { id, returned, currency, counts, amount, allocations, method, texts });
        data
    }

    /// A line that a return names: where there is no order, no other could be joined.
    fn returned_line(&self, draw: &mut Draw) -> Option<LineRef> {
        let named: Vec<LineRef> =
            self.returns.iter().flat_map(|part| &part.lines).filter_map(|line| line.line).collect();
        if named.is_empty() || draw.once_in(2) { None } else { Some(named[draw.below(named.len())]) }
    }
}

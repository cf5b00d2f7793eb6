//! One order, drawn: what is in it, what it costs, how it is paid. Everything here is a function of the seed and
//! the order's number, so that a later revision, a return or a refund draws the same basket again.

use super::calendar::DAY;
use super::catalogue::{Catalogue, Product};
use super::customers::{Customers, Habit, Persona};
use super::draw::Draw;
use super::payment::{self, Tender};
use super::returns::Comeback;
use super::shops::{Rate, Shop};

/// What every order is drawn from.
#[derive(Debug)]
pub struct World {
    /// What is sold.
    pub catalogue: Catalogue,
    /// Who buys.
    pub customers: Customers,
}

/// Where an order was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// At a till.
    Store,
    /// On the web shop.
    Online,
    /// In the app.
    App,
}

/// What a line is about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'c> {
    /// Goods.
    Goods(&'c Product),
    /// The deposit on the bottles of the line with this number.
    Deposit(u64),
    /// Empty bottles brought back.
    BottleReturn,
}

/// A reduction of one line.
#[derive(Clone, Copy, Debug)]
pub struct Discount {
    /// `kind`, `description` and `code` as members.
    pub text: &'static str,
    /// Minor units.
    pub amount: i64,
}

/// One line; amounts in minor units, quantity in thousandths.
#[derive(Clone, Copy, Debug)]
pub struct Line<'c> {
    pub subject: Subject<'c>,
    pub quantity: i64,
    pub unit_price: i64,
    pub gross: i64,
    pub discount: Option<Discount>,
}

impl Line<'_> {
    /// What it costs after its discount.
    pub fn net(&self) -> i64 {
        self.gross - self.discount.map_or(0, |discount| discount.amount)
    }

    /// The VAT inside.
    pub fn rate(&self) -> Rate {
        match self.subject {
            Subject::Goods(product) => product.rate,
            Subject::Deposit(_) | Subject::BottleReturn => Rate::Standard,
        }
    }
}

/// Something on the bill that is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeKind {
    Delivery,
    Donation,
    Rounding,
}

/// One charge, in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    pub kind: ChargeKind,
    pub amount: i64,
}

/// One order.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact of its own; there is no state machine in them"
)]
pub struct Basket<'c> {
    /// Unique among the orders of a sample.
    pub number: u64,
    /// Index of the customer.
    pub customer: u64,
    pub shop: &'static Shop,
    pub channel: Channel,
    /// Unix seconds.
    pub placed: i64,
    pub lines: Vec<Line<'c>>,
    pub charges: Vec<Charge>,
    pub tenders: Vec<Tender>,
    /// Points earned, if the customer collects them.
    pub points: Option<i64>,
    /// Whether the customer comes for it; only of orders that are not made in a shop.
    pub collected: bool,
    /// Unix seconds of delivery or collection.
    pub delivered: Option<i64>,
    /// Recorded once when placed and once more when delivered, instead of only then.
    pub tracked: bool,
    pub gift: bool,
    /// Paid for by the household, for the household.
    pub shared: bool,
    pub comeback: Option<Comeback>,
}

impl<'c> Basket<'c> {
    /// Draws the order `number` of `customer`, placed at Unix second `placed`.
    pub fn draw(world: &'c World, draw: &mut Draw, number: u64, customer: u64, placed: i64) -> Self {
        let habit = Habit::of(customer);
        let shop = Customers::shop(customer, draw);
        let channel = channel(habit, placed, draw);
        let remote = channel != Channel::Store;
        let delivered = remote.then(|| placed + draw.between(1, 3) * DAY + draw.between(0, DAY / 4));
        let mut basket = Self {
            number,
            customer,
            shop,
            channel,
            placed,
            lines: Vec::with_capacity(32),
            charges: Vec::new(),
            tenders: Vec::new(),
            points: None,
            collected: remote && draw.percent(25),
            delivered,
            tracked: remote && draw.percent(50),
            gift: remote && draw.percent(2),
            shared: world.customers.persona(customer) == Some(Persona::SharesCard) && draw.percent(50),
            comeback: None,
        };
        basket.fill(&world.catalogue, habit, draw);
        basket.add_charges(draw);
        let payment = payment::draw(&basket, habit, draw);
        basket.tenders = payment.tenders;
        basket.charges.extend(payment.rounding);
        basket.points = (customer % 3 != 1).then(|| basket.total() / 100);
        basket.comeback = Comeback::draw(&basket, habit, draw);
        basket
    }

    /// What the customer owes: `sum(net) + charges`.
    pub fn total(&self) -> i64 {
        self.goods() + self.charges.iter().map(|charge| charge.amount).sum::<i64>()
    }

    fn goods(&self) -> i64 {
        self.lines.iter().map(Line::net).sum()
    }

    fn fill(&mut self, catalogue: &'c Catalogue, habit: Habit, draw: &mut Draw) {
        let on_purpose = match habit {
            Habit::ManyReturns | Habit::OneOff => 70,
            Habit::AppShopper => 40,
            _ => 12,
        };
        if draw.percent(on_purpose) {
            let department = draw.pick(&catalogue.special).map_or(&[][..], Vec::as_slice);
            for _ in 0..draw.between(1, 4) {
                if let Some(product) = draw.pick(department) {
                    let quantity = if draw.percent(85) { 1000 } else { 2000 };
                    self.add(product, quantity, draw);
                }
            }
        } else {
            let (least, most) = habit.basket();
            for _ in 0..draw.between(least, most) {
                if let Some(product) = self.weekly(&catalogue.everyday, draw) {
                    let quantity =
                        if product.weighed { draw.between(180, 1800) } else { 1000 * pieces(draw) };
                    self.add(product, quantity, draw);
                }
            }
            if self.channel == Channel::Store && self.shop.bottle > 0 && draw.percent(12) {
                let bottles = draw.between(2, 18);
                let worth = bottles * self.shop.bottle;
                if worth < self.goods() {
                    self.lines.push(Line {
                        subject: Subject::BottleReturn,
                        quantity: bottles * 1000,
                        unit_price: -self.shop.bottle,
                        gross: -worth,
                        discount: None,
                    });
                }
            }
        }
    }

    /// Six of ten times one of the two dozen things that this customer always buys.
    fn weekly<'p>(&self, products: &'p [Product], draw: &mut Draw) -> Option<&'p Product> {
        if draw.percent(60) {
            let slot = draw.below(24);
            let at = (self.customer + 1).wrapping_mul(2_654_435_761).wrapping_add(slot * 40_503);
            let length = u64::try_from(products.len()).ok()?;
            return usize::try_from(at.checked_rem(length)?).ok().and_then(|at| products.get(at));
        }
        draw.pick(products)
    }

    fn add(&mut self, product: &'c Product, quantity: i64, draw: &mut Draw) {
        let unit_price = self.shop.price(product.cents);
        let gross = (unit_price * quantity + 500) / 1000;
        let discount = draw.percent(14).then(|| discount(gross, draw));
        self.lines.push(Line { subject: Subject::Goods(product), quantity, unit_price, gross, discount });
        if product.bottles > 0 && self.shop.bottle > 0 {
            let of = u64::try_from(self.lines.len()).unwrap_or(0);
            let bottles = product.bottles * quantity / 1000;
            self.lines.push(Line {
                subject: Subject::Deposit(of),
                quantity: bottles * 1000,
                unit_price: self.shop.bottle,
                gross: bottles * self.shop.bottle,
                discount: None,
            });
        }
    }

    fn add_charges(&mut self, draw: &mut Draw) {
        let free_from = self.shop.price(6000);
        if self.channel != Channel::Store && !self.collected && self.goods() < free_from {
            self.charges.push(Charge { kind: ChargeKind::Delivery, amount: self.shop.price(495) });
        }
        if draw.percent(1) {
            self.charges.push(Charge { kind: ChargeKind::Donation, amount: self.shop.price(100) });
        }
    }
}

fn channel(habit: Habit, placed: i64, draw: &mut Draw) -> Channel {
    let remote = match habit {
        Habit::AppShopper => 80,
        Habit::ManyReturns | Habit::OneOff => 60,
        _ => 12,
    };
    let open = (6..20).contains(&(placed.rem_euclid(DAY) / 3600));
    let app = habit == Habit::AppShopper || draw.percent(35);
    match (draw.percent(remote) || !open, app) {
        (false, _) => Channel::Store,
        (true, true) => Channel::App,
        (true, false) => Channel::Online,
    }
}

fn pieces(draw: &mut Draw) -> i64 {
    match draw.below(20) {
        0..14 => 1,
        14..18 => 2,
        18 => 3,
        _ => 6,
    }
}

fn discount(gross: i64, draw: &mut Draw) -> Discount {
    let (text, percent) = match draw.below(10) {
        0..5 => (r#""kind":"promotion","description":"Offer of the week""#, 20),
        5..7 => (r#""kind":"loyalty","description":"Members' price""#, 10),
        7 => (r#""kind":"coupon","description":"Coupon","code":"WELCOME15""#, 15),
        8 => (r#""kind":"manual","description":"Reduced to clear""#, 50),
        _ => (r#""kind":"promotion","description":"Buy more, save more""#, 25),
    };
    Discount { text, amount: gross * percent / 100 }
}

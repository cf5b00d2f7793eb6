//! Whether the figures of one purchase add up.

use std::collections::HashMap;

use crate::{
    purchases::{Money, Purchase, Totals},
    wire::printable,
};

/// What the sums of one purchase say.
#[derive(Debug, PartialEq, Eq)]
pub enum Figures {
    /// Checked, and right.
    AddUp,
    /// The shop says itself that they do not add up.
    Unreconciled,
    /// The items are not shared, or not all and the totals are those of all: nothing to add.
    Unseen,
    /// Checked, and wrong: in words.
    Wrong(String),
}

impl Purchase {
    /// Checks that lines and charges, and taxes where the prices do not hold them, make the grand total; that refunds
    /// make what was paid back, of the whole and of each line; and that what remains is the one less the other.
    pub fn figures(&self) -> Figures {
        let Totals { grand_total, refunded, net, .. } = &self.totals;
        if grand_total.minus(*refunded) != Some(*net) {
            return Figures::Wrong(format!("{grand_total} less {refunded} paid back is not {net}"));
        }
        if let Some(why) = self.refund_at_fault() {
            return Figures::Wrong(why);
        }
        if !self.completeness.reconciled {
            return Figures::Unreconciled;
        }
        let Some(lines) = &self.lines else { return Figures::Unseen };
        // Of a purchase that is shown in part there are no taxes of the whole, but the lines have their shares.
        let taxes: Vec<Money> = match (self.completeness.partial, self.completeness.totals_of.as_deref()) {
            (false, _) => self.taxes.iter().map(|tax| tax.amount).collect(),
            (true, Some("shown")) => {
                lines.iter().flat_map(|line| &line.taxes).map(|tax| tax.amount).collect()
            }
            (true, _) => return Figures::Unseen,
        };
        let taxes = taxes.into_iter().filter(|_| self.adds_taxes());
        let charges = self.charges.iter().map(|charge| charge.amount);
        let sum = Money::sum(lines.iter().map(|line| line.net).chain(charges).chain(taxes));
        match sum {
            Some(sum) if sum == *grand_total => Figures::AddUp,
            Some(sum) => Figures::Wrong(format!("its parts make {sum}, its total is {grand_total}")),
            None => Figures::Wrong(BEYOND.to_owned()),
        }
    }

    /// What is wrong with what was paid back, if anything is.
    fn refund_at_fault(&self) -> Option<String> {
        let counted = || self.refunds.iter().filter(|refund| refund.counts(&self.currency));
        // Of a purchase that is shown in part, a refund is as much as it is for what is shown.
        let (told, sum) = (self.totals.refunded, Money::sum(counted().map(|refund| refund.amount)));
        if sum != Some(told) {
            return Some(format!("its refunds make {}, {told} is said to be paid back", shown(sum)));
        }
        // What of a refund is for a line is shared when the lines are.
        let lines = self.lines.as_ref()?;
        let mut shares: HashMap<&str, Vec<Money>> = HashMap::new();
        for part in counted().flat_map(|refund| &refund.allocations) {
            if let Some(line) = &part.line_id {
                shares.entry(line).or_default().push(part.amount);
            }
        }
        lines.iter().find_map(|line| {
            let sum = Money::sum(shares.remove(line.id.as_str()).unwrap_or_default());
            let told = line.refunded.unwrap_or_default();
            let what =
                || format!("refunds of line {} make {}, it says {told}", printable(&line.id), shown(sum));
            (sum != Some(told)).then(what)
        })
    }
}

const BEYOND: &str = "its parts make more than can be counted";

fn shown(sum: Option<Money>) -> String {
    sum.map_or_else(|| "more than can be counted".to_owned(), |sum| sum.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::purchases::tests::example;

    fn figures(change: fn(&mut Value)) -> Figures {
        let mut purchase = example();
        change(&mut purchase);
        serde_json::from_value::<Purchase>(purchase).unwrap().figures()
    }

    #[test]
    fn the_example_adds_up() {
        assert_eq!(figures(|_| ()), Figures::AddUp);
    }

    #[test]
    fn charges_and_taxes_outside_the_prices_count() {
        let outside = |purchase: &mut Value| {
            purchase["charges"] =
                json!([{"chargeId":"c","kind":"delivery","amount":"4.90"},{"amount":"-0.01"}]);
            purchase["taxes"] = json!([{"taxId":"t","type":"sales","amount":"0.03"}]);
            purchase["pricesIncludeTax"] = json!(false);
            purchase["totals"] = json!({"grandTotal":"5.42","refunded":"0.50","net":"4.92"});
        };
        let mut purchase = example();
        outside(&mut purchase);
        assert_eq!(serde_json::from_value::<Purchase>(purchase.clone()).unwrap().figures(), Figures::AddUp);
        purchase["pricesIncludeTax"] = json!(true);
        assert!(matches!(serde_json::from_value::<Purchase>(purchase).unwrap().figures(), Figures::Wrong(_)));
    }

    #[test]
    fn wrong_sums_are_told_by_how_much() {
        let wrong = figures(|purchase| purchase["lines"][0]["net"] = json!("0.51"));
        assert_eq!(wrong, Figures::Wrong("its parts make 0.51, its total is 0.50".to_owned()));
        let wrong = figures(|purchase| purchase["totals"]["net"] = json!("0.01"));
        assert_eq!(wrong, Figures::Wrong("0.50 less 0.50 paid back is not 0.01".to_owned()));
    }

    #[test]
    fn totals_of_what_is_shown_are_the_sums_of_the_lines() {
        let shown = |purchase: &mut Value| {
            purchase["completeness"] =
                json!({"reconciled": true, "partial": true, "totalsOf": "shown", "hiddenLines": 1});
        };
        let figures = |change: fn(&mut Value)| {
            let mut purchase = example();
            shown(&mut purchase);
            change(&mut purchase);
            serde_json::from_value::<Purchase>(purchase).unwrap().figures()
        };
        assert_eq!(figures(|_| ()), Figures::AddUp);
        let whole = figures(|purchase| {
            purchase["totals"] = json!({"grandTotal": "7.00", "refunded": "0.50", "net": "6.50"});
        });
        assert_eq!(whole, Figures::Wrong("its parts make 0.50, its total is 7.00".to_owned()));
        let whole = figures(|purchase| {
            purchase["totals"] = json!({"grandTotal": "0.50", "refunded": "0.60", "net": "-0.10"});
        });
        assert_eq!(whole, Figures::Wrong("its refunds make 0.50, 0.60 is said to be paid back".to_owned()));
        let taxed = figures(|purchase| {
            purchase["pricesIncludeTax"] = json!(false);
            purchase["lines"][0]["taxes"] = json!([{"taxId": "t", "amount": "0.04"}]);
            purchase["totals"] = json!({"grandTotal": "0.54", "refunded": "0.50", "net": "0.04"});
        });
        assert_eq!(taxed, Figures::AddUp);
        // Only what came back is known, and a part of it is hidden: there is no line to add.
        let returned = figures(|purchase| {
            purchase["lines"] = json!([]);
            purchase["totals"] = json!({"grandTotal": "0.00", "refunded": "0.50", "net": "-0.50"});
        });
        assert_eq!(returned, Figures::AddUp);
    }

    #[test]
    fn a_refund_has_its_effect_on_the_whole_and_on_its_line() {
        let wrong = figures(|purchase| purchase["refunds"][0]["amount"] = json!("0.40"));
        assert_eq!(wrong, Figures::Wrong("its refunds make 0.40, 0.50 is said to be paid back".to_owned()));
        let wrong = figures(|purchase| purchase["lines"][0]["refunded"] = json!("0.30"));
        assert_eq!(wrong, Figures::Wrong("refunds of line 1 make 0.50, it says 0.30".to_owned()));
        let wrong = figures(|purchase| purchase["refunds"][0]["status"] = json!("failed"));
        assert!(matches!(wrong, Figures::Wrong(_)), "{wrong:?}");
        // One that failed and one in another currency take nothing off.
        let right = figures(|purchase| {
            let mut others = [purchase["refunds"][0].clone(), purchase["refunds"][0].clone()];
            others[0]["status"] = json!("failed");
            others[1]["currency"] = json!("EUR");
            purchase["refunds"].as_array_mut().unwrap().extend(others);
        });
        assert_eq!(right, Figures::AddUp);
        // Goodwill is for no line.
        let right = figures(|purchase| {
            purchase["refunds"][0]["allocations"] = json!([{"other": "goodwill", "amount": "0.50"}]);
            purchase["lines"][0].as_object_mut().unwrap().remove("refunded");
        });
        assert_eq!(right, Figures::AddUp);
    }

    #[test]
    fn what_is_not_shared_or_not_claimed_is_not_checked() {
        let hidden = figures(|purchase| {
            purchase.as_object_mut().unwrap().remove("lines");
        });
        assert_eq!(hidden, Figures::Unseen);
        assert_eq!(figures(|purchase| purchase["completeness"]["partial"] = json!(true)), Figures::Unseen);
        let whole = figures(|purchase| {
            purchase["completeness"] = json!({"reconciled": true, "partial": true, "totalsOf": "all"});
            purchase["totals"]["grandTotal"] = json!("7.00");
            purchase["totals"]["net"] = json!("6.50");
        });
        assert_eq!(whole, Figures::Unseen);
        assert_eq!(
            figures(|purchase| purchase["completeness"]["reconciled"] = json!(false)),
            Figures::Unreconciled
        );
    }
}

//! The rows of acts, and what the retailer's systems are told of them.

use std::collections::BTreeSet;

use counterfoil_domain::ids::ClientId;
use counterfoil_domain::item;
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, answers, consents, dark, exchanges, items, kept_objections, objections};

use super::{Act, DarkStep};
use crate::telling::News;

/// Writes the rows of acts: of all of them table by table, since that is the order of the locks.
pub(super) fn write(acts: &[Act], conn: &mut Conn) -> Result<(), Error> {
    for act in acts {
        let changed = act.consents.keys().filter_map(|id| act.customer.consents.get(id));
        changed.into_iter().try_for_each(|consent| consents::put(conn, consent))?;
    }
    for act in acts {
        let changed = act.items.keys().filter_map(|id| act.customer.items.get(id));
        changed.into_iter().try_for_each(|item| items::put(conn, item))?;
    }
    for act in acts {
        let changed = act.exchanges.iter().filter_map(|id| act.customer.exchanges.get(id));
        changed.into_iter().try_for_each(|exchange| exchanges::put(conn, exchange))?;
    }
    for act in acts {
        let changed = act.answered.iter().filter_map(|(ask, version)| act.customer.answer_to(ask, *version));
        changed.into_iter().try_for_each(|answer| answers::put(conn, answer))?;
    }
    for act in acts {
        for subject in &act.lifted {
            objections::lift(conn, act.person, subject)?;
        }
        for objection in &act.raised {
            objections::raise(conn, objection)?;
        }
    }
    let kept: Vec<[u8; 16]> = acts.iter().flat_map(|act| act.kept.iter().copied()).collect();
    if !kept.is_empty() {
        kept_objections::let_go(conn, &kept)?;
    }
    for act in acts {
        match &act.dark {
            Some(DarkStep::Begin(dark)) => dark::begin(conn, dark)?,
            Some(DarkStep::End) => dark::end(conn, act.person)?,
            None => {}
        }
    }
    Ok(())
}

/// Tells the retailer's systems; which of them learn that something is gone.
pub(super) fn tell(acts: &[Act], conn: &mut Conn) -> Result<BTreeSet<ClientId>, Error> {
    let mut told = BTreeSet::new();
    let mut news = News::default();
    for act in acts {
        if act.is_last {
            act.customer.consents.values().try_for_each(|consent| news.consent_gone(act, consent))?;
        } else {
            for (id, entry) in &act.consents {
                if let Some(consent) = act.customer.consents.get(id) {
                    news.consent_changed(act, consent, *entry)?;
                }
            }
        }
        for (id, entry) in &act.items {
            let Some(item) = act.customer.items.get(id) else { continue };
            match item.state {
                item::State::Live => news.item_changed(act, item, *entry)?,
                item::State::Withdrawn | item::State::Expired => {
                    let fetchers = act.customer.fetchers(*id);
                    told.extend(fetchers.iter().copied());
                    news.item_gone(act, item, &fetchers, *entry)?;
                }
                // Nobody but the customer and the app has ever seen it.
                item::State::Waiting | item::State::Declined | item::State::Lapsed => {}
            }
        }
    }
    news.hand_in(conn)?;
    Ok(told)
}

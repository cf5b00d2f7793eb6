//! Why something may be missing in a customer's record, as far as that is known.

use counterfoil_oauth::Oauth;
use counterfoil_oauth::history;
use counterfoil_store::Result;
use minijinja::{Value, context};

use crate::pages::Pages;

/// The values of `gaps.html`.
pub(crate) async fn render(pages: &Pages, oauth: &Oauth) -> Result<Value> {
    let reach = history::reach(oauth).await?;
    let coverage = &oauth.settings().coverage;
    Ok(context! {
        from => coverage.from.map(|day| pages.dated(day)),
        channels => coverage.channels,
        retention => coverage.retention,
        is_loading => reach.loading.is_some(),
        loaded_until => reach.loading.and_then(|loading| loading.until).map(|at| pages.momentary(at)),
        fresh_until => reach.fresh_until.map(|at| pages.momentary(at)),
    })
}

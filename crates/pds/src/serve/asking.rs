//! Connecting in the browser: requests that wait for the customer's answer, each bound to the browser that asked.

use chrono::{DateTime, TimeDelta, Utc};
use oauth2::{AuthorizationCode, RedirectUrl};
use url::Url;

use super::Shop;
use crate::{
    callback::{Answer, read_answer},
    clock::Clock,
    connect::{CONNECTION, Connection, PATIENCE, Pending, ask, offered},
    discovery::Service,
    failure::{Failure, Kind},
    folder::Folder,
    keys::{CLIENT_KEY, DPOP_KEY, SigningKey},
    tokens::App,
    wire::Wire,
};

/// Requests that wait at a time; whoever opens more has given up the first.
const MOST: usize = 8;

/// The requests that wait.
#[derive(Debug, Default)]
pub struct Asking(Vec<Asked>);

#[derive(Debug)]
struct Asked {
    browser: String,
    at: DateTime<Utc>,
    shop: Shop,
    redirect: RedirectUrl,
    pending: Pending,
    wire: Wire,
    service: Service,
}

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The customer said yes; the tokens are in the folder.
    Connected,
    /// The customer said no.
    Refused,
    /// It answers nothing that this browser asked.
    Unasked,
}

impl Asking {
    /// Asks the shop; gives the address where the customer answers.
    pub async fn begin(
        &mut self,
        folder: &Folder,
        clock: &Clock,
        shop: &Shop,
        browser: String,
        redirect: RedirectUrl,
    ) -> Result<Url, Failure> {
        let wire = Wire::new(&shop.url, clock.clone())?;
        let service = Service::discover(&wire, &shop.url).await?;
        let (client_key, dpop_key) = keys(folder)?;
        let app = App {
            wire: &wire,
            service: &service,
            client_id: &shop.client_id,
            client_key: &client_key,
            dpop_key: &dpop_key,
        };
        let pending = ask(&app, &redirect, offered(&service)).await?;
        let (at, address) = (clock.now(), pending.address.clone());
        self.forget_old(at);
        self.0.push(Asked { browser, at, shop: shop.clone(), redirect, pending, wire, service });
        Ok(address)
    }

    /// Takes the answer that a browser brought, as the target of its request.
    pub async fn finish(
        &mut self,
        folder: &Folder,
        clock: &Clock,
        browser: &str,
        target: &str,
    ) -> Result<Outcome, Failure> {
        let now = clock.now();
        self.forget_old(now);
        let found = self.0.iter().enumerate().filter(|(_, asked)| asked.browser == browser).find_map(
            |(place, asked)| Some((place, read_answer(target, &asked.pending.state, &asked.service.issuer)?)),
        );
        let Some((place, answer)) = found else { return Ok(Outcome::Unasked) };
        let asked = self.0.remove(place);
        match answer? {
            Answer::No { error, .. } if error == "access_denied" => Ok(Outcome::Refused),
            Answer::No { error, description } => {
                let what = format!("the answer was {error}: {description}");
                Err(Failure::new(Kind::Refused, what, "connect again; if it stays, tell the shop"))
            }
            Answer::Code(code) => {
                let connection = asked.redeem(folder, &code, now).await?;
                folder.write_json(CONNECTION, &connection)?;
                Ok(Outcome::Connected)
            }
        }
    }

    fn forget_old(&mut self, now: DateTime<Utc>) {
        let patience = TimeDelta::from_std(PATIENCE).unwrap_or_default();
        self.0.retain(|asked| now - asked.at <= patience);
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
    }
}

impl Asked {
    async fn redeem(
        self,
        folder: &Folder,
        code: &AuthorizationCode,
        now: DateTime<Utc>,
    ) -> Result<Connection, Failure> {
        let (client_key, dpop_key) = keys(folder)?;
        let app = App {
            wire: &self.wire,
            service: &self.service,
            client_id: &self.shop.client_id,
            client_key: &client_key,
            dpop_key: &dpop_key,
        };
        let tokens = app.exchange(code, &self.pending.verifier, &self.redirect).await?;
        Ok(Connection {
            url: self.shop.url,
            issuer: self.service.issuer,
            client_id: self.shop.client_id,
            tokens: Some(tokens),
            since: Some(now),
            ended: None,
        })
    }
}

fn keys(folder: &Folder) -> Result<(SigningKey, SigningKey), Failure> {
    Ok((SigningKey::load_or_make(folder, CLIENT_KEY)?, SigningKey::load_or_make(folder, DPOP_KEY)?))
}

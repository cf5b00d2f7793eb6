//! Apps, and the grants by which they act.

use chrono::{DateTime, Utc};
use counterfoil_domain::grant::{
    CarveOuts, Details, Lasting, NamedAsk, State, Volunteered, VolunteeredAccess,
};
use counterfoil_domain::ids::{ClientId, GrantId, Person, RecordId};
use counterfoil_ledger::seal::Standing;
use counterfoil_store::apps::{self, App, AppState};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::standings;
use counterfoil_volunteered::items::AppStanding;

use crate::realm::Realm;

impl Realm {
    /// An app that may send what it likes to these asks.
    pub fn app(&self, number: u8, asks: &[&str]) -> AppStanding {
        self.app_of(self.person, number, asks)
    }

    /// One that another customer let in.
    pub fn app_of(&self, person: Person, number: u8, asks: &[&str]) -> AppStanding {
        let client_id = ClientId([number; 16]);
        let mut id = *person.as_bytes();
        id[0] ^= number;
        let grant = letting_in(person, client_id, GrantId(id), self.now());
        self.write(|conn| {
            if apps::find(conn, client_id)?.is_none() {
                apps::insert(conn, &registered(client_id, self.now()))?;
            }
            if grants::find(conn, grant.grant_id)?.is_none() {
                grants::insert(conn, &grant)?;
            }
            Ok(())
        });
        let now = self.read(|conn| standings::read(conn, &[grant.grant_id])).remove(&grant.grant_id).unwrap();
        AppStanding {
            standing: Standing {
                grant_id: grant.grant_id,
                grant_epoch: now.grant_epoch,
                client_id,
                app_epoch: now.app_epoch,
                person,
                customer_epoch: now.customer_epoch,
                record: grant.record,
            },
            asks: asks.iter().map(|ask| ((*ask).to_owned(), 1)).collect(),
        }
    }
}

fn registered(client_id: ClientId, now: DateTime<Utc>) -> App {
    App {
        client_id,
        name: "Diary".to_owned(),
        operator: "Example Ltd".to_owned(),
        address: None,
        contact: None,
        redirect_uris: vec!["https://diary.example/back".to_owned()],
        scope: "volunteered:read volunteered:write".to_owned(),
        auth_method: "private_key_jwt".to_owned(),
        jwks: "{\"keys\":[]}".to_owned(),
        max_duration: Lasting::UntilWithdrawn,
        window_from: None,
        state: AppState::Approved,
        state_reason: None,
        approvals: Vec::new(),
        app_epoch: 0,
        created_at: now,
        purposes: None,
    }
}

fn letting_in(person: Person, client_id: ClientId, grant_id: GrantId, now: DateTime<Utc>) -> Grant {
    Grant {
        grant_id,
        person,
        client_id,
        record: RecordId(*grant_id.as_bytes()),
        details: Details {
            datasets: Vec::new(),
            from: None,
            to: None,
            duration: Lasting::UntilWithdrawn,
            stated_use: None,
            shared_accounts: false,
            volunteered: Some(Volunteered {
                asks: vec![NamedAsk { ask: "a1".to_owned(), version: 1 }],
                access: VolunteeredAccess::ALL.to_vec(),
            }),
        },
        state: State::Active,
        version: 1,
        grant_epoch: 0,
        given_at: now,
        expires_at: None,
        ended_at: None,
        ended_by: None,
        ended_reason: None,
        agreed_seq: 0,
        carve_outs: CarveOuts::default(),
        changed_seq: 0,
        resync: false,
    }
}

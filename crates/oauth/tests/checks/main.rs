//! The numbered checks of the authorization server (FAPI 2.0 Security Profile, RFC 9126, 9449, 9396 and our own),
//! through the real app on a temporary SQLite file and a clock that the test moves.

#[cfg(test)]
mod app;
#[cfg(test)]
mod realm;
#[cfg(test)]
mod shop;

#[cfg(test)]
mod a_metadata;
#[cfg(test)]
mod b_clients;
#[cfg(test)]
mod c_consent;
#[cfg(test)]
mod d_codes;
#[cfg(test)]
mod e_binding;
#[cfg(test)]
mod f_life;
#[cfg(test)]
mod g_access;
#[cfg(test)]
mod h_choices;

//! Redirect URIs: which are accepted, and what an answer to one looks like.

use url::{Host, Url};

use crate::Oauth;
use crate::error::ErrorCode;

/// Whether the host is a loopback IP address (RFC 8252 section 7.3). `localhost` is a name, not an address.
pub(crate) fn is_loopback_address(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

/// Whether an app may register this redirect URI; the error says why not.
pub(crate) fn check_registrable(uri: &str) -> Result<(), &'static str> {
    let url = Url::parse(uri).map_err(|_| "must be an absolute URL")?;
    if uri.contains('#') {
        return Err("must not have a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not name a user");
    }
    if uri
        .bytes()
        .any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control() || byte == b'\\' || byte == b'*')
    {
        return Err("must not hold white space, backslashes or asterisks");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback_address(&url) => Ok(()),
        _ => Err("must be https, or http on a loopback address"),
    }
}

/// Whether `sent` is the registered `redirect_uri`: as strings. Only the port of a plain loopback address may differ,
/// because a native app cannot know its port beforehand (RFC 8252 section 7.3).
pub(crate) fn matches(registered: &str, sent: &str) -> bool {
    registered == sent
        || matches!((without_loopback_port(registered), without_loopback_port(sent)), (Some(a), Some(b)) if a == b)
}

/// The text before and after the port of an `http` loopback address. Worked out on the text itself, so that
/// spellings that a URL parser would make alike stay different.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| rest.starts_with(host))?;
    let after = rest.get(host.len()..)?;
    let path = match after.strip_prefix(':') {
        Some(with_port) => {
            let digits = with_port.bytes().take_while(u8::is_ascii_digit).count();
            let (port, path) = with_port.split_at_checked(digits)?;
            port.parse::<u16>().ok()?;
            path
        }
        None => after,
    };
    (path.is_empty() || path.starts_with('/') || path.starts_with('?')).then_some((host, path))
}

/// What the browser brings back to the app.
pub(crate) enum Answer<'a> {
    /// The customer said yes.
    Code(&'a str),
    /// It came to nothing.
    Error(ErrorCode, &'a str),
}

/// The address of an answer: with `iss` (RFC 9207) and `state`, added to what the redirect URI has.
pub(crate) fn answer(oauth: &Oauth, redirect_uri: &str, state: Option<&str>, answer: &Answer<'_>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    match answer {
        Answer::Code(code) => {
            query.append_pair("code", code);
        }
        Answer::Error(code, description) => {
            query.append_pair("error", code.name()).append_pair("error_description", description);
        }
    }
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", oauth.issuer());
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check 28.
    #[test]
    fn c28_redirect_uris_are_compared_as_strings() {
        let registered = "https://app.example/cb";
        assert!(matches(registered, registered));
        for other in [
            "https://app.example/cb/",
            "https://app.example/CB",
            "https://APP.example/cb",
            "https://app.example/cb?x=1",
            "https://app.example/cb#x",
            "https://app.example:443/cb",
            "https://user@app.example/cb",
            "https://app.example/%63b",
            "https://sub.app.example/cb",
            "https://app.example/x/../cb",
            "https://app.example.evil/cb",
            "http://app.example/cb",
            "",
        ] {
            assert!(!matches(registered, other), "{other}");
        }
    }

    /// Check 29.
    #[test]
    fn c29_only_a_loopback_address_varies_in_port() {
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"));
        assert!(matches("http://[::1]:1/cb?x=1", "http://[::1]:2/cb?x=1"));
        for (registered, sent) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb/"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
            ("http://127.0.0.1/cb", "http://[::1]/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb"),
            ("http://127.0.0.1/cb", "http://localhost:1/cb"),
            ("https://127.0.0.1/cb", "https://127.0.0.1:1/cb"),
        ] {
            assert!(!matches(registered, sent), "{sent}");
        }
    }

    /// Check 29.
    #[test]
    fn c29_plain_http_only_on_a_loopback_address() {
        for fit in
            ["https://a.example/cb", "https://a.example/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:8080/"]
        {
            assert_eq!(check_registrable(fit), Ok(()), "{fit}");
        }
        for unfit in [
            "http://a.example/cb",
            "http://localhost/cb",
            "app:/cb",
            "/cb",
            "https://a.example/cb#",
            "https://u:p@a.example/",
            "https://a.example/ cb",
            "javascript:alert(1)",
        ] {
            assert!(check_registrable(unfit).is_err(), "{unfit}");
        }
    }
}

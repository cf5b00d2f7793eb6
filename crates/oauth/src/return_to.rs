//! Where a browser goes after signing in.

/// Pages with nothing more in their address.
const PAGES: [&str; 10] = [
    "/apps",
    "/asks",
    "/contact",
    "/dark",
    "/download",
    "/erase",
    "/hidden",
    "/purchases",
    "/rights",
    "/told",
];
/// How the address of a page begins that is about one thing.
const BELOW: [&str; 6] =
    ["/apps/", "/asks/", "/consents/con_", "/consent?request=", "/purchases/pur_", "/told/vol_"];

/// A page of ours to go to after signing in. Only what is on the list gets here, so a link cannot make the sign-in
/// page send anybody elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Reads a local path: one of the pages listed here, or something below one of them.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.len() <= 512
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.~?=:%".contains(&byte))
            && !text.contains("..")
            && !text.contains("//");
        let is_known = PAGES.contains(&text) || BELOW.iter().any(|start| text.starts_with(start));
        (is_plain && is_known).then(|| Self(text.to_owned()))
    }

    /// The consent page of a pushed request.
    pub fn consent(request: &str) -> Option<Self> {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("request", request).finish();
        Self::parse(&format!("/consent?{query}"))
    }

    /// Connected apps, where everybody ends who wanted nothing in particular.
    pub fn apps() -> Self {
        Self("/apps".to_owned())
    }

    /// The path with its query.
    pub fn path(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_returned_to() {
        for good in [
            "/apps",
            "/apps/gra_x/stop",
            "/hidden",
            "/purchases",
            "/purchases/pur_x",
            "/download",
            "/erase",
            "/consent?request=urn%3Aabc",
            "/told",
            "/told/vol_x/confirm",
            "/consents/con_x/take-back",
            "/asks/q1",
            "/contact",
            "/dark",
            "/rights",
        ] {
            assert_eq!(ReturnTo::parse(good).map(|to| to.0).as_deref(), Some(good));
        }
        for bad in [
            "",
            "/",
            "apps",
            "//evil.example",
            "/\\evil.example",
            "/apps//evil.example",
            "/apps/../oauth/authorize",
            "/applications",
            "/apps?next=1",
            "https://evil.example/apps",
            "/apps/\r\nSet-Cookie:a",
            "/hidden/purchase",
            "/hidden?after=1",
            "/sign-out",
            "/told?done=gone",
            "/told/copy",
            "/dark/start-again",
            "javascript:alert(1)",
        ] {
            assert_eq!(ReturnTo::parse(bad), None, "{bad:?}");
        }
        assert_eq!(ReturnTo::parse(&format!("/apps/{}", "a".repeat(600))), None);
        assert_eq!(ReturnTo::consent("a&b=c").unwrap().path(), "/consent?request=a%26b%3Dc");
    }
}

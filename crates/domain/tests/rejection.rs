//! What a refused message still tells: ids to find it by, and nothing else of it.

use counterfoil_domain::stream::{Decoded, Message, Rejection, Sources, decode};

fn refused(value: &[u8]) -> Rejection {
    match decode(&Message { content_type: None, headers: &[], value: Some(value) }, &Sources::default()) {
        Err(rejection) => rejection,
        Ok(other) => panic!("{other:?}"),
    }
}

fn event(data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"e","source":"/shop","type":"order.recorded.v1","data":{{{data},"customerId":"c-1","orderId":"o-1"}}}}"#
    )
}

#[test]
fn ids_are_read_wherever_they_stand() {
    for data in [
        r#""channel":1"#,
        r#""a":1,"a":2"#,
        r#""a":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"#,
        r#""a":"\u0000""#,
        r#""currency":"XYZ""#,
    ] {
        let rejection = refused(event(data).as_bytes());
        assert_eq!(rejection.customer_id.as_deref(), Some("c-1"), "{rejection:?}");
        assert_eq!(rejection.order_id.as_deref(), Some("o-1"), "{rejection:?}");
    }
    let mut bytes = event(r#""receiptNumber":"@""#).into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'@').unwrap();
    if let Some(byte) = bytes.get_mut(at) {
        *byte = 0xff;
    }
    let rejection = refused(&bytes);
    assert_eq!((rejection.reason, rejection.pointer.as_str()), ("invalid_utf8", "/data/receiptNumber"));
    assert_eq!(rejection.customer_id.as_deref(), Some("c-1"));
}

#[test]
fn a_rejection_carries_no_value() {
    let rejection = refused(event(r#""channel":"store","placedAt":"SECRET""#).as_bytes());
    assert_eq!((rejection.reason, rejection.pointer.as_str()), ("not_a_time", "/data/placedAt"));
    assert!(!rejection.detail.contains("SECRET"));
}

#[test]
fn what_was_broken_off_before_its_ids_has_none() {
    let whole = event(r#""channel":"store""#);
    let rejection = refused(whole.split(r#","customerId""#).next().unwrap().as_bytes());
    assert_eq!(rejection.reason, "invalid_json");
    assert_eq!((rejection.customer_id, rejection.order_id), (None, None));
}

#[test]
fn what_was_broken_off_behind_its_ids_has_them() {
    let whole = event(r#""channel":"store""#);
    let rejection = refused(whole.trim_end_matches('}').as_bytes());
    assert_eq!((rejection.reason, rejection.pointer.as_str()), ("invalid_json", "/data"));
    assert_eq!((rejection.customer_id.as_deref(), rejection.order_id.as_deref()), (Some("c-1"), Some("o-1")));
}

#[test]
fn headers_tell_the_envelope() {
    let data = br#"{"orderId":"o-1","customerId":"c-1","revision":1}"#;
    let headers: [(&str, &[u8]); 3] =
        [("CE_Type", b"order.recorded.v1"), ("ce_specversion", b"1.0"), ("ce_source", b"/shop")];
    let message = Message { content_type: Some("application/json"), headers: &headers, value: Some(data) };
    let rejection = decode(&message, &Sources::default()).unwrap_err();
    assert_eq!((rejection.reason, rejection.pointer.as_str()), ("missing_field", "/id"));
    assert_eq!(rejection.order_id.as_deref(), Some("o-1"));
    let other: [(&str, &[u8]); 1] = [("ce_type", b"stock.counted.v1")];
    let message = Message { content_type: None, headers: &other, value: Some(b"no JSON") };
    assert!(matches!(decode(&message, &Sources::default()), Ok(Decoded::Skipped)));
}

//! Signatures of webhooks as Standard Webhooks defines them: HMAC-SHA256 over `{id}.{timestamp}.{body}`.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::ops::RangeInclusive;

/// How far the clocks of both ends may lie apart, in seconds.
const TOLERANCE_SECS: u64 = 5 * 60;

/// Length of a key, in bytes.
const KEY_BYTES: RangeInclusive<usize> = 24..=64;

/// A key that signs webhooks. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SigningKey(Vec<u8>);

/// Why a key cannot be used, or a signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The text lacks `whsec_`.
    #[error(
        "the signing secret does not begin with `whsec_`; make one with `echo whsec_$(openssl rand -base64 32)`"
    )]
    Prefix,
    /// The rest is not base64.
    #[error("what follows `whsec_` in the signing secret is not base64 with padding")]
    Base64,
    /// Too short or too long.
    #[error("the signing secret decodes to {0} bytes; 24 to 64 are allowed")]
    Length(usize),
    /// The timestamp is not a number of seconds, or too old, or from the future.
    #[error("the webhook's timestamp is not within five minutes of now")]
    Timestamp,
    /// No listed signature belongs to a known key.
    #[error("no signature of the webhook matches")]
    Mismatch,
}

impl SigningKey {
    /// Reads a secret as both ends exchange it: `whsec_` and 24 to 64 bytes in base64.
    ///
    /// # Errors
    /// [`SignatureError`]; it shows nothing of the secret.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let encoded = text.trim().strip_prefix("whsec_").ok_or(SignatureError::Prefix)?;
        let key = STANDARD.decode(encoded).map_err(|_| SignatureError::Base64)?;
        if KEY_BYTES.contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err(SignatureError::Length(key.len()))
        }
    }

    /// One signature: `v1,` and base64.
    ///
    /// # Errors
    /// [`SignatureError::Length`] where the key cannot be used.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> Result<String, SignatureError> {
        let mac = self.mac(id, &timestamp.to_string(), body)?;
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    /// Accepts a webhook that one of the listed `v1` signatures proves to come from a holder of this key.
    ///
    /// # Errors
    /// [`SignatureError::Timestamp`] or [`SignatureError::Mismatch`].
    pub fn verify(
        &self,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), SignatureError> {
        let sent: i64 = timestamp.parse().map_err(|_| SignatureError::Timestamp)?;
        if sent.abs_diff(now.timestamp()) > TOLERANCE_SECS {
            return Err(SignatureError::Timestamp);
        }
        for signature in signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")) {
            let Ok(tag) = STANDARD.decode(signature) else {
                continue;
            };
            // `verify_slice` compares in constant time.
            if self.mac(id, timestamp, body)?.verify_slice(&tag).is_ok() {
                return Ok(());
            }
        }
        Err(SignatureError::Mismatch)
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Result<Hmac<Sha256>, SignatureError> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| SignatureError::Length(self.0.len()))?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(mac)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    const BODY: &[u8] =
        br#"{"type":"report.delivered","timestamp":"2026-11-22T04:00:00Z","data":{"report_id":"rpt_1"}}"#;
    const SIGNATURE: &str = "v1,xvqdYoggPDHYvxQvFjDnmBTVLC7OyKPAO6bihpciCRw=";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn signs_the_vector_of_the_reference_library() {
        let key = SigningKey::parse(SECRET).unwrap();
        assert_eq!(key.sign("msg_0001", 1_795_320_000, BODY).unwrap(), SIGNATURE);
    }

    #[test]
    fn accepts_any_listed_signature_and_nothing_changed() {
        let key = SigningKey::parse(SECRET).unwrap();
        let now = at(1_795_320_000);
        let verify = |id: &str, stamp: &str, signatures: &str, body: &[u8], now| {
            key.verify(id, stamp, signatures, body, now)
        };
        let list = format!("v1a,x v1,AAAA v1,%% {SIGNATURE}");
        assert_eq!(verify("msg_0001", "1795320000", &list, BODY, now), Ok(()));
        assert_eq!(
            verify("msg_0001", "1795320000", SIGNATURE, BODY, at(1_795_320_300)),
            Ok(())
        );
        for (id, stamp, signatures, body, now, expected) in [
            (
                "msg_0002",
                "1795320000",
                SIGNATURE,
                BODY,
                now,
                SignatureError::Mismatch,
            ),
            (
                "msg_0001",
                "1795320001",
                SIGNATURE,
                BODY,
                now,
                SignatureError::Mismatch,
            ),
            (
                "msg_0001",
                "1795320000",
                SIGNATURE,
                b"{}".as_slice(),
                now,
                SignatureError::Mismatch,
            ),
            ("msg_0001", "1795320000", "", BODY, now, SignatureError::Mismatch),
            (
                "msg_0001",
                "1795320000",
                SIGNATURE,
                BODY,
                at(1_795_320_301),
                SignatureError::Timestamp,
            ),
            (
                "msg_0001",
                "-9223372036854775808",
                SIGNATURE,
                BODY,
                now,
                SignatureError::Timestamp,
            ),
            (
                "msg_0001",
                "soon",
                SIGNATURE,
                BODY,
                now,
                SignatureError::Timestamp,
            ),
        ] {
            assert_eq!(
                verify(id, stamp, signatures, body, now),
                Err(expected),
                "{id} {stamp}"
            );
        }
    }

    #[test]
    fn a_bad_secret_is_named_and_not_shown() {
        let encoded = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for (text, expected) in [
            (
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".to_owned(),
                SignatureError::Prefix,
            ),
            ("whsec_canary!".to_owned(), SignatureError::Base64),
            ("whsec_".to_owned(), SignatureError::Length(0)),
            (encoded(23), SignatureError::Length(23)),
            (encoded(65), SignatureError::Length(65)),
        ] {
            let error = SigningKey::parse(&text).unwrap_err();
            assert_eq!(error, expected);
            assert!(!error.to_string().contains("canary"));
        }
        assert!(SigningKey::parse(&encoded(24)).is_ok());
        assert!(SigningKey::parse(&encoded(64)).is_ok());
        assert_eq!(format!("{:?}", SigningKey::parse(SECRET)), "Ok(SigningKey(…))");
    }
}

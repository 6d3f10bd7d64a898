//! The demo's far ends take what our deliveries send, and nothing else.

use crate::email::{delivery, plan};
use crate::{clock, edition, secret};
use reportwire::config::plan::{DeliveryPlan, WebhookPlan};
use reportwire::delivery::open;
use reportwire::delivery::signature::SigningKey;
use reportwire::demo::mailbox::Mailbox;
use reportwire::demo::receiver::Receiver;
use std::fs;
use std::time::Duration;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const OTHER: &str = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVy";

#[tokio::test]
async fn the_mailbox_keeps_every_mail_as_it_was_composed() {
    let folder = tempfile::tempdir().unwrap();
    let mailbox = Mailbox::start(folder.path()).await.unwrap();
    let mail = delivery(plan(mailbox.address()));
    mail.probe().await.unwrap();
    let parcels = mail.compose(&edition()).unwrap();
    for parcel in &parcels {
        mail.deliver(parcel).await.unwrap();
    }
    let kept = mailbox.mails();
    assert_eq!(kept.len(), parcels.len());
    for (kept, parcel) in kept.iter().zip(&parcels) {
        assert_eq!(kept.recipients, [parcel.recipient.as_str()]);
        assert_eq!(fs::read(&kept.path).unwrap(), parcel.content);
    }
    assert_eq!(kept[0].path, folder.path().join("001_ana@example.com.eml"));
}

#[tokio::test]
async fn the_receiver_keeps_what_is_signed_once_and_refuses_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(folder.path(), SigningKey::parse(SECRET).unwrap(), clock())
        .await
        .unwrap();
    let hook = |key: Option<&str>| {
        let plan = WebhookPlan {
            url: receiver.url(),
            signing_secret: key.map(secret),
            previous_signing_secret: None,
            allow_private: true,
            timeout: Duration::from_secs(5),
        };
        open("erp", &DeliveryPlan::Webhook(plan), clock()).unwrap()
    };
    let parcel = hook(Some(SECRET)).compose(&edition()).unwrap().remove(0);
    for key in [None, Some(OTHER)] {
        let error = hook(key).deliver(&parcel).await.unwrap_err();
        assert!(error.reason.contains("HTTP 401"), "{error}");
    }
    assert!(receiver.hooks().is_empty());
    for _ in 0..2 {
        hook(Some(SECRET)).deliver(&parcel).await.unwrap();
    }
    let hooks = receiver.hooks();
    assert_eq!(hooks, [folder.path().join("001_monthly.json")]);
    assert_eq!(fs::read(&hooks[0]).unwrap(), parcel.content);
}

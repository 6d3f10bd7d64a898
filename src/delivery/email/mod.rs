//! E-mail over SMTP: one message for each address, or one for all, always one SMTP transaction for each recipient.

mod compose;
mod message;
mod smtp;
mod stage;
mod tls;

use super::{Bulletin, Delivery, DeliveryError, Edition, Pace, Parcel, Receipt};
use crate::config::plan::{EmailPlan, OnAmbiguous};
use async_trait::async_trait;
use compose::Letter;
use lettre::Address;
use smtp::Smtp;

/// Mails every finished report.
#[derive(Debug)]
pub(super) struct Email {
    name: String,
    letter: Letter,
    smtp: Smtp,
    ambiguous: OnAmbiguous,
}

impl Email {
    /// Opens the delivery called `name`.
    pub(super) fn open(name: &str, plan: &EmailPlan) -> Result<Self, DeliveryError> {
        let letter = Letter::of(name, plan)?;
        let smtp = Smtp::open(name, &plan.smtp, letter.sender().clone())?;
        Ok(Self {
            name: name.to_owned(),
            letter,
            smtp,
            ambiguous: plan.ambiguous,
        })
    }
}

#[async_trait]
impl Delivery for Email {
    fn pace(&self) -> Pace {
        Pace::Mail
    }

    /// By its Message-ID. A plan that holds what is ambiguous wants a person to decide, as if it could not be known.
    fn repeats(&self) -> u32 {
        u32::from(self.ambiguous == OnAmbiguous::Resend)
    }

    fn compose(&self, edition: &Edition) -> Result<Vec<Parcel>, DeliveryError> {
        self.letter.parcels(edition)
    }

    fn compose_bulletin(&self, bulletin: &Bulletin) -> Result<Vec<Parcel>, DeliveryError> {
        self.letter.bulletins(bulletin)
    }

    fn host(&self) -> String {
        self.smtp.host()
    }

    async fn probe(&self) -> Result<(), DeliveryError> {
        self.smtp.probe().await
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, DeliveryError> {
        let recipient: Address = parcel.recipient.parse().map_err(|_| {
            // The address itself stays out of the reason, which goes to logs.
            DeliveryError::permanent(format!(
                "delivery `{}`: the recipient is not an e-mail address; correct `to`, `cc` and `bcc`",
                self.name
            ))
        })?;
        self.smtp.send(recipient, &parcel.content).await
    }
}

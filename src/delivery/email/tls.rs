//! How a mail server's certificate is checked, and how a failed check is told from other faults.

use crate::config::plan::SmtpPlan;
use crate::delivery::{causes, one_line};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};

/// TLS for the plan's host; `ca_file` stands in place of the system's authorities.
pub(super) fn parameters(plan: &SmtpPlan) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(plan.host.clone());
    if let Some(path) = &plan.ca_file {
        let unusable = |reason: String| format!("the certificate file {}: {reason}", path.display());
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let authority = Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        builder = builder
            .certificate_store(CertificateStore::None)
            .add_root_certificate(authority);
    }
    builder
        .build_rustls()
        .map_err(|error| format!("TLS cannot be set up: {error}"))
}

/// The certificate's fault behind an error, if it is one.
pub(super) fn certificate_problem(error: &SmtpError) -> Option<String> {
    causes(error).find_map(|error| {
        // An I/O error hides the error that it carries from `source`.
        let inside = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inside.or_else(|| error.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(problem)) => Some(one_line(&problem.to_string())),
            _ => None,
        }
    })
}

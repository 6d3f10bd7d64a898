//! The commands that help: those that a text names in backticks, else the usual ones for what happened.

use super::{BulletinItem, BulletinKind};

/// Longest command that is offered.
const COMMAND_CHARS: usize = 200;

/// What to type, in this order; empty where nothing is to be typed.
pub(super) fn commands(item: &BulletinItem) -> Vec<String> {
    let mut named = named(&item.text);
    if named.is_empty() {
        named = usual(item);
    }
    named.dedup();
    named
}

/// Every command of ours that stands in backticks.
fn named(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| quoted.starts_with("reportwire ") && is_plain(quoted))
        .map(str::to_owned)
        .collect()
}

/// The text may quote a far end; what a person pastes into a shell holds nothing that a shell acts on.
fn is_plain(command: &str) -> bool {
    command.len() <= COMMAND_CHARS
        && command
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" ._:@/=-".contains(&byte))
}

fn usual(item: &BulletinItem) -> Vec<String> {
    let of_run = |verb: &str| Some(format!("reportwire {verb} {}", item.run_id.as_deref()?));
    let again = || {
        let (job, period) = (item.job.as_deref()?, item.period.as_deref()?);
        Some(format!("reportwire run {job} --period {period}"))
    };
    let of_job = || Some(format!("reportwire runs --job {}", item.job.as_deref()?));
    let helpful = match item.kind {
        BulletinKind::Failed => vec![of_run("runs show"), again()],
        BulletinKind::Dead => vec![of_run("resend")],
        BulletinKind::Missed => vec![again()],
        BulletinKind::Held => vec![of_run("runs show"), of_run("approve")],
        BulletinKind::Ambiguous | BulletinKind::Alert => vec![of_run("runs show")],
        BulletinKind::Disabled => vec![Some("reportwire check --online".to_owned())],
        BulletinKind::ConfigRefused => vec![Some("reportwire check".to_owned())],
        BulletinKind::Late | BulletinKind::Waits => vec![of_job()],
        BulletinKind::ClockHeld | BulletinKind::StoreFault | BulletinKind::Recovered => vec![],
    };
    helpful
        .into_iter()
        .flatten()
        .filter(|command| is_plain(command))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: BulletinKind, text: &str) -> BulletinItem {
        BulletinItem {
            kind,
            job: Some("monthly".into()),
            period: Some("2026-10".into()),
            run_id: Some("0199a1b2".into()),
            at: chrono::DateTime::UNIX_EPOCH,
            text: text.into(),
            count: 1,
        }
    }

    #[test]
    fn a_named_command_wins_over_the_usual_one() {
        use BulletinKind::{Ambiguous, ClockHeld, Dead, Disabled, Failed, Held, Late, Missed};
        for (kind, text, expected) in [
            (
                Failed,
                "x",
                &[
                    "reportwire runs show 0199a1b2",
                    "reportwire run monthly --period 2026-10",
                ][..],
            ),
            (Dead, "x", &["reportwire resend 0199a1b2"]),
            (Missed, "x", &["reportwire run monthly --period 2026-10"]),
            (
                Held,
                "Too much. `reportwire approve 0199a1b2` releases it.",
                &["reportwire approve 0199a1b2"],
            ),
            (
                Ambiguous,
                "`reportwire resolve 0199a1b2 --only finance-mail --as sent`, or `reportwire resolve 0199a1b2 --only finance-mail --as not-sent`",
                &[
                    "reportwire resolve 0199a1b2 --only finance-mail --as sent",
                    "reportwire resolve 0199a1b2 --only finance-mail --as not-sent",
                ],
            ),
            (Disabled, "`other`", &["reportwire check --online"]),
            (Late, "", &["reportwire runs --job monthly"]),
            (ClockHeld, "", &[]),
        ] {
            assert_eq!(commands(&item(kind, text)), expected, "{kind:?}");
        }
    }

    #[test]
    fn nothing_that_a_shell_acts_on_is_offered() {
        for text in [
            "`reportwire runs; rm -rf /`",
            "`reportwire $(id)`",
            "`reportwire a\nb`",
            "`reportwire \u{202e}x`",
            "reportwire outside",
        ] {
            assert_eq!(named(text), Vec::<String>::new(), "{text:?}");
        }
        let odd = BulletinItem {
            job: Some("a b; c".into()),
            ..item(BulletinKind::Missed, "")
        };
        assert_eq!(commands(&odd), Vec::<String>::new());
    }
}

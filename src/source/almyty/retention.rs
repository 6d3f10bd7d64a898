//! How far back the platform keeps requests, and what the lack of them proves.

use super::decode::Reader;
use super::sheet::{Rows, Sheet};
use super::target;
use crate::language::{Text, say};
use crate::source::Need;
use crate::source::days::named;
use chrono::NaiveDate;
use serde_json::Value;

impl Reader<'_> {
    /// Whether requests may be missing because the platform removes them after a time, the oldest first: where it has some of
    /// before all periods, none are. Else those of the earliest day that has any may not be all of them, and a day before it proves
    /// nothing, least of all that nothing happened. What is younger than the time of keeping is never doubted.
    pub(super) fn retained(&mut self, sheet: &mut Sheet<'_>, needs: &[Need], today: NaiveDate) {
        let (Some(kept_from), Some(days)) =
            (self.configured.kept_from(today), self.configured.retention_days)
        else {
            return;
        };
        let Some(first) = needs.iter().map(|need| need.period.start()).min() else {
            return;
        };
        let before = self.counted(&target::requests_before(first));
        if before
            .get("total")
            .and_then(Value::as_u64)
            .is_some_and(|total| total > 0)
        {
            return;
        }
        let firsts = sheet.known.iter().filter_map(|known| known.request_days.first());
        let earliest = firsts.min().copied();
        for (place, need) in needs.iter().enumerate() {
            let old = need.period.dates().take_while(|day| *day < kept_from);
            let doubtful: Vec<NaiveDate> = old
                .take_while(|day| earliest.is_none_or(|earliest| *day <= earliest))
                .collect();
            if doubtful.is_empty() {
                continue;
            }
            sheet.known[place].unknown.insert(Rows::Requests);
            let (some, none): (Vec<_>, Vec<_>) = doubtful.into_iter().partition(|day| Some(*day) == earliest);
            let none = (!none.is_empty()).then(|| say!("requests-of-none", "days" = named(none)));
            let some = (!some.is_empty()).then(|| say!("requests-of-some", "days" = named(some)));
            let which = [none, some].into_iter().flatten();
            let which = which.reduce(|one, next| say!("and", "one" = one, "next" = next));
            let text = say!(
                "requests-not-retained",
                "period" = &need.period,
                "count" = days,
                "which" = which.unwrap_or_else(|| Text::verbatim("")),
            );
            self.about(need, |reader| reader.notice(text, need.depth.is_whole()));
        }
    }
}

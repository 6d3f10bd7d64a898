//! The requests of a period, and how a list is read page by page.
//!
//! Two endpoints tell of requests. The list has all of them and their number, 100 rows a call; the export has 10,000 rows a call, but
//! only those that came through a gateway. A report counts all of them, so the list decides. Where its first page is not all of it,
//! rows come from the export, which is the whole truth if it has as many as the list counts. If it has fewer, the list is read
//! where that takes no more calls than [`MAX_PAGES`]; where there are more, the list tells for each day how many there are in all and,
//! where that is more than were exported, how many of them failed. The difference is `(unattributed)`.

use super::client::{Page, anything_but_the_key, kept_from_us};
use super::fetch::Fetching;
use super::keep::{Keeper, Kept};
use super::slices::Slice;
use super::target::{self, Export};
use crate::source::{Need, SourceError};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

/// Rows of one page of requests.
const PAGE_ROWS: usize = 100;
/// Pages of requests that are read where the export lacks some.
const MAX_PAGES: u64 = 20;
/// Pages of any list before we stop believing that it ends.
const ENDLESS: u64 = 100_000;
/// How often a list is read again from its beginning when rows of it are missing.
const READINGS: usize = 3;

impl<'a> Fetching<'a> {
    /// Keeps the requests of a period and what the platform counts.
    pub(super) async fn requests(&mut self, need: &Need) -> Result<(), SourceError> {
        let whole = target::whole(&need.period);
        let list = target::requests(whole);
        let pick = Kept::request as fn(&Value) -> Kept;
        let first = self.client.page_unless(&list, (1, PAGE_ROWS), pick, kept_from_us);
        let counts = match first.await? {
            Ok(first) if is_all(&first) => self.listed_requests(&list, Some(first)).await?,
            Ok(first) => {
                let keeper = self.exported_requests(whole).await?;
                let total = first.total.unwrap_or_default();
                if keeper.rows() >= total {
                    keeper.finish(self.clock)?;
                    json!({ "days": {} })
                } else if total <= MAX_PAGES * PAGE_ROWS as u64 {
                    keeper.finish(self.clock)?;
                    self.listed_requests(&list, None).await?
                } else {
                    let days = self.days(need, &keeper).await?;
                    keeper.finish(self.clock)?;
                    json!({ "days": days })
                }
            }
            Err(reason) => {
                self.exported_requests(whole).await?.finish(self.clock)?;
                json!({ "days": {}, "lacking": reason })
            }
        };
        self.counted(&list, &counts);
        self.progress.step();
        Ok(())
    }

    /// Keeps the requests of the list; what the platform counts of them.
    async fn listed_requests(&mut self, list: &str, first: Option<Page>) -> Result<Value, SourceError> {
        let mut keeper = self.keeper(list)?;
        let pages = (list, PAGE_ROWS, Kept::request as fn(&Value) -> Kept);
        let total = self.pages(pages, first, &mut keeper).await?;
        keeper.finish(self.clock)?;
        Ok(json!({ "total": total }))
    }

    async fn exported_requests(&mut self, whole: Slice) -> Result<Keeper<'a>, SourceError> {
        let mut keeper = self.keeper(&Export::Requests.target(whole))?;
        self.export(Export::Requests, whole, &mut keeper).await?;
        Ok(keeper)
    }

    /// How many requests each day has, and how many of them failed where not all of them were exported.
    async fn days(&self, need: &Need, exported: &Keeper<'_>) -> Result<Map<String, Value>, SourceError> {
        let mut days = Map::new();
        for day in need.period.dates() {
            let list = target::requests(Slice::days(day, day));
            let total = self.count(&list).await?;
            let mut counts = json!({ "total": total });
            if total > exported.rows_of(day) {
                counts["errors"] = self.count(&format!("{list}&status=error")).await?.into();
            }
            days.insert(day.to_string(), counts);
        }
        Ok(days)
    }

    /// Takes note whether the platform has requests of before all `needs`, where it may have removed some of theirs: it removes the
    /// oldest first.
    pub(super) async fn earlier_requests(
        &self,
        needs: &[Need],
        kept_from: Option<NaiveDate>,
    ) -> Result<(), SourceError> {
        let first = needs.iter().map(|need| need.period.start()).min();
        let Some(first) = first.filter(|first| kept_from.is_some_and(|kept| *first < kept)) else {
            return Ok(());
        };
        let list = target::requests_before(first);
        let page = self
            .client
            .page_unless(&list, (1, 1), Kept::request, anything_but_the_key);
        if let Ok(page) = page.await? {
            self.counted(&list, &json!({ "total": page.total }));
        }
        Ok(())
    }

    /// How many requests a list has.
    async fn count(&self, list: &str) -> Result<u64, SourceError> {
        let page = self.client.page(list, 1, 1, Kept::request).await?;
        page.total.ok_or_else(|| {
            self.client
                .error(list, "it answered without `total`; check `base_url`")
        })
    }

    /// Keeps all rows of a list, page by page, each once, and tells how many the platform counted when we began.
    ///
    /// Pages are cut by position, the newest row first: rows that arrive meanwhile push others onto the next page, where they come
    /// twice. Should rows be missing in the end, the list is read again. `first` is its first page, where that is there already.
    pub(super) async fn pages(
        &self,
        (list, limit, pick): (&str, usize, fn(&Value) -> Kept),
        mut first: Option<Page>,
        keeper: &mut Keeper<'_>,
    ) -> Result<Option<u64>, SourceError> {
        let mut counted = None;
        for _ in 0..READINGS {
            // What was removed meanwhile is not counted any more.
            let (mut number, mut total) = (1, None);
            let mut before: Option<Vec<Kept>> = None;
            loop {
                let page = match first.take() {
                    Some(page) => page,
                    None => self.client.page(list, number, limit, pick).await?,
                };
                total = total.or(page.total);
                let is_last = match page.pages {
                    Some(pages) => number >= pages,
                    None => page.rows.len() < limit,
                };
                let is_empty = page.rows.is_empty();
                if !is_empty && before.as_ref() == Some(&page.rows) {
                    let reason =
                        format!("its page {number} is the same as the one before: the list has no end");
                    return Err(self.client.error(list, reason));
                }
                before = Some(page.rows.clone());
                keeper.keep(page.rows)?;
                if is_last || is_empty {
                    break;
                }
                if number == ENDLESS {
                    let reason = format!("its list does not end within {ENDLESS} pages");
                    return Err(self.client.error(list, reason));
                }
                number += 1;
            }
            counted = total;
            if keeper.nameless() || counted.is_none_or(|total| keeper.rows() >= total) {
                break;
            }
        }
        Ok(counted)
    }
}

/// Whether the first page of a list is all of it, as far as the platform counts.
fn is_all(first: &Page) -> bool {
    first.total.is_none_or(|total| total <= PAGE_ROWS as u64)
}

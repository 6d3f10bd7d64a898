//! The requests of a period, and how a list is read page by page.
//!
//! Two endpoints tell of requests. The list has all of them and their number, 100 rows a call; the export has 10,000 rows a call, but
//! only those that came through a gateway. A report counts all of them, so the list decides: it is read where that takes no more
//! calls than [`MAX_PAGES`]; where there are more, rows come from the export, and the list tells for each day how many there are
//! in all and how many of them failed. The difference is `(unattributed)`.

use super::client::Page;
use super::fetch::{Fetching, KEPT_FROM_US};
use super::keep::{Keeper, Kept};
use super::slices::Slice;
use super::target::{self, Export};
use crate::source::{Need, SourceError};
use serde_json::{Map, Value, json};

/// Rows of one page of requests.
const PAGE_ROWS: usize = 100;
/// Pages of requests that are read before the export is preferred.
const MAX_PAGES: u64 = 20;
/// Pages of any list before we stop believing that it ends.
const ENDLESS: u64 = 100_000;
/// How often a list is read again from its beginning when rows of it are missing.
const READINGS: usize = 3;

impl Fetching<'_> {
    /// Keeps the requests of a period and what the platform counts.
    pub(super) async fn requests(&mut self, need: &Need) -> Result<(), SourceError> {
        let whole = target::whole(&need.period);
        let list = target::requests(whole);
        let first = self
            .client
            .page_unless(&list, (1, PAGE_ROWS), Kept::request, &KEPT_FROM_US)
            .await?;
        let most = MAX_PAGES * PAGE_ROWS as u64;
        let counts = match first {
            Ok(first) if first.total.is_none_or(|total| total <= most) => {
                let mut keeper = self.keeper(&list)?;
                let pages = (&*list, PAGE_ROWS, Kept::request as fn(&Value) -> Kept);
                let total = self.pages(pages, Some(first), &mut keeper).await?;
                keeper.finish(self.clock)?;
                json!({ "total": total })
            }
            Ok(_) => {
                self.exported_requests(whole).await?;
                json!({ "days": self.days(need).await? })
            }
            Err(reason) => {
                self.exported_requests(whole).await?;
                json!({ "days": {}, "lacking": reason })
            }
        };
        self.counted(&list, &counts);
        self.progress.step();
        Ok(())
    }

    async fn exported_requests(&mut self, whole: Slice) -> Result<(), SourceError> {
        let mut keeper = self.keeper(&Export::Requests.target(whole))?;
        self.export(Export::Requests, whole, &mut keeper).await?;
        keeper.finish(self.clock)
    }

    /// How many requests each day has, and how many of them failed.
    async fn days(&self, need: &Need) -> Result<Map<String, Value>, SourceError> {
        let mut days = Map::new();
        for day in need.period.dates() {
            let list = target::requests(Slice::days(day, day));
            let total = self.count(&list).await?;
            let errors = self.count(&format!("{list}&status=error")).await?;
            days.insert(day.to_string(), json!({ "total": total, "errors": errors }));
        }
        Ok(days)
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
            let mut number = 1;
            loop {
                let page = match first.take() {
                    Some(page) => page,
                    None => self.client.page(list, number, limit, pick).await?,
                };
                counted = counted.or(page.total);
                let is_last = match page.pages {
                    Some(pages) => number >= pages,
                    None => page.rows.len() < limit,
                };
                let is_empty = page.rows.is_empty();
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
            if keeper.nameless() || counted.is_none_or(|total| keeper.rows() >= total) {
                break;
            }
        }
        Ok(counted)
    }
}

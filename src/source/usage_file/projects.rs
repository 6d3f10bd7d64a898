//! The list of an organization's projects: their names, their colours, and how many there are.

use super::super::files::fetch::Role;
use super::super::files::read::{Column, Layout, Row, each_row, kept};
use super::super::files::{Flaw, cell, notice};
use super::super::{Notice, Snapshot, SourceError};
use crate::language::say;
use std::collections::BTreeMap;

/// Colours that are none which a notice names.
const NAMED: usize = 3;

static LAYOUT: Layout<3> = Layout {
    title: "a project list",
    columns: [
        Column::required("project_id"),
        Column::optional("project_name"),
        Column::optional("color"),
    ],
    json_lines: false,
};

/// The projects of the list, by id.
#[derive(Debug, Default)]
pub(super) struct ProjectList {
    /// Whether there is a list at all.
    pub(super) given: bool,
    /// Name and colour of each.
    pub(super) projects: BTreeMap<String, Listed>,
    /// What stands where a colour belongs.
    odd_colours: Vec<String>,
}

/// A project of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its name; empty where the list has none.
    pub(super) name: String,
    /// `#rrggbb`, in lower case.
    pub(super) colour: Option<String>,
}

impl ProjectList {
    /// Reads the list that the snapshot holds.
    ///
    /// # Errors
    /// [`SourceError::File`] where a row has no id, or a project is listed twice under different names.
    pub(super) fn read(source: &str, snapshot: &Snapshot) -> Result<Self, SourceError> {
        let mut list = Self::default();
        for (path, answer) in kept(snapshot, Role::Projects) {
            list.given = true;
            each_row(source, snapshot, (path, answer), &LAYOUT, &mut |row| {
                list.row(row)
            })?;
        }
        Ok(list)
    }

    fn row(&mut self, row: &Row<'_, 3>) -> Result<(), Flaw> {
        let [id, name, colour] = row.cells;
        let id = cell::text(id).map_err(Flaw::of(0))?;
        let name = cell::text(name).map_err(Flaw::of(1))?;
        if id.is_empty() {
            return Err(Flaw::of(0)("is empty; every project has an id".to_owned()));
        }
        let listed = Listed {
            name: name.to_owned(),
            colour: self.colour(colour),
        };
        match self.projects.insert(id.to_owned(), listed) {
            Some(other) if other.name != name => Err(Flaw::of(0)(format!(
                "`{}` is listed twice with different names; keep one",
                cell::shown(id.as_bytes())
            ))),
            _ => Ok(()),
        }
    }

    fn colour(&mut self, text: &[u8]) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let is_colour = text.len() == 7 && text[0] == b'#' && text[1..].iter().all(u8::is_ascii_hexdigit);
        if !is_colour {
            self.odd_colours.push(cell::shown(text));
            return None;
        }
        Some(String::from_utf8_lossy(text).to_ascii_lowercase())
    }

    /// What a reader of a report with colours must know.
    pub(super) fn notices(&self, source: &str) -> Vec<Notice> {
        if !self.given {
            return vec![notice(source, say!("no-project-list"), false)];
        }
        let named: Vec<String> = self
            .odd_colours
            .iter()
            .take(NAMED)
            .map(|colour| format!("`{colour}`"))
            .collect();
        if named.is_empty() {
            return Vec::new();
        }
        let text = say!("odd-colours", "colours" = named.join(", "));
        vec![notice(source, text, false)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_as_in_a_style_sheet_and_others_are_told() {
        let mut list = ProjectList {
            given: true,
            ..ProjectList::default()
        };
        for (text, expected) in [
            ("#1F77b4", Some("#1f77b4")),
            ("", None),
            ("blue", None),
            ("#12345", None),
            ("#12345g", None),
            ("\"><x", None),
        ] {
            assert_eq!(list.colour(text.as_bytes()).as_deref(), expected, "{text}");
        }
        let [notice] = list.notices("usage").try_into().unwrap();
        assert!(
            notice.text.contains("(`blue`, `#12345`, `#12345g`)"),
            "{}",
            notice.text
        );
        assert!(!notice.missing);
    }

    #[test]
    fn without_a_list_only_projects_with_usage_are_known() {
        let [notice] = ProjectList::default().notices("usage").try_into().unwrap();
        assert!(
            notice.text.contains("only projects with usage are known"),
            "{}",
            notice.text
        );
    }
}

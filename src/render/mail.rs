//! The body of a mail: subject, complete text part, HTML within the size at which readers clip it, pictures by content id.

use super::templates::{self, Templates};
use super::view::{Attachment, Extent, NoticeView, View, as_in_table, clean, shortened, size};
use super::{Artifact, Image, Look, MailBody, RenderError, Unattached, chart, text};
use crate::language::say;
use crate::render::format::Formatter;
use crate::report::{ChartForm, Report};
use base64::Engine as _;
use bytes::Bytes;
use serde::Serialize;

/// Most bytes of the HTML part: Gmail clips at about 102 KB.
const MAX_HTML: usize = 80 * 1024;
/// Most characters of a subject.
const MAX_SUBJECT: usize = 200;
/// Rows of a ranking or breakdown; fewer, and at last no tables at all, where the mail would be too large.
const ROWS: [usize; 4] = [5, 3, 1, 0];
/// Notices, and characters of each, where a mail has no room for tables.
const LAST_NOTICES: (usize, usize) = (10, 400);
/// Headline figures that fill a row.
const CARDS: usize = 5;
/// The key of the brand's logo among the images.
const LOGO: &str = "logo";

/// What the mail's templates see: the view and what only a mail has.
#[derive(Serialize)]
struct MailView<'a> {
    #[serde(flatten)]
    view: &'a View,
    /// Whether pictures come with the mail.
    pictures: bool,
    /// Width of a headline figure in per cent of the row.
    card_width: usize,
    /// What the first line of a mailbox shows after the subject.
    preheader: &'a str,
    /// Set where rows were dropped.
    shortened: bool,
    /// The first headline figure with its change, for the subject.
    headline: String,
}

/// The body of a mail about `report` with `attachments`; without `charts` it has no pictures of them.
///
/// # Errors
/// [`RenderError`] if a template is wrong, the subject is empty, a chart cannot be drawn, or nothing fits the size.
pub fn render(
    report: &Report,
    look: &Look,
    attachments: &[Artifact],
    charts: bool,
) -> Result<MailBody, RenderError> {
    let templates = templates::load(&look.templates)?;
    let formatter = Formatter::of(look);
    let attached: Vec<Attachment> = attachments
        .iter()
        .map(|file| Attachment {
            name: clean(&file.name),
            size: size(file.bytes.len(), &formatter),
        })
        .collect();
    let build = |rows: usize| {
        let mut view = View::new(
            report,
            look,
            Extent {
                rows,
                days: false,
                drawn: false,
            },
        );
        view.attachments.clone_from(&attached);
        view.charts.retain(|shown| !is_in_tables(report, &shown.key));
        if rows == 0 {
            curtail(&mut view, &formatter);
        }
        view
    };
    let full = build(ROWS[0]);
    let subject = subject(&templates, &full, look)?;
    let plain = templates.render(templates::MAIL_TEXT, &mail_view(&full, charts, false))?;
    Ok(MailBody {
        subject,
        text: text::tidy(&plain),
        html: html(&templates, &build, charts)?,
        images: images(report, look, &full, charts)?,
    })
}

/// What a mail about these `files` says where it cannot carry them.
#[must_use]
pub fn unattached(look: &Look, files: &[Artifact]) -> Unattached {
    let formatter = Formatter::of(look);
    let all = files.iter().map(|file| file.bytes.len()).sum();
    let file = |file: &Artifact| format!("{} ({})", clean(&file.name), size(file.bytes.len(), &formatter));
    Unattached {
        why: formatter.put(say!("mail-unattached", "size" = size(all, &formatter))),
        heading: formatter.say("files") + ":",
        files: files.iter().map(file).collect(),
        places: formatter.say("mail-places"),
    }
}

/// Whether a chart is a ring, whose parts the mail's tables list with their shares.
fn is_in_tables(report: &Report, key: &str) -> bool {
    let mut charts = report.charts.iter().filter(|chart| chart.key == key);
    charts.any(|chart| matches!(chart.form, ChartForm::Ring { .. }))
}

/// Leaves what fits any mail: the headline figures, what moved and the first notices.
fn curtail(view: &mut View, formatter: &Formatter) {
    view.blocks.clear();
    view.restated = None;
    let (most, characters) = LAST_NOTICES;
    let more = view.notices.len().saturating_sub(most);
    view.notices.truncate(most);
    for notice in &mut view.notices {
        notice.text = shortened(&notice.text, characters);
    }
    if more > 0 {
        view.notices.push(NoticeView {
            text: formatter.put(say!("more-notices", "count" = more)),
            missing: false,
        });
    }
}

fn mail_view(view: &View, pictures: bool, shortened: bool) -> MailView<'_> {
    let headline = view.headlines.first().map(|card| {
        let change = card.change.as_ref().filter(|change| !change.arrow.is_empty());
        let change = change
            .map(|change| format!(" ({})", change.short))
            .unwrap_or_default();
        card.value.text.clone() + &change
    });
    MailView {
        view,
        pictures,
        card_width: 100 / view.headlines.len().max(CARDS),
        preheader: &view.answer_text,
        shortened,
        headline: headline.unwrap_or_default(),
    }
}

/// The HTML part with as many rows as fit.
fn html(templates: &Templates, build: &dyn Fn(usize) -> View, charts: bool) -> Result<String, RenderError> {
    let mut length = 0;
    for (attempt, rows) in ROWS.into_iter().enumerate() {
        let html = templates.render(
            templates::MAIL_HTML,
            &mail_view(&build(rows), charts, attempt > 0),
        )?;
        if html.len() <= MAX_HTML {
            return Ok(html);
        }
        length = html.len();
    }
    Err(RenderError::Format {
        format: "mail",
        reason: format!(
            "the body has {length} bytes even without tables; mail programs show {MAX_HTML} in full: shorten `email/report/body.html.hbs`"
        ),
    })
}

fn images(report: &Report, look: &Look, view: &View, charts: bool) -> Result<Vec<Image>, RenderError> {
    let mut images = Vec::new();
    if !view.brand.logo.is_empty()
        && let Ok(png) = base64::engine::general_purpose::STANDARD.decode(&view.brand.logo)
    {
        images.push(Image {
            key: LOGO.into(),
            png: Bytes::from(png),
        });
    }
    if !charts {
        return Ok(images);
    }
    let formatter = Formatter::of(look);
    let palette = chart::Palette::new(&view.brand.accent);
    let fonts = chart::Fonts::with(&look.fonts);
    for shown in &view.charts {
        let Some(chart) = report.charts.iter().find(|chart| chart.key == shown.key) else {
            continue;
        };
        let svg = chart::svg(
            &as_in_table(chart, report),
            &shown.alt,
            &formatter,
            &palette,
            chart::Letters::Of(&fonts),
            chart::Room::Column,
        );
        images.push(Image {
            key: chart.key.clone(),
            png: chart::rasterise(&svg, &fonts)?,
        });
    }
    Ok(images)
}

/// The subject alone, by the template of `look`.
///
/// # Errors
/// [`RenderError`] as for [`render`].
pub fn subject_line(report: &Report, look: &Look) -> Result<String, RenderError> {
    let templates = templates::load(&look.templates)?;
    let extent = Extent {
        rows: 0,
        days: false,
        drawn: false,
    };
    subject(&templates, &View::new(report, look, extent), look)
}

/// One line, which says what the reader must know of the report whatever the template shows.
fn subject(templates: &Templates, view: &View, look: &Look) -> Result<String, RenderError> {
    let data = mail_view(view, false, false);
    let written = match &look.subject {
        Some(source) => templates.render_line("subject", source, &data)?,
        None => templates.render(templates::SUBJECT, &data)?,
    };
    let subject = clean(&written);
    if subject.is_empty() {
        return Err(RenderError::Name {
            what: "subject",
            value: written,
            reason: "it is empty; use for example `{{job.title}}: {{period.label}}`".into(),
        });
    }
    let formatter = Formatter::of(look);
    let incomplete = match (view.incomplete, view.provisional) {
        (true, _) => Some(formatter.say("subject-incomplete")),
        (false, true) => Some(formatter.say("subject-provisional")),
        (false, false) => None,
    };
    let by_hand = look.by_hand.then(|| formatter.say("subject-by-hand"));
    let revision = view
        .revision
        .later
        .then(|| formatter.put(say!("subject-revision", "revision" = view.revision.number)));
    let suffix: String = [incomplete, by_hand, revision]
        .into_iter()
        .flatten()
        .flat_map(|words| [" ".to_owned(), words])
        .collect();
    Ok(shortened(&subject, MAX_SUBJECT - suffix.chars().count()) + &suffix)
}

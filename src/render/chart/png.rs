//! Charts as PNG at twice the size on white, with the embedded font, those of the brand, and nothing of the machine.

use crate::render::RenderError;
use bytes::Bytes;
use resvg::{tiny_skia, usvg};
use skrifa::MetadataProvider as _;
use std::sync::{Arc, OnceLock};

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
const SEMIBOLD: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");
/// Pixels of the picture for each pixel of the layout.
const SCALE: u8 = 2;

/// The fonts that pictures are written with: the embedded one, and those of a brand for letters that it lacks.
#[derive(Debug, Clone)]
pub(crate) struct Fonts {
    all: Arc<usvg::fontdb::Database>,
    more: Vec<usvg::fontdb::ID>,
}

impl Fonts {
    /// The embedded font, then `files`: whole TrueType or OpenType fonts, or collections of them.
    pub(crate) fn with(files: &[Arc<Vec<u8>>]) -> Self {
        static EMBEDDED: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
        let embedded = EMBEDDED.get_or_init(|| {
            let mut fonts = usvg::fontdb::Database::new();
            fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(REGULAR)));
            fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(SEMIBOLD)));
            fonts.set_sans_serif_family("Inter");
            Arc::new(fonts)
        });
        let mut all = Arc::clone(embedded);
        let mut more = Vec::new();
        for file in files {
            let source = usvg::fontdb::Source::Binary(Arc::<Vec<u8>>::clone(file));
            more.extend(Arc::make_mut(&mut all).load_font_source(source));
        }
        Self { all, more }
    }

    /// Whether a picture can show `c`.
    pub(super) fn show(&self, c: char) -> bool {
        is_embedded(c)
            || self.more.iter().any(|font| {
                let draws = |data: &[u8], index| {
                    let font = skrifa::FontRef::from_index(data, index);
                    font.is_ok_and(|font| font.charmap().map(c).is_some())
                };
                self.all.with_face_data(*font, draws) == Some(true)
            })
    }
}

/// Whether a file holds at least one font that can be drawn with.
#[must_use]
pub fn is_font(file: &Arc<Vec<u8>>) -> bool {
    let source = usvg::fontdb::Source::Binary(Arc::<Vec<u8>>::clone(file));
    !usvg::fontdb::Database::new().load_font_source(source).is_empty()
}

/// Whether the embedded font draws `c`.
fn is_embedded(c: char) -> bool {
    matches!(u32::from(c),
        0x20..=0x7e | 0xa0..=0x148 | 0x14a..=0x17f | 0x2009 | 0x2010..=0x2015 | 0x2018..=0x201e | 0x2020..=0x2022
        | 0x2026 | 0x202f..=0x2030 | 0x2032..=0x2033 | 0x2039..=0x203a | 0x20a0..=0x20bf | 0x2190..=0x2193 | 0x2212
        | 0x221e | 0x2260 | 0x2264..=0x2265 | 0x25b2 | 0x25bc | 0x25cf)
}

/// The PNG of `svg`, twice its size.
///
/// # Errors
/// [`RenderError::Format`] if the picture cannot be drawn or encoded.
pub(crate) fn render(svg: &str, fonts: &Fonts) -> Result<Bytes, RenderError> {
    let failed = |reason: String| RenderError::Format {
        format: "chart PNG",
        reason,
    };
    let options = usvg::Options {
        font_family: "Inter".into(),
        fontdb: Arc::clone(&fonts.all),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(f32::from(SCALE))
        .ok_or_else(|| failed("the chart has no size".into()))?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| failed("the chart is too large to draw".into()))?;
    pixels.fill(tiny_skia::Color::WHITE);
    let scale = tiny_skia::Transform::from_scale(f32::from(SCALE), f32::from(SCALE));
    resvg::render(&tree, scale, &mut pixels.as_mut());
    pixels
        .encode_png()
        .map(Bytes::from)
        .map_err(|error| failed(error.to_string()))
}

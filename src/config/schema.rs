//! The JSON Schema of the configuration file, for editors. It comes from the structs that read the file.

use crate::config::document::Document;

/// The schema, as indented JSON with a final line end.
#[must_use]
pub fn json() -> String {
    let schema = schemars::schema_for!(Document);
    format!("{:#}\n", schema.as_value())
}

//! Long lists: the objects of one JSON array are handed over one by one as they stream in, and only what is picked stays.

use super::http::{Failure, Http, Judge, Lost};
use super::json::{self, JsonError};
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// Largest single object of a list; its bodies and parameters come with it, although they are not kept.
const MAX_ROW_BYTES: usize = 8 << 20;
/// How many waits for one answer the whole of a long list may take.
const WAITS: u32 = 20;

/// The objects of a list, as far as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed<T> {
    /// All of them, fewer than the bound.
    Whole(Vec<T>),
    /// As many as the bound or more; reading stopped, and nothing was kept.
    Cut,
}

/// How a list is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<T> {
    /// What is kept of each object.
    pub pick: fn(&Value) -> T,
    /// So many objects mean that the list is cut.
    pub bound: usize,
    /// Finds the error in a body that is no list.
    pub judge: Judge,
}

impl Http<'_> {
    /// Gets the list at `path`, whose answer is one bare JSON array of objects, repeating what may pass. Holds one object at a
    /// time, besides what is picked of the others.
    ///
    /// # Errors
    /// [`Lost`] as in [`Http::try_get`], and where the answer is something else than a list of objects.
    pub async fn list<T>(
        &self,
        path: &str,
        headers: &HeaderMap,
        reading: Reading<T>,
    ) -> Result<Listed<T>, Lost> {
        let url = self.target(path);
        let attempt = || async {
            let response = self.head(&url, headers).await?;
            if response.status().is_success() {
                self.objects(response, &reading).await
            } else {
                self.answer(response, reading.judge).await.and_then(|_| {
                    Err(Failure::permanent(
                        "it answered with something else than a list; check `base_url`",
                    ))
                })
            }
        };
        let listed = self.persist(attempt).await;
        listed.map_err(|refused| self.lost(&url, refused))
    }

    /// An answer before its body: it has to begin within one wait, though the whole of it may take many.
    async fn head(&self, url: &Url, headers: &HeaderMap) -> Result<Response, Failure> {
        let patience = self.server.timeout;
        let sent = self.send(url, headers, patience.saturating_mul(WAITS));
        match tokio::time::timeout(patience, sent).await {
            Ok(response) => response,
            Err(_) => Err(Failure::transient(format!(
                "no answer within {patience:?}; raise `timeout_secs` if the platform is slow"
            ))),
        }
    }

    async fn objects<T>(&self, mut response: Response, reading: &Reading<T>) -> Result<Listed<T>, Failure> {
        let (mut splitter, mut rows) = (Splitter::default(), Vec::new());
        while let Some(chunk) = self.part(&mut response).await? {
            let mut ahead = &chunk[..];
            while !ahead.is_empty() {
                let Some(object) = splitter.take(&mut ahead).map_err(|flaw| self.flawed(&flaw))? else {
                    continue;
                };
                let value =
                    read(&object).map_err(|error| Failure::permanent(self.words(&error.to_string())))?;
                if splitter.state == State::Alone {
                    return Err(self.no_list(&value, reading.judge));
                }
                rows.push((reading.pick)(&value));
                if rows.len() >= reading.bound {
                    return Ok(Listed::Cut);
                }
            }
        }
        match splitter.state {
            State::End => Ok(Listed::Whole(rows)),
            _ => Err(Failure::transient(JsonError::Truncated.to_string())),
        }
    }

    /// The next part of the body.
    async fn part(&self, response: &mut Response) -> Result<Option<bytes::Bytes>, Failure> {
        let patience: Duration = self.server.timeout;
        match tokio::time::timeout(patience, response.chunk()).await {
            Ok(part) => part.map_err(|error| self.transport(error)),
            Err(_) => Err(Failure::transient(format!(
                "nothing more of the answer within {patience:?}; raise `timeout_secs` if the platform is slow"
            ))),
        }
    }

    fn no_list(&self, value: &Value, judge: Judge) -> Failure {
        match judge(value) {
            Some(fault) => self.mistaken(&fault),
            None => Failure::permanent("it answered with a JSON object instead of a list; check `base_url`"),
        }
    }

    fn flawed(&self, flaw: &JsonError) -> Failure {
        Failure::permanent(self.words(&flaw.to_string()))
    }
}

fn read(object: &[u8]) -> Result<Value, JsonError> {
    let text =
        std::str::from_utf8(object).map_err(|_| JsonError::Malformed("it is not text in UTF-8".into()))?;
    json::strict(text)
}

/// Where in the list the next byte stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Before the list.
    #[default]
    Start,
    /// After its bracket: an object or the end.
    First,
    /// After a comma: an object.
    Next,
    /// In an object of the list.
    Inside,
    /// After an object: a comma or the end.
    After,
    /// In an object that stands alone, where a list should be, or after it.
    Alone,
    /// After the list.
    End,
}

/// Finds the objects of a list, however it is cut into parts. What is inside an object is checked when the whole of it is there.
#[derive(Debug, Default)]
struct Splitter {
    state: State,
    object: Vec<u8>,
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// How much of the byte order mark has passed.
    marks: usize,
}

/// The byte order mark, with which a text may begin.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

impl Splitter {
    /// Takes bytes from the front, at least one; with the last one of an object, the object.
    fn take(&mut self, ahead: &mut &[u8]) -> Result<Option<Vec<u8>>, JsonError> {
        if self.depth > 0 {
            return self.inside(ahead);
        }
        let Some((byte, rest)) = ahead.split_first() else {
            return Ok(None);
        };
        *ahead = rest;
        if byte.is_ascii_whitespace() {
            return Ok(None);
        }
        self.state = match (self.state, byte) {
            (State::Start, mark) if MARK.get(self.marks) == Some(mark) => {
                self.marks += 1;
                State::Start
            }
            (State::Start, b'[') => State::First,
            (State::Start, b'{') => State::Alone,
            (State::First | State::Next, b'{') => State::Inside,
            (State::First | State::After, b']') => State::End,
            (State::After, b',') => State::Next,
            (State::Start, b'<') => {
                let page = "it is a web page, which looks like a login page; check `base_url`";
                return Err(JsonError::Malformed(page.to_owned()));
            }
            _ => return Err(JsonError::Malformed("it is not a list of objects".to_owned())),
        };
        if *byte == b'{' {
            self.object.push(*byte);
            self.depth = 1;
        }
        Ok(None)
    }

    /// Takes what belongs to the object up to the next byte that changes anything.
    fn inside(&mut self, ahead: &mut &[u8]) -> Result<Option<Vec<u8>>, JsonError> {
        let in_text = self.in_text;
        let matters = |byte: &u8| match byte {
            b'"' => true,
            b'\\' => in_text,
            b'{' | b'}' | b'[' | b']' => !in_text,
            _ => false,
        };
        let length = match ahead.iter().position(matters) {
            _ if self.escaped => 1,
            Some(place) => place + 1,
            None => ahead.len(),
        };
        let (taken, rest) = ahead.split_at(length.min(ahead.len()));
        *ahead = rest;
        if self.object.len() + taken.len() > MAX_ROW_BYTES {
            let reason = format!("one object is larger than {} MiB", MAX_ROW_BYTES >> 20);
            return Err(JsonError::Malformed(reason));
        }
        self.object.extend_from_slice(taken);
        if std::mem::take(&mut self.escaped) {
            return Ok(None);
        }
        match (self.in_text, taken.last()) {
            (_, Some(b'"')) => self.in_text = !self.in_text,
            (true, Some(b'\\')) => self.escaped = true,
            (false, Some(b'{' | b'[')) => self.depth += 1,
            (false, Some(b'}' | b']')) => self.depth -= 1,
            _ => {}
        }
        if self.depth > 0 {
            return Ok(None);
        }
        if self.state == State::Inside {
            self.state = State::After;
        }
        Ok(Some(std::mem::take(&mut self.object)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The objects of `text`, and where it ends, however it is cut into parts.
    fn split(text: &str) -> Result<(Vec<String>, State), String> {
        let whole = split_in(text, usize::MAX);
        for size in [1, 2, 3, 7] {
            assert_eq!(split_in(text, size), whole, "{size}");
        }
        whole
    }

    fn split_in(text: &str, size: usize) -> Result<(Vec<String>, State), String> {
        let (mut splitter, mut objects) = (Splitter::default(), Vec::new());
        for mut part in text.as_bytes().chunks(size) {
            while !part.is_empty() {
                let object = splitter.take(&mut part).map_err(|error| error.to_string())?;
                objects.extend(object.map(|object| String::from_utf8(object).unwrap()));
            }
        }
        Ok((objects, splitter.state))
    }

    #[test]
    fn objects_are_found_whatever_their_texts_hold() {
        let hostile = r#"{"a":"]},{\"\\","b":[{"c":"}"},[1]]}"#;
        let text = format!("\u{feff} [ {hostile} , {{}}\n]\n ");
        let (objects, state) = split(&text).unwrap();
        assert_eq!((objects, state), (vec![hostile.into(), "{}".into()], State::End));
        assert_eq!(split("[]").unwrap(), (vec![], State::End));
        assert_eq!(split("{\"error\":1}").unwrap().1, State::Alone);
    }

    #[test]
    fn what_ends_too_early_is_not_at_its_end() {
        for text in ["", "[", "[{}", "[{},", "[{\"a\":\"", "[{\"a\":["] {
            assert_ne!(split(text).unwrap().1, State::End, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_of_objects_is_refused() {
        for text in [
            "[1]", "[{},1]", "[null]", "[{}{}]", "[,{}]", "[{},]", "[]x", "<html>", "7",
        ] {
            assert!(split(text).is_err(), "{text}");
        }
        let long = format!("[{{\"a\":\"{}", "x".repeat(MAX_ROW_BYTES));
        assert!(
            split_in(&long, 1 << 16)
                .unwrap_err()
                .contains("larger than 8 MiB")
        );
    }
}

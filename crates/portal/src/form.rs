//! Forms as they arrive: named strings. Pages turn them into values field by field and give every mistake back
//! beside its field, with what was typed kept.

use crate::error::PortalError;
use crate::limits;
use crate::part::{Errors, Field};
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use sekisho_domain::date::{self, Date};

/// An uploaded file.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The file's own name, without any folder.
    pub name: String,
    pub bytes: Bytes,
}

/// The fields of one form in the order sent, urlencoded or multipart, with its files.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pairs: Vec<(String, String)>,
    /// The file of a form that asks for one.
    pub upload: Option<Upload>,
    /// Further files, where a form takes several.
    pub further: Vec<Upload>,
    wrong: Vec<(String, String)>,
}

impl Form {
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Form {
        Form { pairs, ..Form::default() }
    }

    /// Reads a query string or an urlencoded body.
    pub fn from_query(text: &str) -> Form {
        Form::from_pairs(
            form_urlencoded::parse(text.as_bytes()).into_owned().take(limits::FORM_FIELDS).collect(),
        )
    }

    /// Every file sent, in order; the form keeps none.
    pub fn take_uploads(&mut self) -> Vec<Upload> {
        self.upload.take().into_iter().chain(std::mem::take(&mut self.further)).collect()
    }

    /// The value as sent, trimmed; empty when absent.
    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }

    /// A password is taken to the letter.
    pub fn exact(&self, name: &str) -> &str {
        self.pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    /// Every field as sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of a repeated field (checkboxes).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim())
    }

    /// Records a mistake; the page will be shown again.
    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.wrong.push((name.to_owned(), message.into()));
    }

    /// A text that must not be empty. `asks` is the sentence shown when it is.
    pub fn required(&mut self, name: &str, asks: &str) -> String {
        let value = self.limited(name);
        if value.is_empty() {
            self.refuse(name, asks);
        }
        value
    }

    /// A text that may be empty.
    pub fn limited(&mut self, name: &str) -> String {
        let value = self.get(name).replace("\r\n", "\n");
        if value.chars().count() > limits::FIELD_CHARS {
            self.refuse(name, format!("{}字以内で入力してください。", limits::FIELD_CHARS));
        }
        value
    }

    /// A date that must be there, written as ISO (date field) or as offices write it (令和8年11月22日).
    pub fn date(&mut self, name: &str, asks: &str) -> Option<Date> {
        if self.get(name).is_empty() {
            self.refuse(name, asks);
            return None;
        }
        self.date_or_none(name)
    }

    pub fn date_or_none(&mut self, name: &str) -> Option<Date> {
        let text = self.get(name).to_owned();
        if text.is_empty() {
            return None;
        }
        let date = date::parse_date(&text);
        if date.is_none() {
            self.refuse(
                name,
                format!("「{text}」を日付として読めません。令和8年11月22日 のように入力してください。"),
            );
        }
        date
    }

    /// One of a few known words.
    pub fn one_of<T>(&mut self, name: &str, asks: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = parse(self.get(name));
        if value.is_none() {
            self.refuse(name, asks);
        }
        value
    }

    pub fn ok(&self) -> bool {
        self.wrong.is_empty()
    }

    /// Puts what was typed and what was wrong back into the fields; passwords are not repeated.
    pub fn refill(&self, fields: Vec<Field>) -> (Vec<Field>, Errors) {
        let mut known = Vec::new();
        let fields = fields
            .into_iter()
            .map(|mut field| {
                known.push(field.id);
                if field.input != crate::part::Input::Password {
                    field.value = self.get(field.id).to_owned();
                }
                field.error = self.wrong.iter().find(|(n, _)| n == field.id).map(|(_, m)| m.clone());
                field
            })
            .collect();
        (fields, Errors { items: self.wrong.clone() })
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = PortalError;

    async fn from_request(request: Request, state: &S) -> Result<Form, PortalError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        if kind.starts_with("multipart/form-data") {
            let multipart = Multipart::from_request(request, state).await;
            return read_multipart(multipart.map_err(|e| PortalError::Unreadable(e.to_string()))?).await;
        }
        let body = Bytes::from_request(request, state).await.map_err(|e| {
            if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
                PortalError::TooLarge
            } else {
                PortalError::Unreadable(e.to_string())
            }
        })?;
        let text = std::str::from_utf8(&body).map_err(|e| PortalError::Unreadable(e.to_string()))?;
        Ok(Form::from_query(text))
    }
}

async fn read_multipart(mut multipart: Multipart) -> Result<Form, PortalError> {
    let bad = |e: axum::extract::multipart::MultipartError| {
        if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
            PortalError::TooLarge
        } else {
            PortalError::Unreadable(e.to_string())
        }
    };
    let mut form = Form::default();
    while let Some(field) = multipart.next_field().await.map_err(bad)? {
        if form.pairs.len() >= limits::FORM_FIELDS {
            return Err(PortalError::TooLarge);
        }
        let name = field.name().unwrap_or("").to_owned();
        match field.file_name().map(file_name) {
            Some(file) => {
                let bytes = field.bytes().await.map_err(bad)?;
                // A file field left empty arrives without name and bytes.
                if !file.is_empty() || !bytes.is_empty() {
                    let upload = Upload { name: file, bytes };
                    match form.upload {
                        None => form.upload = Some(upload),
                        Some(_) if form.further.len() < limits::FORM_FILES => form.further.push(upload),
                        Some(_) => return Err(PortalError::TooLarge),
                    }
                }
            }
            None => form.pairs.push((name, field.text().await.map_err(bad)?)),
        }
    }
    Ok(form)
}

/// The last part of a path, without control characters: some browsers send the whole path.
fn file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or("");
    last.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_come_back_beside_their_field_with_what_was_typed() {
        let mut form = Form::from_query("title=%E7%82%B9%E6%A4%9C&seen=%E6%98%A8%E6%97%A5");
        assert_eq!(form.required("title", "表題を入力してください。"), "点検");
        assert_eq!(form.date("seen", "確認した日を入力してください。"), None);
        assert!(!form.ok());
        let (fields, errors) =
            form.refill(vec![Field::text("title", "表題"), Field::date("seen", "確認した日")]);
        assert_eq!(fields[0].value, "点検");
        assert_eq!(fields[0].error, None);
        assert!(fields[1].error.as_ref().is_some_and(|e| e.contains("昨日")));
        assert_eq!(errors.items.len(), 1);
    }

    #[test]
    fn dates_are_read_as_offices_write_them() {
        let mut form = Form::from_query("a=2026-11-22&b=%E4%BB%A4%E5%92%8C8%E5%B9%B411%E6%9C%8822%E6%97%A5");
        assert_eq!(form.date("a", "x"), form.date("b", "x"));
        assert!(form.ok());
    }

    #[test]
    fn a_file_keeps_only_its_own_name() {
        assert_eq!(file_name("C:\\Users\\x\\方針.docx"), "方針.docx");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
    }
}

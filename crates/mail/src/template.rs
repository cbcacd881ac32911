//! Templates that staff may edit. A template that asks for anything but [`WORDS`] is refused when it is saved, and
//! fails rather than says nothing when it is filled.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use sekisho_domain::notice::{STANDARD, WORDS};
use serde::Serialize;

/// One thing in a digest.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Item {
    /// 12月1日
    pub due: String,
    pub number: String,
    pub link: String,
}

/// Everything a notice may say.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Words {
    pub city: String,
    pub count: usize,
    pub late: usize,
    pub today: usize,
    pub decisions: usize,
    pub items: Vec<Item>,
    pub number: String,
    pub due: String,
    pub link: String,
}

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("template: {0}")]
    Broken(#[from] minijinja::Error),
    #[error("a notice may not say {0}")]
    Unknown(String),
}

impl TemplateError {
    pub fn ja(&self) -> String {
        match self {
            TemplateError::Broken(e) => {
                format!("文面の{}行目を読めません。波かっこの対を確かめてください。", e.line().unwrap_or(1))
            }
            TemplateError::Unknown(word) => format!(
                "「{word}」は使えません。個人情報を書かないため、使える言葉は {} だけです。",
                WORDS.join("、")
            ),
        }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Plain text: nothing to escape, nothing to load.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment
}

/// Whether a text may be kept as a template.
pub fn check(text: &str) -> Result<(), TemplateError> {
    let environment = environment();
    let template = environment.template_from_str(text)?;
    let mut unknown: Vec<String> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|word| !WORDS.contains(&word.as_str()))
        .collect();
    unknown.sort();
    match unknown.into_iter().next() {
        Some(word) => Err(TemplateError::Unknown(word)),
        None => Ok(()),
    }
}

/// Subject and body. A subject is one line, whatever a template makes of it.
pub fn render(subject: &str, body: &str, words: &Words) -> Result<(String, String), TemplateError> {
    check(subject)?;
    check(body)?;
    let (environment, words) = (environment(), Value::from(Serde(words)));
    let subject = environment.render_str(subject, words.clone())?;
    let subject: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Ok((subject.trim().to_owned(), environment.render_str(body, words)?))
}

/// The text as shipped: (subject, body).
pub fn standard(code: &str) -> Option<(&'static str, &'static str)> {
    STANDARD.iter().find(|(c, ..)| *c == code).map(|(_, _, subject, body)| (*subject, *body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let item = |n: usize| Item {
            due: "12月1日".into(),
            number: format!("税務課-令8-000{n}"),
            link: format!("https://sekisho.city.lan/decisions/{n}"),
        };
        Words {
            city: "さくら坂市".into(),
            count: 3,
            late: 1,
            today: 1,
            decisions: 2,
            items: vec![item(1), item(2)],
            number: "T-1".into(),
            due: "12月1日".into(),
            link: "https://sekisho.city.lan/tasks".into(),
        }
    }

    #[test]
    fn what_is_shipped_says_its_numbers_and_links() {
        for (code, _, subject, body) in STANDARD {
            let (subject, body) = render(subject, body, &words()).unwrap_or_else(|e| panic!("{code}: {e}"));
            assert!(!subject.contains('{') && !body.contains('{'), "{code}: {subject}\n{body}");
            assert!(body.contains("https://sekisho.city.lan/"), "{code}: {body}");
        }
        let (subject, body) = standard("digest").expect("shipped");
        let (subject, body) = render(subject, body, &words()).expect("renders");
        assert_eq!(subject, "【関所】やること 3 件(期限切れ 1 件)");
        assert!(body.contains("税務課-令8-0002\n  https://sekisho.city.lan/decisions/2"), "{body}");
    }

    #[test]
    fn a_template_cannot_ask_for_a_name_or_break_the_header() {
        assert!(matches!(check("{{ name }}さん"), Err(TemplateError::Unknown(word)) if word == "name"));
        assert!(matches!(check("{% for x in people %}{% endfor %}"), Err(TemplateError::Unknown(_))));
        assert!(check("{{ count }").is_err_and(|e| e.ja().contains("1行目")));
        let (subject, _) = render("件名\r\nBcc: all@example.jp", "本文", &words()).expect("renders");
        assert!(!subject.contains(['\r', '\n']));
    }
}

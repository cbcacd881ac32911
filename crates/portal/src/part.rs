//! The parts every page shares: each is one struct and one template in `templates/part/`, printed with
//! `{{ part }}`. The same thing looks the same everywhere because there is nowhere else to draw it.

use askama::Template;
use askama::filters::HtmlSafe;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{self, Date};
use sekisho_domain::verdict::State;
use sekisho_passkey::RelyingParty;

macro_rules! html_safe {
    ($($part:ty),+ $(,)?) => {$(
        // The part's own template has escaped every value in it.
        impl HtmlSafe for $part {}
    )+};
}
html_safe!(
    Cell,
    Mark,
    Worded,
    Seat,
    Day,
    Moment,
    ClauseLabel,
    HashStamp,
    Errors,
    Field,
    Pager,
    Bar,
    Spark,
    Qr,
    Touch
);

/// In the order of the board's tallies and bars: what is well first, then what asks for work.
pub const STATES: [State; 6] =
    [State::Holds, State::Broken, State::Stale, State::Unproven, State::Excepted, State::NotApplicable];

/// A verdict: shape, word, colour.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "part/mark.html")]
pub struct Mark {
    pub state: State,
}

impl From<State> for Mark {
    fn from(state: State) -> Mark {
        Mark { state }
    }
}

/// The shape and colour of a verdict with another word: answers that have words of their own.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "part/worded.html")]
pub struct Worded {
    pub state: State,
    pub word: &'static str,
}

/// A seat (position) and who sits in it today; the seat comes first, because people change.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "part/seat.html")]
pub struct Seat {
    /// Empty: nobody is responsible yet.
    pub seat: String,
    /// `None`: the seat is vacant.
    pub person: Option<String>,
}

impl Seat {
    pub fn new(seat: impl Into<String>, person: Option<impl Into<String>>) -> Seat {
        Seat { seat: seat.into(), person: person.map(Into::into) }
    }
}

/// A calendar date in 和暦; a deadline carries its weekday.
#[derive(Clone, Debug, Template)]
#[template(source = r#"<time datetime="{{ iso }}">{{ text }}</time>"#, ext = "html")]
pub struct Day {
    pub iso: String,
    pub text: String,
}

impl Day {
    pub fn of(date: Date) -> Day {
        Day { iso: date.to_string(), text: date::wareki(date) }
    }

    pub fn due(date: Date) -> Day {
        Day { iso: date.to_string(), text: date::wareki_weekday(date) }
    }
}

/// An instant, to the minute, in Japan.
#[derive(Clone, Debug, Template)]
#[template(source = r#"<time datetime="{{ iso }}">{{ text }}</time>"#, ext = "html")]
pub struct Moment {
    pub iso: String,
    pub text: String,
}

impl Moment {
    pub fn at(ms: Ms) -> Moment {
        let day = date::date_at(ms);
        let minutes = ms.since(date::start_of(day)) / Ms::MINUTE;
        let (hour, minute) = (minutes / 60, minutes % 60);
        Moment {
            iso: format!("{day}T{hour:02}:{minute:02}+09:00"),
            text: format!("{} {hour}:{minute:02}", date::wareki(day)),
        }
    }
}

/// `7(3)②` with its title, linked to the clause page.
#[derive(Clone, Debug, Template)]
#[template(path = "part/clause.html")]
pub struct ClauseLabel {
    pub id: String,
    pub label: String,
    pub title: String,
}

/// The seal of some content: first and last four hex digits, the whole value for copying.
#[derive(Clone, Debug, Template)]
#[template(path = "part/hash.html")]
pub struct HashStamp {
    pub sha256: String,
}

impl HashStamp {
    pub fn new(sha256: impl Into<String>) -> HashStamp {
        HashStamp { sha256: sha256.into() }
    }

    fn short(&self) -> String {
        match (self.sha256.get(..4), self.sha256.get(self.sha256.len().saturating_sub(4)..)) {
            (Some(head), Some(tail)) if self.sha256.len() > 12 => format!("{head}…{tail}"),
            _ => self.sha256.clone(),
        }
    }
}

/// What must be corrected, at the top of the page, each linked to its field.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "part/errors.html")]
pub struct Errors {
    pub items: Vec<(String, String)>,
}

/// The question to a passkey inside a form; `assets/passkey.js` puts the answer into the hidden fields beside it
/// when a button with `data-touch` is pressed.
#[derive(Clone, Debug, Template)]
#[template(path = "part/touch.html")]
pub struct Touch {
    /// `get` or `create`.
    pub mode: &'static str,
    pub challenge: String,
    pub rp_id: String,
    /// Keys that may answer (`get`) or that are there already (`create`), base64url, between spaces.
    pub keys: String,
    pub user: Option<TouchUser>,
}

/// For whom a key is made.
#[derive(Clone, Debug)]
pub struct TouchUser {
    pub site: String,
    /// base64url; says nothing about the person.
    pub id: String,
    pub login: String,
    pub name: String,
    pub algorithms: String,
}

impl Touch {
    pub fn get(rp: &RelyingParty, challenge: &[u8], keys: &[String]) -> Touch {
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        Touch { mode: "get", challenge, rp_id: rp.id.clone(), keys: keys.join(" "), user: None }
    }

    /// `(account, login, name)` of the person for whom the key is made.
    pub fn create(
        rp: &RelyingParty,
        challenge: &[u8],
        keys: &[String],
        site: &str,
        (account, login, name): (&str, &str, &str),
    ) -> Touch {
        let algorithms: Vec<String> = sekisho_passkey::ALGORITHMS.iter().map(i64::to_string).collect();
        let user = TouchUser {
            site: format!("関所 {site}"),
            id: URL_SAFE_NO_PAD.encode(account),
            login: login.to_owned(),
            name: name.to_owned(),
            algorithms: algorithms.join(" "),
        };
        Touch { mode: "create", user: Some(user), ..Touch::get(rp, challenge, keys) }
    }
}

/// How a field is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Text,
    Password,
    Date,
    /// Digits only, such as a six-digit code.
    Digits,
    Area,
    File,
    Check,
    /// (value, words)
    Select(Vec<(String, String)>),
    Radio(Vec<(String, String)>),
    Hidden,
}

/// One form field with label, hint and error; the hint and error are tied to it by `aria-describedby`.
#[derive(Clone, Debug, Template)]
#[template(path = "part/field.html")]
pub struct Field {
    /// Both `id` and `name`.
    pub id: &'static str,
    pub label: String,
    pub input: Input,
    pub value: String,
    pub hint: Option<String>,
    pub error: Option<String>,
    pub required: bool,
    /// The HTML `autocomplete` token; empty for none.
    pub autocomplete: &'static str,
    /// The HTML `accept` list of a file field; empty for any.
    pub accept: &'static str,
}

impl Field {
    pub fn new(id: &'static str, label: impl Into<String>, input: Input) -> Field {
        Field {
            id,
            label: label.into(),
            input,
            value: String::new(),
            hint: None,
            error: None,
            required: true,
            autocomplete: "",
            accept: "",
        }
    }

    pub fn text(id: &'static str, label: impl Into<String>) -> Field {
        Field::new(id, label, Input::Text)
    }

    pub fn date(id: &'static str, label: impl Into<String>) -> Field {
        Field::new(id, label, Input::Date)
    }

    pub fn area(id: &'static str, label: impl Into<String>) -> Field {
        Field::new(id, label, Input::Area)
    }

    pub fn select(id: &'static str, label: impl Into<String>, options: Vec<(String, String)>) -> Field {
        Field::new(id, label, Input::Select(options))
    }

    pub fn radio(id: &'static str, label: impl Into<String>, options: &[(&str, &str)]) -> Field {
        let options = options.iter().map(|(v, w)| ((*v).to_owned(), (*w).to_owned())).collect();
        Field::new(id, label, Input::Radio(options))
    }

    pub fn hidden(id: &'static str, value: impl Into<String>) -> Field {
        Field::new(id, "", Input::Hidden).value(value)
    }

    pub fn value(mut self, value: impl Into<String>) -> Field {
        self.value = value.into();
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Field {
        self.hint = Some(hint.into());
        self
    }

    pub fn optional(mut self) -> Field {
        self.required = false;
        self
    }

    pub fn autocomplete(mut self, token: &'static str) -> Field {
        self.autocomplete = token;
        self
    }

    pub fn accept(mut self, list: &'static str) -> Field {
        self.accept = list;
        self
    }

    fn described_by(&self) -> String {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.id));
        [hint, error].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Keyset pages: forwards by the last row's key, and back to the first. No page numbers, because rows arrive
/// while people read.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "part/pager.html")]
pub struct Pager {
    pub first: Option<String>,
    pub next: Option<String>,
}

/// One cell of a list: words, where they lead, and a second line.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "part/cell.html")]
pub struct Cell {
    pub text: String,
    pub href: Option<String>,
    pub sub: Option<String>,
    pub mark: Option<Mark>,
    /// Right-aligned figures.
    pub number: bool,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    pub fn number(n: impl ToString) -> Cell {
        Cell { text: n.to_string(), number: true, ..Cell::default() }
    }

    pub fn link(href: impl Into<String>, text: impl Into<String>) -> Cell {
        Cell { text: text.into(), href: Some(href.into()), ..Cell::default() }
    }

    pub fn mark(state: State) -> Cell {
        Cell { mark: Some(Mark { state }), ..Cell::default() }
    }

    pub fn under(mut self, sub: impl Into<String>) -> Cell {
        self.sub = Some(sub.into()).filter(|s: &String| !s.is_empty());
        self
    }
}

/// Shares of a whole as one bar; the aria-label says the same in words.
#[derive(Clone, Debug, Template)]
#[template(path = "part/bar.html")]
pub struct Bar {
    parts: Vec<(State, usize)>,
}

impl Bar {
    pub fn of(count: impl Fn(State) -> usize) -> Bar {
        Bar { parts: STATES.into_iter().map(|s| (s, count(s))).filter(|(_, n)| *n > 0).collect() }
    }

    fn label(&self) -> String {
        if self.parts.is_empty() {
            return "まだありません".to_owned();
        }
        let words: Vec<String> = self.parts.iter().map(|(s, n)| format!("{}{n}", s.label())).collect();
        words.join("、")
    }

    /// (class, x, width) in thousandths of the bar; each part that exists is at least 8 wide, so that one
    /// broken row among 441 is still seen.
    fn rects(&self) -> Vec<(&'static str, usize, usize)> {
        const WHOLE: usize = 1000;
        const LEAST: usize = 8;
        let total: usize = self.parts.iter().map(|(_, n)| n).sum::<usize>().max(1);
        let spare = WHOLE.saturating_sub(LEAST * self.parts.len());
        let mut x = 0;
        let last = self.parts.len().saturating_sub(1);
        let mut out = Vec::new();
        for (i, (state, n)) in self.parts.iter().enumerate() {
            let width = if i == last { WHOLE - x } else { LEAST + n * spare / total };
            out.push((state.code(), x, width));
            x += width;
        }
        out
    }
}

/// Twelve months of one number, oldest first.
#[derive(Clone, Debug, Template)]
#[template(path = "part/spark.html")]
pub struct Spark {
    values: Vec<usize>,
}

impl Spark {
    pub fn new(values: Vec<usize>) -> Spark {
        Spark { values }
    }

    fn label(&self) -> String {
        match (self.values.first(), self.values.last()) {
            (Some(a), Some(b)) if b > a => format!("{a}から{b}へ増加"),
            (Some(a), Some(b)) if b < a => format!("{a}から{b}へ減少"),
            (Some(a), Some(_)) => format!("{a}のまま"),
            _ => "記録がありません".to_owned(),
        }
    }

    /// Points in a box of 120 × 24; the highest month touches the top, zero the bottom.
    fn points(&self) -> Vec<(usize, usize)> {
        let top = self.values.iter().copied().max().unwrap_or(0).max(1);
        let last = self.values.len().saturating_sub(1).max(1);
        self.values.iter().enumerate().map(|(i, v)| (2 + i * 115 / last, 21 - v * 18 / top)).collect()
    }

    fn polyline(&self) -> String {
        self.points().iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
    }

    fn end(&self) -> Option<(usize, usize)> {
        self.points().last().copied()
    }
}

/// A QR code as SVG; the text it holds always stands beside it.
#[derive(Clone, Debug, Template)]
#[template(path = "part/qr.html")]
pub struct Qr {
    side: usize,
    path: String,
    pub label: String,
}

impl Qr {
    /// `None` when the text does not fit into a QR code (about 2,900 bytes).
    pub fn of(text: &str, label: impl Into<String>) -> Option<Qr> {
        use std::fmt::Write as _;
        const QUIET_MODULES: usize = 4; // ISO/IEC 18004 asks for a quiet zone of four modules
        let code = qrcode::QrCode::new(text).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (i, colour) in code.to_colors().into_iter().enumerate() {
            if colour == qrcode::Color::Dark {
                let (x, y) = (i % width + QUIET_MODULES, i / width + QUIET_MODULES);
                let _ = write!(path, "M{x} {y}h1v1h-1z"); // writing to a String cannot fail
            }
        }
        Some(Qr { side: width + 2 * QUIET_MODULES, path, label: label.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mark_has_shape_and_word() {
        for state in STATES {
            let html = Mark { state }.to_string();
            assert!(html.contains(state.label()) && html.contains("<svg"), "{html}");
            assert_eq!(State::from_code(state.code()), state);
        }
    }

    #[test]
    fn values_are_escaped() {
        let html = Seat::new("<b>課長", Some("\"高橋\"")).to_string();
        assert!(!html.contains("<b>") && html.contains("課長"), "{html}");
    }

    #[test]
    fn a_moment_is_in_japan() {
        let m = Moment::at(Ms(1_795_323_900_000)); // 2026-11-22T05:05:00Z
        assert_eq!(m.iso, "2026-11-22T14:05+09:00");
        assert_eq!(m.text, "令和8年11月22日 14:05");
    }

    #[test]
    fn an_error_is_tied_to_its_field() {
        let mut field = Field::date("seen", "確認した日").hint("例：令和8年11月22日");
        field.error = Some("確認した日を入力してください。".to_owned());
        let html = field.to_string();
        assert!(html.contains(r#"aria-describedby="seen-hint seen-error""#), "{html}");
        assert!(html.contains(r#"aria-invalid="true""#), "{html}");
    }

    proptest! {
        #[test]
        fn a_bar_fills_its_box(counts in proptest::array::uniform6(0usize..500)) {
            let bar = Bar::of(|s| counts[STATES.iter().position(|x| *x == s).unwrap()]);
            let rects = bar.rects();
            let mut x = 0;
            for (_, at, width) in &rects {
                prop_assert_eq!(*at, x);
                prop_assert!(*width > 0);
                x += width;
            }
            prop_assert!(rects.is_empty() || x == 1000);
        }

        #[test]
        fn a_spark_stays_in_its_box(values in proptest::collection::vec(0usize..10_000, 0..24)) {
            for (x, y) in Spark::new(values).points() {
                prop_assert!(x <= 120 && y <= 24);
            }
        }
    }
}

//! Labels to stick on things: number, name, QR code and barcode, 24 to an A4 sheet.

use super::bulk::ticked;
use super::named;
use crate::form::Form;
use crate::part::Qr;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use crate::{App, Config};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use sekisho_domain::access::Action;

#[derive(Template)]
#[template(path = "register/labels.html")]
struct Labels {
    shell: Shell,
    labels: Vec<Label>,
}

struct Label {
    number: String,
    name: String,
    section: String,
    qr: Option<Qr>,
    bars: Option<Bars>,
}

/// A Code 39 barcode: what the cheapest USB reader types as if on a keyboard.
pub(crate) struct Bars {
    pub(crate) width: usize,
    /// (x, width) of every dark bar, in modules.
    pub(crate) dark: Vec<(usize, usize)>,
}

pub(crate) async fn sheet(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let register = named(&noun)?;
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let rows = ticked(&app, &me, register, &form, Action::View).await?;
    let section: Vec<_> = register.section.and_then(|name| register.noun.column(name)).into_iter().collect();
    let names = app.store.db.names_of(&section, &rows, me.on).await?;
    let labels = rows.iter().map(|row| {
        let number = row.text(register.key[0]).to_owned();
        let unit = register.section_of(row).unwrap_or_default();
        let qr = Qr::of(&link(&app.config, register.noun.name, &number), format!("{number} のQRコード"));
        Label {
            name: row.text(register.title).to_owned(),
            section: names.word("section", unit).unwrap_or_default().to_owned(),
            qr,
            bars: Bars::of(&number),
            number,
        }
    });
    let noun = register.noun.name;
    let shell = app.shell(&me, "/registers", "このラベルを印刷します").await?;
    page(&Labels {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        labels: labels.collect(),
    })
}

/// What a telephone's camera opens: the row, or its place in the stocktake that is going on. An installation that does
/// not know its own address puts the number alone on the label, which readers at a keyboard understand as well.
fn link(config: &Config, noun: &str, number: &str) -> String {
    let Some(host) = &config.host else { return number.to_owned() };
    let scheme = if config.tls { "https" } else { "http" };
    let number: String = form_urlencoded::byte_serialize(number.as_bytes()).collect();
    format!("{scheme}://{host}/q/{noun}/{}", number.replace('+', "%20"))
}

impl Bars {
    /// `None` for a text with letters that Code 39 does not have.
    pub(crate) fn of(text: &str) -> Option<Bars> {
        let (mut x, mut dark) = (QUIET, Vec::new());
        for letter in std::iter::once('*').chain(text.chars()).chain(['*']) {
            let wide = WIDE.iter().find(|(c, _)| *c == letter)?.1;
            for (at, element) in wide.bytes().enumerate() {
                let width = if element == b'1' { 3 } else { 1 };
                if at % 2 == 0 {
                    dark.push((x, width));
                }
                x += width;
            }
            x += 1;
        }
        Some(Bars { width: x - 1 + QUIET, dark })
    }
}

/// Light modules beside the code (ISO/IEC 16388 asks for ten).
const QUIET: usize = 10;

/// Which of the nine elements of a letter, bars and spaces in turn, are wide (ISO/IEC 16388, table 1).
const WIDE: [(char, &str); 41] = [
    ('0', "000110100"),
    ('1', "100100001"),
    ('2', "001100001"),
    ('3', "101100000"),
    ('4', "000110001"),
    ('5', "100110000"),
    ('6', "001110000"),
    ('7', "000100101"),
    ('8', "100100100"),
    ('9', "001100100"),
    ('A', "100001001"),
    ('B', "001001001"),
    ('C', "101001000"),
    ('D', "000011001"),
    ('E', "100011000"),
    ('F', "001011000"),
    ('G', "000001101"),
    ('H', "100001100"),
    ('I', "001001100"),
    ('J', "000011100"),
    ('K', "100000011"),
    ('L', "001000011"),
    ('M', "101000010"),
    ('N', "000010011"),
    ('O', "100010010"),
    ('P', "001010010"),
    ('Q', "000000111"),
    ('R', "100000110"),
    ('S', "001000110"),
    ('T', "000010110"),
    ('U', "110000001"),
    ('V', "011000001"),
    ('W', "111000000"),
    ('X', "010010001"),
    ('Y', "110010000"),
    ('Z', "011010000"),
    ('-', "010000101"),
    ('.', "110000100"),
    (' ', "011000100"),
    ('*', "010010100"),
    ('/', "010100010"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_three_wide_elements_of_nine() {
        for (letter, wide) in WIDE {
            let special = matches!(letter, '/');
            let count = wide.bytes().filter(|b| *b == b'1').count();
            assert!(wide.len() == 9 && count == 3, "{letter} {special}");
            assert_eq!(WIDE.iter().filter(|(_, other)| *other == wide).count(), 1, "{letter}");
        }
    }

    #[test]
    fn a_label_leads_to_its_row() {
        let mut config = Config::default();
        assert_eq!(link(&config, "asset", "A-1"), "A-1");
        config.host = Some("sekisho.city.example".into());
        config.tls = true;
        assert_eq!(link(&config, "medium", "媒 1"), "https://sekisho.city.example/q/medium/%E5%AA%92%201");
    }

    #[test]
    fn a_code_is_as_wide_as_its_letters() {
        let bars = Bars::of("A-1").unwrap();
        // Five letters of 6 × 1 + 3 × 3 modules, four gaps, two quiet zones.
        assert_eq!(bars.width, 5 * 15 + 4 + 2 * QUIET);
        assert_eq!(bars.dark.len(), 25);
        assert!(Bars::of("資産1").is_none());
    }
}

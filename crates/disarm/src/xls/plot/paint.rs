//! Fills, lines and letters of a chart.

use std::fmt::Write as _;

use super::super::{
    chart::{Paint, Stroke, Title},
    style::Styles,
    xml,
};

/// Attributes and children of `a:defRPr` or `a:rPr`, split where the tag ends.
pub(super) fn font_attributes(styles: &Styles, font: Option<u16>) -> Option<(String, String)> {
    let font = styles.shape_font(font?)?;
    let mut attributes = format!(" sz=\"{}\"", font.size.clamp(100, 400_000));
    for (on, text) in [(font.bold, " b=\"1\""), (!font.bold, " b=\"0\""), (font.italic, " i=\"1\"")] {
        if on {
            attributes.push_str(text);
        }
    }
    let colour = font.rgb.map_or_else(String::new, |rgb| fill(Paint::Colour(rgb), 0));
    let name = xml::escaped(font.name);
    Some((attributes, format!("{colour}<a:latin typeface=\"{name}\"/><a:ea typeface=\"{name}\"/>")))
}

/// `c:txPr`, empty when nothing is known; `turn` in degrees as cells count them.
pub(super) fn font(styles: &Styles, font: Option<u16>, turn: Option<u16>) -> String {
    let body = match turn {
        Some(255) => "<a:bodyPr vert=\"wordArtVert\"/>".to_owned(),
        Some(up @ 0..=90) => format!("<a:bodyPr rot=\"{}\" vert=\"horz\"/>", i32::from(up) * -60_000),
        Some(down) => format!("<a:bodyPr rot=\"{}\" vert=\"horz\"/>", (i32::from(down) - 90) * 60_000),
        None => "<a:bodyPr/>".to_owned(),
    };
    match (font_attributes(styles, font), turn) {
        (None, None) => String::new(),
        (None, Some(_)) => text_properties(&body, "<a:defRPr/>"),
        (Some((attributes, children)), _) => {
            text_properties(&body, &format!("<a:defRPr{attributes}>{children}</a:defRPr>"))
        }
    }
}

pub(super) fn text_properties(body: &str, run: &str) -> String {
    format!("<c:txPr>{body}<a:p><a:pPr>{run}</a:pPr><a:endParaRPr lang=\"ja-JP\"/></a:p></c:txPr>")
}

/// `c:title`.
pub(super) fn title(out: &mut String, title: &Title, styles: &Styles) {
    let words = rich(styles, &title.text, title.font, " sz=\"1200\" b=\"1\"");
    let frame = title.frame.map_or_else(String::new, |(line, area)| {
        format!("<c:spPr>{}{}</c:spPr>", fill(area, 0xFF_FFFF), stroke(line, 0))
    });
    let _ = write!(out, "<c:title>{words}<c:overlay val=\"0\"/>{frame}</c:title>");
}

/// `c:tx` with words that somebody wrote; `usual` are the attributes of letters without a font of their own.
pub(super) fn rich(styles: &Styles, text: &str, font: Option<u16>, usual: &str) -> String {
    let (attributes, children) =
        font_attributes(styles, font).unwrap_or_else(|| (usual.to_owned(), String::new()));
    format!(
        "<c:tx><c:rich><a:bodyPr/><a:p><a:r><a:rPr lang=\"ja-JP\"{attributes}>{children}</a:rPr><a:t>{}</a:t></a:r></a:p></c:rich></c:tx>",
        xml::escaped(text)
    )
}

pub(super) fn fill(paint: Paint, automatic: u32) -> String {
    let rgb = match paint {
        Paint::None => return "<a:noFill/>".to_owned(),
        Paint::Automatic => automatic,
        Paint::Colour(rgb) => rgb,
        Paint::Shade(top, bottom) => {
            let stop =
                |at: u32, rgb: u32| format!("<a:gs pos=\"{at}\"><a:srgbClr val=\"{rgb:06X}\"/></a:gs>");
            let stops = stop(0, top) + &stop(100_000, bottom);
            return format!(
                "<a:gradFill><a:gsLst>{stops}</a:gsLst><a:lin ang=\"5400000\" scaled=\"0\"/></a:gradFill>"
            );
        }
    };
    format!("<a:solidFill><a:srgbClr val=\"{rgb:06X}\"/></a:solidFill>")
}

/// `a:ln`.
pub(super) fn stroke(stroke: Stroke, automatic: u32) -> String {
    const DASHES: [&str; 5] = ["", "dash", "sysDot", "dashDot", "lgDashDotDot"];
    let width = match stroke.width {
        ..=-1 => 3_175,
        0 => 12_700,
        1 => 25_400,
        _ => 38_100,
    };
    let dash = DASHES.get(usize::from(stroke.dash)).filter(|d| !d.is_empty() && stroke.paint != Paint::None);
    let dash = dash.map_or_else(String::new, |dash| format!("<a:prstDash val=\"{dash}\"/>"));
    format!("<a:ln w=\"{width}\">{}{dash}</a:ln>", fill(stroke.paint, automatic))
}

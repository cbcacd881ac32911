//! Writes the notes of a sheet: their texts, and the boxes they stand in.

use std::fmt::Write as _;

use super::{
    drawing::{Note, Object},
    escher::{Anchor, Shape},
    formula::cell_name,
    geometry::Grid,
    style::Styles,
    text::Text,
    xml,
};

/// EMU per pixel at 96 dpi.
const PIXEL: i64 = 9525;

/// `comments` and the VML drawing beside it; `None` when there is no note.
pub(super) fn write(
    notes: &[Note],
    objects: &[Object],
    shapes: &[Shape],
    grid: &Grid,
    styles: &Styles,
) -> Option<(String, String)> {
    let mut authors: Vec<&str> = Vec::new();
    let (mut texts, mut boxes) = (String::new(), String::new());
    let mut seen = Vec::new();
    let empty = Text::default();
    for note in notes {
        if seen.contains(&(note.row, note.column)) {
            continue;
        }
        seen.push((note.row, note.column));
        let author = match authors.iter().position(|a| *a == note.author) {
            Some(at) => at,
            None => {
                authors.push(&note.author);
                authors.len() - 1
            }
        };
        let object = objects.iter().position(|o| o.kind == 0x19 && o.id == note.object);
        let text = object.and_then(|i| objects[i].text.as_ref()).map_or(&empty, |t| &t.text);
        let cell = cell_name(note.row, note.column);
        let _ = write!(texts, "<comment ref=\"{cell}\" authorId=\"{author}\"><text>");
        text.write(&mut texts, &|font| styles.run_font(font));
        texts.push_str("</text></comment>");
        let shape = shapes.iter().find(|s| s.object.is_some() && s.object == object);
        let anchor = shape.and_then(|s| s.anchor).unwrap_or_else(|| beside(note));
        write_box(&mut boxes, note, &anchor, grid, seen.len());
    }
    if seen.is_empty() {
        return None;
    }
    let authors: String = authors.iter().fold(String::new(), |mut all, author| {
        let _ = write!(all, "<author>{}</author>", xml::escaped(author));
        all
    });
    let comments = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<comments xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><authors>{authors}</authors><commentList>{texts}</commentList></comments>"
    );
    let drawing = format!(
        "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><o:shapelayout v:ext=\"edit\"><o:idmap v:ext=\"edit\" data=\"1\"/></o:shapelayout><v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" o:connecttype=\"rect\"/></v:shapetype>{boxes}</xml>"
    );
    Some((comments, drawing))
}

/// Where Excel puts a note that has no box of its own.
fn beside(note: &Note) -> Anchor {
    let column = note.column.min(250);
    let row = note.row.saturating_sub(1);
    Anchor { flags: 3, from: [column + 1, 240, row, 60], to: [column + 3, 240, row.saturating_add(5), 0] }
}

fn write_box(out: &mut String, note: &Note, anchor: &Anchor, grid: &Grid, number: usize) {
    let place: Vec<String> = [anchor.from, anchor.to]
        .into_iter()
        .flat_map(|end| {
            let (column, x, row, y) = grid.end(end);
            [i64::from(column), x / PIXEL, i64::from(row), y / PIXEL]
        })
        .map(|v| v.to_string())
        .collect();
    let visibility = if note.visible { "visible" } else { "hidden" };
    let shown = if note.visible { "<x:Visible/>" } else { "" };
    let [_, _, width, height] = grid.rectangle(anchor).map(|v| v / 12_700);
    let _ = write!(
        out,
        "<v:shape id=\"_x0000_s{}\" type=\"#_x0000_t202\" style=\"position:absolute;width:{width}pt;height:{height}pt;z-index:{number};visibility:{visibility}\" fillcolor=\"#ffffe1\" o:insetmode=\"auto\"><v:fill color2=\"#ffffe1\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/><v:textbox style=\"mso-direction-alt:auto\"/><x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{}</x:Row><x:Column>{}</x:Column>{shown}</x:ClientData></v:shape>",
        1024 + number,
        place.join(", "),
        note.row,
        note.column
    );
}

//! What hangs together: 情報資産, what holds them, the devices that use it, and the network it all stands in. Shown as
//! a picture and as a table that say the same; and, beside a row, what follows for its handling.

use crate::App;
use crate::error::PortalError;
use crate::pages::register::named;
use crate::part::Cell;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, State};
use sekisho_catalogue::classification::{Classes, classification};
use sekisho_domain::access::{Access, Action, Thing, may};
use sekisho_domain::asset::{CONFIDENTIALITY, ZONES};
use sekisho_domain::date::Date;
use sekisho_domain::medium::MEDIUM;
use sekisho_domain::noun::{Noun, Row};
use sekisho_domain::register::Register;
use sekisho_domain::register::cell::word;
use sekisho_domain::system::SYSTEM;
use sekisho_store::page::Held;
use std::collections::BTreeMap;

/// What stands beside a row besides its own columns.
#[derive(Debug, Default, Template)]
#[template(path = "relation/aside.html")]
pub(crate) struct Aside {
    /// 自治体機密性3B: the highest class among what lies in it, and how many assets that is.
    inherited: Option<(String, usize)>,
    /// The class may not stand in this row's zone.
    misplaced: Option<String>,
    /// (what is done, what is asked for, who permits it)
    rules: Vec<(String, String, Option<String>)>,
    links: Vec<(String, &'static str)>,
}

impl askama::filters::HtmlSafe for Aside {}

/// Empty for registers that hold nothing and are held by nothing.
pub(crate) async fn aside(
    app: &App,
    me: &Me,
    register: &'static Register,
    row: &Row,
) -> Result<Aside, PortalError> {
    let noun = register.noun.name;
    let mut aside = Aside::default();
    if !matches!(noun, "asset" | "system" | "device" | "medium") {
        return Ok(aside);
    }
    if noun == "asset" && me.must_row(Action::Edit, register, row).is_ok() {
        aside.links.push((format!("/registers/asset/{}/classify", row.id), "質問に答えて区分を決める"));
    }
    aside.links.push((format!("/registers/{noun}/{}/relations", row.id), "つながりを図で見る"));
    let all = classification();
    let (integrity, availability) = (row.text("integrity"), row.text("availability"));
    let held = app.store.db.assets_in(noun, &row.id, me.on).await?;
    let classes = match noun {
        "asset" => Some(Classes { confidentiality: row.text("confidentiality"), integrity, availability }),
        _ => highest(&held),
    };
    let Some(classes) = classes else { return Ok(aside) };
    if noun != "asset" {
        let class = word(CONFIDENTIALITY, classes.confidentiality);
        aside.inherited = Some((class.to_owned(), held.len()));
        aside.misplaced = misplaced(classes.confidentiality, row);
    }
    let names = app.store.db.role_names().await?;
    aside.rules = all
        .rules(classes)
        .into_iter()
        .map(|rule| {
            let permits = rule.permission.as_deref().map(|role| names.word(role).to_owned());
            (rule.title.clone(), rule.rule.clone(), permits)
        })
        .collect();
    Ok(aside)
}

/// What a system or medium takes over from the assets in it (2.1.2).
fn highest(held: &[Held]) -> Option<Classes<'_>> {
    let confidentiality = classification().highest(held.iter().map(|a| a.confidentiality.as_str()))?;
    let strongest = |of: fn(&Held) -> &str| if held.iter().any(|a| of(a) == "2") { "2" } else { "1" };
    Some(Classes {
        confidentiality,
        integrity: strongest(|a| &a.integrity),
        availability: strongest(|a| &a.availability),
    })
}

fn misplaced(class: &str, row: &Row) -> Option<String> {
    let zone = row.text("zone");
    if !zone.is_empty() && !classification().may_lie(class, zone) {
        return Some(format!(
            "{}の情報を、{}に置くことはできません。",
            word(CONFIDENTIALITY, class),
            word(ZONES, zone)
        ));
    }
    let weight = |class: &str| classification().weight(class);
    (row.noun.name == "medium" && weight(class) > weight(row.text("class_allowed"))).then(|| {
        format!("この媒体に入れてよいのは{}までです。", word(CONFIDENTIALITY, row.text("class_allowed")))
    })
}

/// A box of the picture and its line in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    words: String,
    sub: String,
    href: Option<String>,
    /// The row the picture is about.
    here: bool,
    /// Stands where it may not.
    wrong: bool,
}

/// Boxes in layers from top to bottom; lines join neighbours.
#[derive(Clone, Debug, Default)]
struct Picture {
    layers: Vec<(&'static str, Vec<Node>)>,
    /// ((layer, box), (layer, box))
    lines: Vec<((usize, usize), (usize, usize))>,
}

const ASSETS: usize = 0;
const HOLDERS: usize = 1;
const DEVICES: usize = 2;
const NETWORKS: usize = 3;

impl Picture {
    fn new() -> Picture {
        let titles = ["情報資産", "情報システム・記録媒体", "機器", "ネットワーク"];
        Picture { layers: titles.into_iter().map(|title| (title, Vec::new())).collect(), lines: Vec::new() }
    }

    /// The place of a box, which is made when it is not there yet.
    fn put(&mut self, layer: usize, node: Node) -> (usize, usize) {
        let boxes = &mut self.layers[layer].1;
        let at = boxes.iter().position(|known| known.words == node.words && known.href == node.href);
        let at = at.unwrap_or_else(|| {
            boxes.push(node);
            boxes.len() - 1
        });
        (layer, at)
    }

    fn join(&mut self, from: (usize, usize), to: (usize, usize)) {
        if !self.lines.contains(&(from, to)) {
            self.lines.push((from, to));
        }
    }

    fn zone(&mut self, zone: &str) -> (usize, usize) {
        let words = word(ZONES, zone).to_owned();
        self.put(NETWORKS, Node { words, sub: String::new(), href: None, here: false, wrong: false })
    }
}

/// Reads rows for one picture, within what the reader may see.
struct Drawer<'a> {
    app: &'a App,
    me: &'a Me,
    on: Date,
    /// The row the picture is about.
    focus: &'a Row,
    picture: Picture,
}

impl Drawer<'_> {
    fn sees(&self, noun: &'static str, unit_id: Option<&str>) -> bool {
        let thing = Thing { noun, unit_id: unit_id.filter(|u| !u.is_empty()), ..Thing::default() };
        may(&self.me.who, Action::View, thing, self.on) == Access::Granted
    }

    fn node(&self, row: &Row, sub: String) -> Node {
        let noun = row.noun.name;
        let unit = row.text("unit_id");
        let seen = self.sees(noun, Some(unit));
        Node {
            words: match seen {
                true => format!("{} {}", row.text("number"), row.text("name")),
                false => format!("{}（ほかの所属）", row.noun.label),
            },
            sub,
            href: seen.then(|| format!("/registers/{noun}/{}", row.id)),
            here: row.id == self.focus.id,
            wrong: false,
        }
    }

    async fn row(&self, noun: &'static Noun, id: &str) -> Result<Option<Row>, PortalError> {
        if id.is_empty() {
            return Ok(None);
        }
        Ok(self.app.store.db.row(noun, id).await?)
    }

    /// A system or medium with everything that hangs on it. `assets`: draw those in it, by class.
    async fn holder(&mut self, row: &Row, assets: bool) -> Result<(usize, usize), PortalError> {
        let noun = row.noun.name;
        let held = self.app.store.db.assets_in(noun, &row.id, self.on).await?;
        let class = highest(&held).map(|classes| classes.confidentiality.to_owned());
        let sub = class.as_deref().map(|class| word(CONFIDENTIALITY, class).to_owned());
        let mut node = self.node(row, sub.unwrap_or_default());
        node.wrong = class.as_deref().and_then(|class| misplaced(class, row)).is_some();
        let place = self.picture.put(HOLDERS, node);
        if assets {
            for (class, count) in counted(held.iter().map(|a| a.confidentiality.as_str())) {
                let column = if noun == "system" { "system_id" } else { "medium_id" };
                let filter = if noun == "system" { format!("&f_{column}={}", row.id) } else { String::new() };
                let node = Node {
                    words: format!("{} {count}件", word(CONFIDENTIALITY, class)),
                    sub: row.text("name").to_owned(),
                    href: Some(format!("/registers/asset?f_confidentiality={class}{filter}")),
                    here: false,
                    wrong: !row.text("zone").is_empty() && !classification().may_lie(class, row.text("zone")),
                };
                let asset = self.picture.put(ASSETS, node);
                self.picture.join(asset, place);
            }
        }
        if noun == "system" {
            self.devices(row, place).await?;
            let zone = self.picture.zone(row.text("zone"));
            self.picture.join(place, zone);
        }
        Ok(place)
    }

    /// The devices of a system, by kind and network; the one the picture is about stands alone.
    async fn devices(&mut self, system: &Row, place: (usize, usize)) -> Result<(), PortalError> {
        let used = self.app.store.db.devices_of(&system.id, self.on).await?;
        let others = used.iter().filter(|d| d.id != self.focus.id);
        let mut groups: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for device in others {
            *groups.entry((device.name.as_str(), device.zone.as_str())).or_default() += 1;
        }
        for ((name, zone), count) in groups {
            let node = Node {
                words: format!("{name} {count}台"),
                sub: word(ZONES, zone).to_owned(),
                href: Some(format!("/registers/device?f_zone={zone}")),
                here: false,
                wrong: false,
            };
            let device = self.picture.put(DEVICES, node);
            self.picture.join(place, device);
            let zone = self.picture.zone(zone);
            self.picture.join(device, zone);
        }
        Ok(())
    }

    async fn draw(mut self) -> Result<Picture, PortalError> {
        let focus = self.focus;
        match focus.noun.name {
            "asset" => {
                let class = focus.text("confidentiality");
                let mut node = self.node(focus, word(CONFIDENTIALITY, class).to_owned());
                node.wrong = !classification().may_lie(class, focus.text("zone"));
                let asset = self.picture.put(ASSETS, node);
                let mut alone = true;
                for (noun, column) in [(&SYSTEM, "system_id"), (&MEDIUM, "medium_id")] {
                    if let Some(row) = self.row(noun, focus.text(column)).await? {
                        let holder = self.holder(&row, false).await?;
                        self.picture.join(asset, holder);
                        alone = false;
                    }
                }
                if alone {
                    let zone = self.picture.zone(focus.text("zone"));
                    self.picture.join(asset, zone);
                }
            }
            "device" => {
                let device = self.node(focus, String::new());
                let device = self.picture.put(DEVICES, device);
                let zone = self.picture.zone(focus.text("zone"));
                self.picture.join(device, zone);
                if let Some(system) = self.row(&SYSTEM, focus.text("system_id")).await? {
                    let place = self.holder(&system, true).await?;
                    self.picture.join(place, device);
                }
            }
            _ => {
                self.holder(focus, true).await?;
            }
        }
        Ok(self.picture)
    }
}

/// Equal words with how often they come, heaviest class first.
fn counted<'a>(classes: impl Iterator<Item = &'a str>) -> Vec<(&'a str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    classes.for_each(|class| *counts.entry(class).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(class, _)| std::cmp::Reverse(classification().weight(class)));
    counts
}

#[derive(Template)]
#[template(path = "relation/relation.html")]
struct RelationPage {
    shell: Shell,
    drawing: Drawing,
    /// (layer, box, what it is joined to)
    rows: Vec<(&'static str, Cell, String)>,
}

/// Numbers of the drawing, in its own units: 360 wide, so that its letters are full-sized on a phone.
#[derive(Debug, Default)]
struct Drawing {
    height: usize,
    titles: Vec<(usize, &'static str)>,
    boxes: Vec<Boxed>,
    lines: Vec<(usize, usize, usize, usize)>,
    label: String,
}

#[derive(Debug)]
struct Boxed {
    x: usize,
    y: usize,
    width: usize,
    node: Node,
    first: String,
    second: String,
}

const WIDTH: usize = 360;
const GAP: usize = 8;
const BOX_HEIGHT: usize = 46;
const TITLE_HEIGHT: usize = 24;
/// Between two layers, for the lines.
const LAYER_GAP: usize = 26;

fn layout(picture: &Picture) -> Drawing {
    let mut drawing = Drawing::default();
    let mut places: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
    let mut y = 4;
    for (layer, (title, nodes)) in picture.layers.iter().enumerate().filter(|(_, (_, n))| !n.is_empty()) {
        drawing.titles.push((y + 15, *title));
        y += TITLE_HEIGHT;
        let across = nodes.len().min(2);
        let width = (WIDTH - GAP * (across + 1)) / across;
        for (at, node) in nodes.iter().enumerate() {
            let (column, line) = (at % across, at / across);
            let (x, top) = (GAP + column * (width + GAP), y + line * (BOX_HEIGHT + GAP));
            places.insert((layer, at), (x + width / 2, top));
            let letters = width / 13;
            drawing.boxes.push(Boxed {
                x,
                y: top,
                width,
                first: short(&node.words, letters),
                second: short(&node.sub, letters),
                node: node.clone(),
            });
        }
        y += nodes.len().div_ceil(across) * (BOX_HEIGHT + GAP) - GAP + LAYER_GAP;
    }
    drawing.height = y.saturating_sub(LAYER_GAP) + 4;
    let ends = picture.lines.iter().filter_map(|(from, to)| Some((places.get(from)?, places.get(to)?)));
    drawing.lines = ends.map(|((x, y), (to_x, to_y))| (*x, y + BOX_HEIGHT, *to_x, *to_y)).collect();
    drawing.label = format!(
        "{}個の箱と{}本の線。同じことを、下の表に書いています。",
        drawing.boxes.len(),
        drawing.lines.len()
    );
    drawing
}

/// As many letters as fit; a half-width letter counts as half.
fn short(text: &str, letters: usize) -> String {
    let mut halves = 0;
    let mut out = String::new();
    for letter in text.chars() {
        halves += if letter.is_ascii() { 1 } else { 2 };
        if halves > 2 * letters.saturating_sub(1) {
            out.push('…');
            break;
        }
        out.push(letter);
    }
    out
}

pub(crate) async fn show(State(app): State<App>, me: Me, Path((noun, id)): Path<(String, String)>) -> Page {
    let register = named(&noun)?;
    if !matches!(register.noun.name, "asset" | "system" | "device" | "medium") {
        return Err(PortalError::NotFound);
    }
    let row = app.row_for(&me, Action::View, register, &id).await?;
    let drawer = Drawer { app: &app, me: &me, on: me.on, focus: &row, picture: Picture::new() };
    let picture = drawer.draw().await?;
    let shell =
        app.shell(&me, "/registers", format!("「{}」は、何とつながっていますか", row.text("name"))).await?;
    let shell = shell
        .crumb("/registers", "台帳")
        .crumb(format!("/registers/{noun}"), register.noun.label)
        .crumb(format!("/registers/{noun}/{id}"), row.text("name"));
    page(&RelationPage { shell, drawing: layout(&picture), rows: table(&picture) })
}

fn table(picture: &Picture) -> Vec<(&'static str, Cell, String)> {
    let mut rows = Vec::new();
    for (layer, (title, nodes)) in picture.layers.iter().enumerate() {
        for (at, node) in nodes.iter().enumerate() {
            let next = picture.lines.iter().filter(|(from, _)| *from == (layer, at));
            let next: Vec<&str> =
                next.map(|(_, (layer, at))| picture.layers[*layer].1[*at].words.as_str()).collect();
            let sub = match (node.wrong, node.sub.as_str()) {
                (true, "") => "置けない場所にあります".to_owned(),
                (true, sub) => format!("{sub}・置けない場所にあります"),
                (false, sub) => sub.to_owned(),
            };
            let cell = Cell { href: node.href.clone(), ..Cell::text(&node.words) }.under(sub);
            rows.push((*title, cell, next.join("、")));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(words: &str) -> Node {
        Node { words: words.into(), sub: String::new(), href: None, here: false, wrong: false }
    }

    #[test]
    fn boxes_lie_inside_and_do_not_touch() {
        let mut picture = Picture::new();
        for count in [1, 5, 2, 3].into_iter().enumerate() {
            for at in 0..count.1 {
                picture.put(count.0, node(&format!("箱{at}")));
            }
        }
        picture.join((ASSETS, 0), (HOLDERS, 4));
        picture.join((HOLDERS, 4), (DEVICES, 1));
        let drawing = layout(&picture);
        assert_eq!((drawing.boxes.len(), drawing.lines.len(), drawing.titles.len()), (11, 2, 4));
        for (at, one) in drawing.boxes.iter().enumerate() {
            assert!(one.x + one.width <= WIDTH && one.y + BOX_HEIGHT <= drawing.height);
            for other in &drawing.boxes[..at] {
                let apart = one.x >= other.x + other.width || one.y >= other.y + BOX_HEIGHT;
                assert!(apart, "{one:?} {other:?}");
            }
        }
        assert!(drawing.lines.iter().all(|(_, y, _, to)| y < to), "lines go down");
    }

    #[test]
    fn the_same_box_is_drawn_once() {
        let mut picture = Picture::new();
        assert_eq!(picture.put(HOLDERS, node("甲")), picture.put(HOLDERS, node("甲")));
        picture.join((0, 0), (1, 0));
        picture.join((0, 0), (1, 0));
        assert_eq!((picture.layers[HOLDERS].1.len(), picture.lines.len()), (1, 1));
    }

    #[test]
    fn long_words_are_cut_to_the_box() {
        assert_eq!(short("住民基本台帳", 10), "住民基本台帳");
        assert_eq!(short("住民基本台帳ネットワーク", 6), "住民基本台…");
    }
}

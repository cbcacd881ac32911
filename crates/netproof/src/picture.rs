//! A picture of zones, wires and devices as SVG.

use std::fmt::Write as _;

use crate::model::Device;
use crate::site::topology::Topology;
use crate::site::{Site, ZoneKind};

/// Boxes are this wide, with this much between them (SVG units, about pixels).
const BOX: usize = 172;
const GAP: usize = 14;
const MARGIN: usize = 16;
const ZONE_TOP: usize = 34;
const ZONE_HEIGHT: usize = 48;
const DEVICE_TOP: usize = 300;
const DEVICE_HEIGHT: usize = 56;
/// Labels of neighbouring wires stand on lines of their own, so that they do not cover one another.
const LABEL_LINES: usize = 4;
const LABEL_HEIGHT: usize = 16;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Where the box number `n` of a row of `boxes` begins, the rows being centred over one another.
fn left(n: usize, boxes: usize, columns: usize) -> usize {
    MARGIN + (columns - boxes) * (BOX + GAP) / 2 + n * (BOX + GAP)
}

/// What leads away from a device.
enum End {
    /// To a zone's box.
    Zone(usize),
    /// Nobody declared what lies there.
    Undeclared,
}

/// Zones above, devices below, a line for every interface on a zone's wire. Wires that only join devices hang below
/// them; an interface behind which nothing is declared ends in a broken line and says so.
#[must_use]
pub fn svg(site: &Site, devices: &[Device], topology: &Topology) -> String {
    let shown: Vec<usize> =
        (0..site.zones.len()).filter(|&z| site.zones[z].kind != ZoneKind::TRANSIT).collect();
    let columns = shown.len().max(devices.len()).max(1);
    let mut links: Vec<Vec<(String, End)>> = devices.iter().map(|_| Vec::new()).collect();
    let mut joints: Vec<Vec<(usize, String)>> = Vec::new();
    for wire in &topology.wires {
        let mut between = Vec::new();
        for &(device, interface) in &wire.members {
            let name = devices[device].interfaces[interface].name.clone();
            let zones: Vec<usize> =
                wire.zones.iter().filter_map(|z| shown.iter().position(|s| s == z)).collect();
            if wire.zones.is_empty() && wire.unknown.is_some() {
                links[device].push((name, End::Undeclared));
            } else if zones.is_empty() {
                between.push((device, name));
            } else {
                links[device].extend(zones.into_iter().map(|z| (name.clone(), End::Zone(z))));
            }
        }
        if between.len() > 1 {
            joints.push(between);
        }
    }
    let mut body = String::new();
    let zone_middle = |z: usize| left(z, shown.len(), columns) + BOX / 2;
    let device_left = |d: usize| left(d, devices.len(), columns);
    for (device, ends) in links.iter_mut().enumerate() {
        ends.sort_by_key(|(_, end)| match end {
            End::Zone(z) => zone_middle(*z),
            End::Undeclared => usize::MAX,
        });
        for (n, (name, end)) in ends.iter().enumerate() {
            let x = device_left(device) + (n + 1) * BOX / (ends.len() + 1);
            let y = DEVICE_TOP - 8 - (n % LABEL_LINES) * LABEL_HEIGHT;
            let name = escape(name);
            // Writing to a String cannot fail.
            let _ = match end {
                End::Zone(z) => writeln!(
                    body,
                    "<line x1=\"{x}\" y1=\"{DEVICE_TOP}\" x2=\"{}\" y2=\"{}\" stroke=\"#626264\"/>{}",
                    zone_middle(*z),
                    ZONE_TOP + ZONE_HEIGHT,
                    label(x, y, &name)
                ),
                End::Undeclared => writeln!(
                    body,
                    "<line x1=\"{x}\" y1=\"{DEVICE_TOP}\" x2=\"{x}\" y2=\"{}\" stroke=\"#ce0000\" stroke-width=\"2\" stroke-dasharray=\"5 4\"/>{}",
                    DEVICE_TOP - 110,
                    label(x, DEVICE_TOP - 116, &format!("{name}：宣言なし"))
                ),
            };
        }
    }
    let depth = hang(&mut body, &joints, &|d| device_left(d) + BOX / 2);
    for (n, &zone) in shown.iter().enumerate() {
        let x = left(n, shown.len(), columns);
        rectangle(&mut body, (x, ZONE_TOP, ZONE_HEIGHT), "#e8f1fe", &escape(&site.zones[zone].name), "");
    }
    for (n, device) in devices.iter().enumerate() {
        let box_ = (device_left(n), DEVICE_TOP, DEVICE_HEIGHT);
        rectangle(&mut body, box_, "#ffffff", &escape(&device.name), device.vendor.product());
    }
    let (width, height) = (2 * MARGIN + columns * (BOX + GAP) - GAP, DEVICE_TOP + DEVICE_HEIGHT + depth + 28);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n<title>領域と機器（提出された {} 台の設定について）</title>\n<text x=\"{MARGIN}\" y=\"22\" fill=\"#595959\">領域</text><text x=\"{MARGIN}\" y=\"{}\" fill=\"#595959\">機器（下の線は、機器どうしの接続）</text>\n{body}</svg>\n",
        devices.len(),
        height - 8
    )
}

/// Text over a white edge, so that it can be read where lines cross it.
fn label(x: usize, y: usize, text: &str) -> String {
    format!(
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#333333\" stroke=\"#ffffff\" stroke-width=\"4\" paint-order=\"stroke\" font-size=\"11\">{text}</text>"
    )
}

fn rectangle(out: &mut String, (x, y, height): (usize, usize, usize), fill: &str, name: &str, under: &str) {
    let middle = x + BOX / 2;
    let first = if under.is_empty() { y + height / 2 + 5 } else { y + height / 2 - 3 };
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{BOX}\" height=\"{height}\" rx=\"8\" fill=\"{fill}\" stroke=\"#333333\"/><text x=\"{middle}\" y=\"{first}\" text-anchor=\"middle\">{name}</text>"
    );
    if !under.is_empty() {
        let _ = writeln!(
            out,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#595959\">{under}</text>",
            first + 17
        );
    }
}

/// Wires between devices, hanging below them; returns how far down they reach.
fn hang(out: &mut String, joints: &[Vec<(usize, String)>], middle: &dyn Fn(usize) -> usize) -> usize {
    let top = DEVICE_TOP + DEVICE_HEIGHT;
    let mut deepest = 0;
    for (n, members) in joints.iter().enumerate() {
        for pair in members.windows(2) {
            let ((a, from), (b, to)) = (&pair[0], &pair[1]);
            // Ends of several wires at one device stand a little apart.
            let shift = |d: usize| middle(d) + (n * 13) % 52 - 26;
            let (x1, x2) = (shift(*a), shift(*b));
            let depth = 34 + 22 * a.abs_diff(*b);
            // A cubic curve reaches three quarters of the way to its control points.
            deepest = deepest.max(depth * 3 / 4 + 14);
            let _ = writeln!(
                out,
                "<path d=\"M{x1} {top}C{x1} {c} {x2} {c} {x2} {top}\" fill=\"none\" stroke=\"#626264\"/>{}",
                label(
                    usize::midpoint(x1, x2),
                    top + depth * 3 / 4 + 4,
                    &format!("{} ― {}", escape(from), escape(to))
                ),
                c = top + depth,
            );
        }
    }
    deepest
}

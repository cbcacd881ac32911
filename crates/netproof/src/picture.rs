//! A picture of zones, wires and devices as SVG.

use crate::model::Device;
use crate::site::Site;
use crate::site::topology::Topology;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Zones above, devices below, a line for every interface on a zone's wire; undeclared wires in red.
#[must_use]
pub fn svg(site: &Site, devices: &[Device], topology: &Topology) -> String {
    let columns = site.zones.len().max(devices.len()).max(1);
    let width = 40 + columns * 220;
    let x = |n: usize| 30 + n * 220;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} 420\" font-family=\"sans-serif\" font-size=\"14\">\n<title>領域と機器（提出された {} 台の設定について）</title>\n",
        devices.len()
    );
    for wire in &topology.wires {
        for &(device, interface) in &wire.members {
            let name = escape(&devices[device].interfaces[interface].name);
            let (dx, dy) = (x(device) + 95, 300);
            if wire.zones.is_empty() && wire.unknown.is_some() {
                out.push_str(&format!("<line x1=\"{dx}\" y1=\"350\" x2=\"{dx}\" y2=\"390\" stroke=\"#c00\"/><text x=\"{dx}\" y=\"405\" fill=\"#c00\">{name}：宣言なし</text>\n"));
            }
            for &zone in &wire.zones {
                let (zx, zy) = (x(zone) + 95, 90);
                out.push_str(&format!("<line x1=\"{dx}\" y1=\"{dy}\" x2=\"{zx}\" y2=\"{zy}\" stroke=\"#666\"/><text x=\"{}\" y=\"{}\" fill=\"#333\">{name}</text>\n", (dx + zx) / 2 + 4, (dy + zy) / 2));
            }
        }
    }
    for (n, zone) in site.zones.iter().enumerate() {
        out.push_str(&format!("<rect x=\"{}\" y=\"30\" width=\"190\" height=\"60\" rx=\"8\" fill=\"#e8f0fe\" stroke=\"#335\"/><text x=\"{}\" y=\"65\">{}</text>\n", x(n), x(n) + 10, escape(&zone.name)));
    }
    for (n, device) in devices.iter().enumerate() {
        out.push_str(&format!("<rect x=\"{}\" y=\"300\" width=\"190\" height=\"50\" fill=\"#fff\" stroke=\"#333\"/><text x=\"{}\" y=\"330\">{}（{}）</text>\n", x(n), x(n) + 10, escape(&device.name), device.vendor.name()));
    }
    out.push_str("</svg>\n");
    out
}

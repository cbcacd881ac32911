//! Reports in Japanese.

use std::io::{self, Write};

use sekisho_netproof::verdict::{Finding, HopView, Report, Verdict};

/// Prints a report for people.
pub(crate) fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let n = report.devices.len();
    writeln!(out, "{} の判定（提出された {n} 台の設定について）", name(&report.site))?;
    writeln!(out)?;
    for device in &report.devices {
        writeln!(
            out,
            "  {} [{}] {}：読み取り {} 行、影響なし {} 行、不明 {} 行",
            device.device,
            device.vendor.name(),
            device.file,
            device.lowered,
            device.ignored,
            device.unknown.len()
        )?;
    }
    for note in &report.notes {
        writeln!(out, "  注意：{note}")?;
    }
    for neighbour in &report.unexplained {
        writeln!(out, "  注意：{}:{} {} {}", neighbour.file, neighbour.line, neighbour.text, neighbour.why)?;
    }
    for f in &report.findings {
        writeln!(out)?;
        finding(f, n, out)?;
    }
    if !report.elsewhere.is_empty() {
        writeln!(out, "\n機器の設定では決まらない規則（ここでは判定していません）")?;
        for rule in &report.elsewhere {
            writeln!(out, "  {}：{}", rule.rule, rule.decided_by)?;
        }
    }
    Ok(())
}

fn name(site: &str) -> &str {
    if site.is_empty() { "この構成" } else { site }
}

fn finding(f: &Finding, devices: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "■ {} {}：{}", f.id, f.title, f.verdict.ja())?;
    if !f.basis.is_empty() {
        match sekisho_netproof::templates::rule_words(&f.basis) {
            Some(words) => writeln!(out, "   根拠：{} {words}", f.basis)?,
            None => writeln!(out, "   根拠：{}", f.basis)?,
        }
    }
    match f.verdict {
        Verdict::Proved => {
            writeln!(out, "   提出された {devices} 台の設定について、どのように読んでも成り立ちます。")?;
        }
        Verdict::ProvedUnder => {
            let list = f.assumptions.join("、");
            writeln!(out, "   提出された {devices} 台の設定について、次の前提のもとで成り立ちます：{list}")?;
        }
        Verdict::Refuted => refuted(f, out)?,
        Verdict::Unknown => {}
    }
    for reason in f.reasons.iter().take(20) {
        if reason.line > 0 {
            writeln!(out, "   - {}:{} 「{}」 {}", reason.file, reason.line, reason.text, reason.why)?;
        } else {
            let what = if reason.text.is_empty() { String::new() } else { format!("{} ", reason.text) };
            writeln!(out, "   - {what}{}", reason.why)?;
        }
    }
    if f.reasons.len() > 20 {
        writeln!(out, "   - ほか {} 件", f.reasons.len() - 20)?;
    }
    Ok(())
}

fn refuted(f: &Finding, out: &mut dyn Write) -> io::Result<()> {
    if let Some(packet) = &f.packet {
        writeln!(out, "   次のパケットが反例です： {}", packet.line())?;
    }
    hops(&f.hops, out)?;
    if !f.rectangles.is_empty() {
        let more = if f.more_rectangles { "以上" } else { "" };
        writeln!(out, "   違反する通信の範囲（宛先側、{} 個{more}の区画）：", f.rectangles.len())?;
        for r in &f.rectangles {
            writeln!(out, "     {} → {} {} ポート {}", r.src, r.dst, r.proto, r.ports())?;
        }
    }
    match &f.fix {
        Some(fix) => writeln!(out, "   直し方：{fix}"),
        None if f.packet.is_some() => {
            writeln!(out, "   直し方：1 行だけでは直りません。上の各行を見直してください。")
        }
        None => Ok(()),
    }
}

/// Hop table.
pub(crate) fn hops(hops: &[HopView], out: &mut dyn Write) -> io::Result<()> {
    for (number, hop) in (1..).zip(hops) {
        let change = if hop.change.is_empty() { String::new() } else { format!("  〔{}〕", hop.change) };
        let at = if hop.line > 0 {
            format!("{}:{} 「{}」", hop.file, hop.line, hop.text)
        } else {
            String::new()
        };
        let ways =
            if hop.out_if.is_empty() { hop.in_if.clone() } else { format!("{}→{}", hop.in_if, hop.out_if) };
        let (place, decided) = (&hop.place, &hop.decided);
        writeln!(out, "     {number:>2}. {} {place}（{ways}） {decided} {at}{change}", hop.device)?;
    }
    Ok(())
}

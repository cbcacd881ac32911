//! Questions that have no verdict: what reaches what, what a change would do, which rules are used.

use std::io::Write;

use sekisho_netproof::{coverage as engine, diff, reach as reached};

use crate::load;
use crate::run::{Failure, OK, day, json, pair_changes, rectangles};
use crate::{Hygiene, Reach, WhatIf};

fn too_large<E>(_: E) -> Failure {
    Failure::Text("規則の組合せが大きすぎて計算を打ち切りました。領域を分けて試してください。".into())
}

pub(crate) fn reach(args: &Reach, today: &str, out: &mut dyn Write) -> Result<u8, Failure> {
    let loaded = load::load(&args.dir, Some(day(args.as_of.as_deref(), today)?), true)?;
    let name = |asked: &Option<String>| {
        let zone = |id: &String| loaded.site.zones.iter().find(|z| z.id == *id || z.name == *id);
        match asked {
            None => Ok(None),
            Some(id) => match zone(id) {
                Some(found) => Ok(Some(found.name.clone())),
                None => Err(Failure::Text(format!(
                    "領域「{id}」がありません。zones.toml の id か名前を書いてください。"
                ))),
            },
        }
    };
    let (from, to) = (name(&args.from)?, name(&args.to)?);
    let mut pairs = reached::reach(&loaded.site, &loaded.snapshot).map_err(too_large)?;
    pairs.retain(|p| from.as_ref().is_none_or(|f| p.from == *f) && to.as_ref().is_none_or(|t| p.to == *t));
    if args.json {
        json(&pairs, out)?;
        return Ok(OK);
    }
    for pair in &pairs {
        let nothing = if pair.rectangles.is_empty() { "：届く通信はありません" } else { "" };
        writeln!(out, "■ {} → {}{nothing}", pair.from, pair.to)?;
        rectangles(
            if pair.more { "届きうる通信（20 区画まで）" } else { "届きうる通信" },
            &pair.rectangles,
            out,
        )?;
    }
    Ok(OK)
}

pub(crate) fn what_if(args: &WhatIf, today: &str, out: &mut dyn Write) -> Result<u8, Failure> {
    let loaded = load::load(&args.dir, Some(day(args.as_of.as_deref(), today)?), true)?;
    let bytes = load::bytes(&args.with)?;
    let result = diff::what_if(&loaded.site, &loaded.snapshot, &args.device, &bytes).ok_or_else(|| {
        Failure::Text(format!(
            "機器「{}」の設定がありません。devices/ のファイル名を確かめてください。",
            args.device
        ))
    })?;
    let result = result.map_err(too_large)?;
    if args.json {
        json(&result, out)?;
        return Ok(OK);
    }
    if result.packets.is_empty() && result.answers.is_empty() {
        writeln!(out, "{} の設定を置き換えても、領域の間で通る通信も判定も変わりません。", args.device)?;
    }
    for answer in &result.answers {
        writeln!(out, "■ {} {}：{} → {}", answer.id, answer.title, answer.before.ja(), answer.after.ja())?;
    }
    pair_changes(&result.packets, out)?;
    Ok(OK)
}

pub(crate) fn coverage(args: &Hygiene, today: &str, out: &mut dyn Write) -> Result<u8, Failure> {
    let loaded = load::load(&args.dir, Some(day(None, today)?), true)?;
    let devices = engine::coverage(&loaded.site, &loaded.snapshot).map_err(too_large)?;
    if args.json {
        json(&devices, out)?;
        return Ok(OK);
    }
    for device in &devices {
        let used = device.lines.iter().filter(|l| !l.pairs.is_empty()).count();
        writeln!(
            out,
            "{}（{}）：{} 行のうち {used} 行に領域の間の通信が届きます",
            device.device,
            device.file,
            device.lines.len()
        )?;
        for line in &device.lines {
            let what = match (line.pairs.is_empty(), line.permits, line.registered.is_empty()) {
                (true, ..) => "どの領域の通信も届きません".to_owned(),
                (false, true, true) => format!("{}（特定通信の登録なし）", line.pairs.join("、")),
                (false, true, false) => {
                    format!("{}（{}）", line.pairs.join("、"), line.registered.join("、"))
                }
                (false, false, _) => format!("{}（止める）", line.pairs.join("、")),
            };
            writeln!(out, "  {} 行目 {}：{what}", line.line, line.label)?;
        }
    }
    Ok(OK)
}

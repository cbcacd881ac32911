//! What surrounds every page: who is here, where in the portal, which way back.

use crate::error::PortalError;
use askama::Template;
use axum::response::Html;

/// One entry of the main navigation.
#[derive(Clone, Debug)]
pub struct NavItem {
    pub href: &'static str,
    pub words: &'static str,
    /// Things waiting there; 0 is not printed.
    pub count: usize,
    pub here: bool,
}

/// The frame of one page.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    pub city: String,
    pub notice: Option<String>,
    /// 情報政策課 佐藤; `None` before log-in.
    pub me: Option<String>,
    pub nav: Vec<NavItem>,
    /// The heading; asks the question the page answers.
    pub title: String,
    /// (address, words) from the top down, without the page itself.
    pub crumbs: Vec<(String, String)>,
    /// What the last action achieved.
    pub done: Option<&'static str>,
}

impl Shell {
    /// The main screens, in the order of a working day.
    pub const NAV: [(&'static str, &'static str); 10] = [
        ("/tasks", "やること"),
        ("/", "方針の実施状況"),
        ("/decisions", "決裁"),
        ("/requirements", "要求事項"),
        ("/documents", "文書"),
        ("/registers", "台帳"),
        ("/network", "ネットワーク"),
        ("/sections", "体制"),
        ("/ledger", "証跡"),
        ("/start", "はじめる"),
    ];

    pub fn titled(mut self, title: impl Into<String>) -> Shell {
        self.title = title.into();
        self
    }

    pub fn crumb(mut self, href: impl Into<String>, words: impl Into<String>) -> Shell {
        self.crumbs.push((href.into(), words.into()));
        self
    }
}

/// A page's answer.
pub type Page = Result<Html<String>, PortalError>;

/// Fills a template.
pub fn page(template: &impl Template) -> Page {
    Ok(Html(template.render()?))
}

//! One Chromium without a window, driven through chromedriver. Each test has its own.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long a page may take to show what a test waits for. Far above what it needs: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// Programs without which the browser tests cannot run.
pub(crate) fn missing() -> Option<&'static str> {
    ["chromedriver", "chromium", "pdfinfo", "pdftotext"].into_iter().find(|program| {
        let mut command = std::process::Command::new(program);
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
    })
}

pub(crate) struct Browser {
    client: Client,
    driver: Child,
    /// Chromium itself, which outlives a driver that is killed.
    process: Option<i64>,
    _profile: TempDir,
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").finish_non_exhaustive()
    }
}

impl Browser {
    pub(crate) async fn start(javascript: bool) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let port = port(&mut driver).await;
        let capabilities = capabilities(profile.path(), javascript);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        let process = client.capabilities().and_then(|c| c.get("goog:processID")).and_then(Value::as_i64);
        Browser { client, driver, process, _profile: profile }
    }

    /// Ends the browser and its driver. A test that fails leaves that to `drop`.
    pub(crate) async fn close(mut self) {
        self.client.clone().close().await.unwrap();
        self.process = None;
        self.driver.kill().await.unwrap();
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Path and query of the page that is shown.
    pub(crate) async fn here(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url[url::Position::BeforePath..].to_owned()
    }

    pub(crate) async fn heading(&self) -> String {
        self.text("h1").await
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// The whole page as a reader sees it.
    pub(crate) async fn body(&self) -> String {
        self.text("body").await
    }

    /// Waits until the page has the element.
    pub(crate) async fn find(&self, css: &str) -> Element {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("no {css} on {}: {error}\n{}", self.here().await, self.source().await),
        }
    }

    pub(crate) async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    pub(crate) async fn source(&self) -> String {
        self.client.source().await.unwrap()
    }

    /// Types into a field, as a person does; a date field is set, because how it is typed depends on the language.
    pub(crate) async fn fill(&self, name: &str, value: &str) {
        let field = self.find(&format!("[name='{name}']")).await;
        match field.attr("type").await.unwrap().as_deref() {
            Some("date") => {
                let args = vec![serde_json::to_value(&field).unwrap(), json!(value)];
                self.client.execute("arguments[0].value = arguments[1]", args).await.unwrap();
            }
            Some("file") => field.send_keys(value).await.unwrap(),
            _ => {
                field.clear().await.unwrap();
                field.send_keys(value).await.unwrap();
            }
        }
    }

    /// Chooses from a list by a part of its words.
    pub(crate) async fn choose(&self, name: &str, words: &str) {
        let list = self.find(&format!("select[name='{name}']")).await;
        for option in list.find_all(Locator::Css("option")).await.unwrap() {
            if option.text().await.unwrap().contains(words) {
                return option.click().await.unwrap();
            }
        }
        panic!("{name} has no choice 「{words}」 on {}", self.here().await);
    }

    /// Presses what `css` names and waits until another document has taken the place of this one.
    pub(crate) async fn press(&self, css: &str) {
        let old = self.find("html").await;
        self.find(css).await.click().await.unwrap();
        self.gone(&old).await;
        self.find("main h1").await;
    }

    /// Presses the link with these words.
    pub(crate) async fn follow(&self, words: &str) {
        let old = self.find("html").await;
        let link = self.client.wait().at_most(PATIENCE).for_element(Locator::LinkText(words)).await;
        let Ok(link) = link else { panic!("no link 「{words}」 on {}", self.here().await) };
        link.click().await.unwrap();
        self.gone(&old).await;
        self.find("main h1").await;
    }

    /// An element of a document that was replaced answers with an error: that is the event waited for.
    async fn gone(&self, old: &Element) {
        let replaced = async {
            while old.tag_name().await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(PATIENCE, replaced).await.is_err() {
            panic!("{} is still there\n{}", self.here().await, self.source().await);
        }
    }

    /// Types into whatever has the focus.
    pub(crate) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Presses Tab until the element has the focus, as somebody without a pointer does.
    pub(crate) async fn tab_to(&self, css: &str) {
        /// No page has more stops than this before its own form.
        const STOPS: usize = 200;
        for _ in 0..STOPS {
            self.keys("\u{e004}").await;
            let there = format!("return document.activeElement === document.querySelector(\"{css}\")");
            if self.script(&there).await == Value::Bool(true) {
                return;
            }
        }
        panic!("Tab does not lead to {css} on {}", self.here().await);
    }

    /// Presses Enter on what has the focus and waits for the next document.
    pub(crate) async fn enter(&self) {
        let old = self.find("html").await;
        self.keys("\u{e007}").await;
        self.gone(&old).await;
        self.find("main h1").await;
    }

    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Runs a script that calls its last argument when it is done.
    pub(crate) async fn script_async(&self, script: &str) -> Value {
        self.client.execute_async(script, vec![]).await.unwrap()
    }

    pub(crate) async fn paths(&self) -> Vec<String> {
        let links = "return [...document.links].map(a => a.getAttribute('href'))";
        let links = self.script(links).await;
        links.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A command of the DevTools protocol.
    pub(crate) async fn devtools(&self, command: &'static str, params: Value) -> Value {
        self.client.issue_cmd(DevTools { command, params }).await.unwrap()
    }

    /// A page as wide as a screen of this many CSS pixels.
    pub(crate) async fn width(&self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Nothing has to be moved sideways to be read.
    pub(crate) async fn fits(&self) {
        let excess = self.script("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(excess.as_i64().unwrap() <= 0, "{} is {excess} pixels too wide", self.here().await);
    }

    /// A picture of the whole page.
    pub(crate) async fn picture(&self, name: &str) {
        use base64::Engine as _;
        let all = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.devtools("Page.captureScreenshot", all).await;
        let png = base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().unwrap());
        std::fs::write(out(&format!("{name}.png")), png.unwrap()).unwrap();
    }

    /// Prints the page on A4 and returns where the PDF lies.
    pub(crate) async fn print(&self, name: &str) -> PathBuf {
        use fantoccini::wd::{PrintConfiguration, PrintSize};
        let paper = PrintConfiguration::builder().size(PrintSize::A4).build().unwrap();
        let path = out(&format!("{name}.pdf"));
        std::fs::write(&path, self.client.print(paper).await.unwrap()).unwrap();
        path
    }

    /// The accessibility tree as a screen reader walks it, one line a node.
    pub(crate) async fn tree(&self) -> String {
        let tree = self.devtools("Accessibility.getFullAXTree", json!({})).await;
        crate::pages::outline(tree["nodes"].as_array().unwrap())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(process) = self.process {
            let _ = std::process::Command::new("kill").arg(process.to_string()).status();
        }
    }
}

/// What a program prints; a program that fails fails the test.
pub(crate) fn said_of(command: &mut std::process::Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Where results to look at are left.
pub(crate) fn out(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}

async fn port(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(at) = line.find("successfully on port ") {
            let digits: String =
                line[at + "successfully on port ".len()..].chars().take_while(char::is_ascii_digit).collect();
            // The driver writes on; somebody must read, or it stops.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return digits.parse().unwrap();
        }
    }
    panic!("chromedriver ended before it listened");
}

fn capabilities(profile: &Path, javascript: bool) -> fantoccini::wd::Capabilities {
    let mut prefs =
        json!({"intl.accept_languages": "ja", "download.default_directory": out("").to_string_lossy()});
    if !javascript {
        prefs["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    let args = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--lang=ja",
        "--window-size=1280,1000",
        &format!("--user-data-dir={}", profile.display()),
    ]
    .map(str::to_owned);
    let all = json!({"browserName": "chrome", "goog:chromeOptions": {"args": args, "prefs": prefs}});
    all.as_object().unwrap().clone()
}

#[derive(Debug)]
struct DevTools {
    command: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"cmd": self.command, "params": self.params}).to_string()))
    }
}

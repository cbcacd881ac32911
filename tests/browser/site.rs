//! An empty city's portal, served on a port of its own by this process.

use std::net::SocketAddr;

use sekisho::data::{Data, FORMAT, Settings};
use sekisho::housekeeping;
use sekisho_domain::access::Who;
use sekisho_domain::clock::{Clock as _, Ms};
use sekisho_domain::factor::Method;
use sekisho_domain::role::Role;
use sekisho_identity::Identity;
use sekisho_portal::{App, Config, credential};
use sekisho_store::Actor;
use sekisho_store::ledger::Sequencer;
use sekisho_store::object::Objects;
use sekisho_store::session::NewSession;
use serde_json::json;
use testkit::World;
use tokio::task::JoinHandle;

use crate::chrome::Browser;

#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) world: World,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    /// Whether the browser of this test runs scripts; names its results.
    pub(crate) javascript: bool,
    /// The one-time password of [`sekisho::admin::FIRST_LOGIN`].
    pub(crate) first_password: String,
    pub(crate) app: App,
    tasks: Vec<JoinHandle<()>>,
}

impl Site {
    /// What `sekisho serve` makes of an empty directory, on the database of this test run.
    pub(crate) async fn start(javascript: bool) -> Site {
        Site::start_with(javascript, None).await
    }

    /// The same, in a city whose own peers vouch for people.
    pub(crate) async fn start_with(javascript: bool, identity: Option<Identity>) -> Site {
        let world = World::new().await;
        let settings = Settings {
            format: FORMAT,
            city: "さくら坂市".to_owned(),
            origin: "sekisho.example/test".to_owned(),
            database: None,
            demo: false,
            sign_in: None,
            mail: None,
            keepers: None,
        };
        let city = settings.city.clone();
        let data = Data { dir: world.data.clone(), settings, store: world.store.clone() };
        sekisho::admin::first_account(&data).await.unwrap();
        let first_password =
            sekisho::serve::one_time_password(&world.store, sekisho::admin::FIRST_LOGIN).await.unwrap();
        let sequencer = Sequencer::open(&world.store, &world.data).await.unwrap();
        let objects = Objects::at(world.data.join("objects"));
        let drop_folder = world.data.join(sekisho::serve::DROP_FOLDER);
        let sealer = tokio::spawn(housekeeping::seal(world.store.clone(), sequencer.clone()));
        let keeper = tokio::spawn(housekeeping::keep(world.store.clone(), objects.clone(), drop_folder));
        let config = Config { city, ..Config::default() };
        let mut app = App::new(world.store.clone(), config, objects, sequencer);
        if let Some(identity) = identity {
            app = app.with_identity(identity);
        }
        let kept = app.clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = sekisho_portal::router(app, sekisho_portal::Entrance::Whole)
            .into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Site { world, url, javascript, first_password, app: kept, tasks: vec![sealer, keeper, server] }
    }

    /// Somebody with an account and a seat; returns who they are.
    pub(crate) async fn person(&self, name: &str, role: Role, unit: &str) -> Who {
        let who = self.world.person(name, role, unit).await;
        let mut tx = self.world.store.write(&Actor::system(), "account.create").await.unwrap();
        tx.create_account(&who.person_id, name, false).await.unwrap();
        tx.commit().await.unwrap();
        who
    }

    /// Gives the browser the cookie of a fresh session, where the log-in itself is not what a test is about.
    pub(crate) async fn sign_in(&self, browser: &Browser, who: &Who) {
        let store = &self.world.store;
        let accounts = store.db.accounts("", 1_000).await.unwrap();
        let account = accounts.into_iter().find(|a| a.person_id == who.person_id).unwrap();
        let (token, hash) = credential::new_token(&*store.entropy);
        let new = NewSession {
            account_id: &account.account_id,
            token_sha256: &hash,
            stage: "full",
            agent: "browser",
            shown: &[Method::Password, Method::Totp],
            stepped_up: true,
            replaces: None,
        };
        store.open_session(new).await.unwrap();
        let cookie = json!({"name": "sekisho", "value": token, "url": self.url, "httpOnly": true});
        browser.devtools("Network.setCookie", cookie).await;
    }

    /// Lets half a minute pass, so that an authenticator shows its next code.
    pub(crate) fn next_code(&self) {
        self.world.clock.set(self.world.clock.now().plus(30 * Ms::SECOND));
    }

    /// Returns when every change so far has been judged and sealed.
    pub(crate) async fn settled(&self) {
        let patience = std::time::Duration::from_secs(30);
        let settled = async {
            loop {
                let marks = self.world.db().dirty(1).await.unwrap().len();
                if marks == 0 && self.world.db().ledger_head().await.unwrap().pending == 0 {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(patience, settled).await.expect("the keeper catches up");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

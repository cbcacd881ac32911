//! An empty city's portal, served on a port of its own by this process.

use std::net::SocketAddr;

use sekisho::data::{Data, FORMAT, Settings};
use sekisho_domain::clock::{Clock as _, Ms};
use sekisho_portal::{App, Config};
use sekisho_store::ledger::Sequencer;
use sekisho_store::object::Objects;
use testkit::World;
use tokio::task::JoinHandle;

#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) world: World,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    /// Whether the browser of this test runs scripts; names its results.
    pub(crate) javascript: bool,
    /// The one-time password of [`sekisho::admin::FIRST_LOGIN`].
    pub(crate) first_password: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Site {
    /// What `sekisho serve` makes of an empty directory, on the database of this test run.
    pub(crate) async fn start(javascript: bool) -> Site {
        let world = World::new().await;
        let settings = Settings {
            format: FORMAT,
            city: "さくら坂市".to_owned(),
            origin: "sekisho.example/test".to_owned(),
            database: None,
            demo: false,
            sign_in: None,
            mail: None,
        };
        let city = settings.city.clone();
        let data = Data { dir: world.data.clone(), settings, store: world.store.clone() };
        sekisho::admin::first_account(&data).await.unwrap();
        let first_password =
            sekisho::serve::one_time_password(&world.store, sekisho::admin::FIRST_LOGIN).await.unwrap();
        let sequencer = Sequencer::open(&world.store, &world.data).await.unwrap();
        let objects = Objects::at(world.data.join("objects"));
        let drop_folder = world.data.join(sekisho::serve::DROP_FOLDER);
        let keeper =
            sekisho::serve::keep(world.store.clone(), sequencer.clone(), objects.clone(), drop_folder);
        let keeper = tokio::spawn(keeper);
        let config = Config { city, ..Config::default() };
        let app = App::new(world.store.clone(), config, objects, sequencer);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = sekisho_portal::router(app, sekisho_portal::Entrance::Whole)
            .into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Site { world, url, javascript, first_password, tasks: vec![keeper, server] }
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

//! A bare actix-web over PostgreSQL: the latest 50 documents of a person by keyset, joined into one answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, HttpResponse, HttpServer, web};
use tokio_postgres::{Client, Statement};

use crate::figures::{Failure, connect, records};

const PERSONS: usize = 1_000;
const EACH: usize = 60;
const CONNECTIONS: usize = 8;

struct Pool {
    clients: Vec<(Client, Statement)>,
    next: AtomicUsize,
}

pub async fn run(database: &str, listen: &str, file: Option<&str>) -> Result<(), Failure> {
    if let Some(file) = file {
        fill(database, file).await?;
    }
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let client = connect(database).await?;
        let statement = client
            .prepare("SELECT document FROM bench_page WHERE person = $1 ORDER BY purchased_at DESC, id DESC LIMIT 50")
            .await?;
        clients.push((client, statement));
    }
    let pool = web::Data::from(Arc::new(Pool { clients, next: AtomicUsize::new(0) }));
    eprintln!("bare: {listen}");
    let listen = listen.to_owned();
    let served = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            HttpServer::new(move || App::new().app_data(pool.clone()).route("/v1/purchases", web::get().to(page)))
                .workers(2)
                .bind(listen)?
                .run()
                .await
        })
    });
    tokio::task::spawn_blocking(move || served.join()).await?.map_err(|_| "the server panicked")??;
    Ok(())
}

async fn page(pool: web::Data<Pool>) -> HttpResponse {
    let turn = pool.next.fetch_add(1, Ordering::Relaxed);
    let (client, statement) = &pool.clients[turn % CONNECTIONS];
    let person = (turn % PERSONS) as i32;
    match client.query(statement, &[&person]).await {
        Ok(rows) => {
            let mut body = String::with_capacity(128 << 10);
            body.push_str("{\"data\":[");
            for (index, row) in rows.iter().enumerate() {
                if index > 0 {
                    body.push(',');
                }
                body.push_str(row.get(0));
            }
            body.push_str("]}");
            HttpResponse::Ok().content_type("application/json").body(body)
        }
        Err(error) => HttpResponse::InternalServerError().body(format!("{error}")),
    }
}

/// Orders of the file, dealt out to persons in turn; the same bytes as the service serves, near enough.
async fn fill(database: &str, file: &str) -> Result<(), Failure> {
    let client = connect(database).await?;
    client
        .batch_execute(
            "DROP TABLE IF EXISTS bench_page; CREATE TABLE bench_page (person int, purchased_at bigint, id int, \
             document text COMPRESSION lz4 NOT NULL, PRIMARY KEY (person, purchased_at, id))",
        )
        .await?;
    let insert = client.prepare("INSERT INTO bench_page VALUES ($1, $2, $3, $4)").await?;
    client.batch_execute("BEGIN").await?;
    let orders = records(file)?.filter(|(_, event)| event.contains("order.recorded"));
    for (number, (_, event)) in orders.take(PERSONS * EACH).enumerate() {
        let data: serde_json::Value = serde_json::from_str(&event)?;
        let document = data["data"].to_string();
        client
            .execute(&insert, &[&((number % PERSONS) as i32), &(number as i64), &(number as i32), &document])
            .await?;
    }
    client.batch_execute("COMMIT; ANALYZE bench_page").await?;
    Ok(())
}

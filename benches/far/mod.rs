//! A platform far away: every answer comes late.

use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Passes bytes on to `server`, each answer `latency` late, as a platform far away would; gives its own address.
pub(crate) async fn far_away(server: String, latency: Duration) -> std::io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass_on(client, server.clone(), latency));
        }
    });
    Ok(address)
}

async fn pass_on(client: TcpStream, server: String, latency: Duration) -> std::io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let back = tokio::spawn(async move {
        let mut piece = vec![0; 64 * 1024];
        loop {
            let length = from_server.read(&mut piece).await?;
            if length == 0 {
                return Ok::<(), std::io::Error>(());
            }
            tokio::time::sleep(latency).await;
            to_client.write_all(&piece[..length]).await?;
        }
    });
    tokio::io::copy(&mut from_client, &mut to_server).await?;
    to_server.shutdown().await?;
    back.await.map_err(std::io::Error::other)?
}

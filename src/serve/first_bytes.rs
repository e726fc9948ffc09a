//! A limit on the time until a connection says which version of HTTP it speaks.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use crate::limits::{SERVE_HEAD_TIMEOUT, SERVE_WRITE_TIMEOUT};

/// The first bytes of HTTP/2 ([RFC 9113 §3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection whose first bytes must come soon. The server itself limits the time for what follows.
pub(super) struct FirstBytes<S> {
    stream: S,
    /// How many bytes of the preface came, and until when the next ones must; `None` once the version is clear.
    waiting: Option<(usize, Pin<Box<Sleep>>)>,
    /// Until when the peer must take more of what is sent to it.
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> FirstBytes<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, waiting: Some((0, Box::pin(sleep(SERVE_HEAD_TIMEOUT)))), writing: None }
    }
}

impl<S> FirstBytes<S> {
    /// Limits the time in which nothing is taken.
    fn written<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing = None;
            return written;
        }
        let deadline = self.writing.get_or_insert_with(|| Box::pin(sleep(SERVE_WRITE_TIMEOUT)));
        deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Some((matched, deadline)) = &mut self.waiting else { return read };
        if read.is_pending() {
            return deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()));
        }
        let come = buffer.filled().get(before..).unwrap_or_default();
        let expected = PREFACE.get(*matched..).unwrap_or_default();
        let length = come.len().min(expected.len());
        let is_preface = come.get(..length) == expected.get(..length);
        *matched += length;
        if !is_preface || *matched == PREFACE.len() {
            self.waiting = None;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(written, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.written(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::{Duration, advance},
    };

    use super::*;

    /// Sends these bytes, waits for longer than the limit, and returns whether the connection is still served.
    async fn survives(sent: &[u8]) -> bool {
        let (client, server) = duplex(1_024);
        let (mut client, mut server) = (client, FirstBytes::new(server));
        client.write_all(sent).await.unwrap();
        let mut received = vec![0; sent.len()];
        server.read_exact(&mut received).await.unwrap();
        assert_eq!(received, sent);
        let waiting = tokio::spawn(async move { server.read_u8().await });
        tokio::task::yield_now().await;
        advance(SERVE_HEAD_TIMEOUT + Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
        // A connection that was cut off does not get this byte.
        drop(client.write_all(b"x").await);
        waiting.await.unwrap().is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_does_not_say_its_version_is_cut_off() {
        for (sent, survived) in [
            (&b""[..], false),
            (b"P", false),
            (b"PRI * HTTP/2.0", false),
            (PREFACE, true),
            (b"G", true),
            (b"POST / HTTP/1.1", true),
        ] {
            assert_eq!(survives(sent).await, survived, "{}", String::from_utf8_lossy(sent));
        }
    }
}

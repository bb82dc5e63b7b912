//! Files in other codings, made in the background, once for each file.

use std::collections::HashSet;
use std::ops::ControlFlow;

use bytes::BytesMut;

use super::coding::Coding;
use super::content::{Trouble, Verified, Wanted};
use super::live::Live;
use super::{Server, variants};

impl Server {
    /// Makes what isn't there yet of the site's deploy: each file that is worth it, in each coding. Content is read and compared as
    /// for a visitor. Gives how many were made; ends early when the site has moved on.
    pub async fn compress(&self, live: &Live) -> usize {
        let (mut made, mut seen) = (0, HashSet::new());
        for file in live.manifest().files().values() {
            if !variants::is_worth_it(&file.media_type, file.size) || !seen.insert(file.sha256) {
                continue;
            }
            let is_live = self
                .numbers(live.host())
                .is_some_and(|(newest, _)| newest == live.number());
            if !is_live {
                break;
            }
            let wanted = Wanted::new(file.sha256, file.size);
            match compress_one(&self.verified, live, &wanted).await {
                ControlFlow::Continue(more) => made += more,
                ControlFlow::Break(()) => break,
            }
        }
        made
    }

    /// Compresses the deploy that the publishers of each site want, one after the other.
    pub async fn compress_newest(&self, host: &crate::Host) -> usize {
        match self.table.site(host) {
            Some(site) => self.compress(&site.newest).await,
            None => 0,
        }
    }
}

async fn compress_one(verified: &Verified, live: &Live, file: &Wanted) -> ControlFlow<(), usize> {
    let site = live.host();
    let mut made = 0;
    let mut plain = None;
    for coding in Coding::ALL {
        if verified.coded(site, file, coding).await.is_some() {
            continue;
        }
        let bytes = match &plain {
            Some(bytes) => bytes,
            None => match whole(verified, live, file).await {
                Ok(bytes) => &*plain.insert(bytes.freeze()),
                // Whoever asks for the file finds out; here nothing is made of it.
                Err(Trouble::Damaged) => return ControlFlow::Continue(made),
                Err(Trouble::Unavailable(_)) => return ControlFlow::Break(()),
            },
        };
        let given = bytes.clone();
        let coded = tokio::task::spawn_blocking(move || variants::encode(coding, &given)).await;
        let Ok(Ok(Some(coded))) = coded else { continue };
        match verified.keep_coded(site, file, coding, coded).await {
            Ok(()) => made += 1,
            Err(error) => {
                tracing::warn!(%site, %error, "a compressed file can't be kept");
                return ControlFlow::Break(());
            }
        }
    }
    ControlFlow::Continue(made)
}

async fn whole(verified: &Verified, live: &Live, file: &Wanted) -> Result<BytesMut, Trouble> {
    let mut whole = BytesMut::new();
    while (whole.len() as u64) < file.size {
        let (number, _) = file.piece_at(whole.len() as u64);
        whole.extend_from_slice(&verified.piece(live.host(), file, number).await?);
    }
    Ok(whole)
}

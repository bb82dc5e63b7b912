//! Who exercises, and where.

use std::sync::Arc;

use amana_access::{Caller, Error as AccessError, Lesson, School, Session};
use amana_vault::{BucketName, BucketOptions, Error as VaultError, Versioning};

use crate::{Console, Error, Result};

/// A person in the own open sandbox.
pub(super) struct Trainee {
    pub(super) session: Arc<Session>,
    pub(super) school: School,
    pub(super) caller: Caller,
}

impl Trainee {
    /// Who is signed in, in the own open sandbox.
    pub(super) async fn of(console: &Arc<Console>, session: &Arc<Session>) -> Result<Self> {
        let asker = session.clone();
        let (school, caller) = console
            .ask(move |access| Ok(access.as_trainee(&asker)?))
            .await?;
        Ok(Self {
            session: session.clone(),
            school,
            caller,
        })
    }

    /// The same; nothing without an open sandbox.
    pub(super) async fn find(
        console: &Arc<Console>,
        session: &Arc<Session>,
    ) -> Result<Option<Self>> {
        match Self::of(console, session).await {
            Ok(trainee) => Ok(Some(trainee)),
            Err(Error::Access(AccessError::NoSchool)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The sandbox's bucket, which bears its name: nobody else's can.
    pub(super) fn bucket(&self) -> &str {
        self.school.name.as_str()
    }

    /// Refuses an exercise that was passed.
    pub(super) fn must_not_have(&self, lesson: Lesson) -> Result<()> {
        match self.school.passed(lesson) {
            Some(_) => Err(AccessError::LessonPassed.into()),
            None => Ok(()),
        }
    }

    /// Sees to it that the bucket is there and keeps versions. Whoever opened the sandbox may have been cut off in between.
    pub(super) async fn furnish(&self, console: &Console) -> Result<()> {
        let (vault, caller) = (&console.vault, &self.caller);
        let options = BucketOptions {
            open_reason: Some("Amana school: exercises".to_owned()),
            region: None,
            object_lock: false,
        };
        match vault
            .create_bucket(caller, BucketName::parse(self.bucket())?, options)
            .await
        {
            Ok(_) | Err(VaultError::BucketAlreadyOwnedByYou { .. }) => {}
            Err(other) => return Err(other.into()),
        }
        let bucket = vault
            .ask_bucket(caller, self.bucket(), amana_access::Right::Own)
            .await?;
        if bucket.versioning != Versioning::Enabled {
            vault
                .set_versioning(caller, self.bucket(), Versioning::Enabled)
                .await?;
        }
        Ok(())
    }

    /// Records that an exercise was passed.
    pub(super) async fn pass(
        &self,
        console: &Console,
        lesson: Lesson,
        entry: Option<u64>,
        sha256: Option<String>,
    ) -> Result<String> {
        let passed = console
            .access
            .pass_lesson(&self.school, lesson, entry, sha256);
        Ok(passed.await?)
    }
}

/// Of a sandbox: the exercises that it sets are drawn by its random id.
pub(super) fn lot(school: &School, label: &str) -> [u8; 32] {
    use sha2::Digest as _;
    let mut hash = sha2::Sha256::new();
    hash.update(b"amana/school/v1\0");
    hash.update(label.as_bytes());
    hash.update(b"\0");
    hash.update(school.canonical_id.as_bytes());
    hash.finalize().into()
}

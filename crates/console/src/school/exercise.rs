//! What the pages of all exercises have in common.

use std::sync::Arc;

use amana_access::{Lesson, PassedLesson, Session};
use axum::response::{IntoResponse, Redirect, Response};

use super::answer::{Asked, Miss};
use super::trainee::Trainee;
use crate::account::me::seconds;
use crate::frame::Frame;
use crate::texts::Texts;
use crate::{Console, Language, Result, menu};

/// An exercise, and who is at it.
pub(super) struct Exercise {
    pub(super) trainee: Trainee,
    lesson: Lesson,
    miss: Option<Miss>,
}

impl Exercise {
    pub(super) fn new(trainee: Trainee, lesson: Lesson, miss: Option<Miss>) -> Self {
        Self {
            trainee,
            lesson,
            miss,
        }
    }

    /// Of who is signed in; nothing without an open sandbox.
    pub(super) async fn find(
        console: &Arc<Console>,
        session: &Arc<Session>,
        lesson: Lesson,
        asked: &Asked,
    ) -> Result<Option<Self>> {
        let trainee = Trainee::find(console, session).await?;
        Ok(trainee.map(|trainee| Self::new(trainee, lesson, asked.miss())))
    }

    /// The frame of its page.
    pub(super) fn frame(&self, language: Language) -> Frame {
        let texts = language.texts();
        let title = (texts.school.lesson)(self.lesson);
        menu::frame(texts, &self.trainee.session, "/school", title)
    }

    /// The token of its forms.
    pub(super) fn token(&self) -> &str {
        &self.trainee.session.form_token
    }

    /// Its number, from 1.
    pub(super) fn number(&self) -> usize {
        let place = Lesson::ALL.iter().position(|one| *one == self.lesson);
        place.map_or(0, |place| place + 1)
    }

    /// What is known of it once it was passed.
    pub(super) fn passed(&self) -> Option<&PassedLesson> {
        self.trainee.school.passed(self.lesson)
    }

    /// Whether another one was.
    pub(super) fn has(&self, lesson: Lesson) -> bool {
        self.trainee.school.passed(lesson).is_some()
    }

    /// When it was passed.
    pub(super) fn moment(&self, texts: &Texts, passed: &PassedLesson) -> String {
        texts.moment(&seconds(passed.at_ms))
    }

    /// What it teaches.
    pub(super) fn learned(&self, texts: &Texts) -> &'static str {
        (texts.school.learned)(self.lesson)
    }

    /// What it is about.
    pub(super) fn about(&self, texts: &Texts) -> &'static str {
        (texts.school.about)(self.lesson)
    }

    /// Why the last try didn't pass.
    pub(super) fn told(&self, texts: &Texts) -> Option<&'static str> {
        self.miss.map(texts.school.missed)
    }

    /// The first one that wasn't passed yet, and its name.
    pub(super) fn next(&self, texts: &Texts) -> Option<(&'static str, &'static str)> {
        let open = Lesson::ALL.into_iter().find(|one| !self.has(*one))?;
        Some((open.as_str(), (texts.school.lesson)(open)))
    }
}

/// Where somebody without an open sandbox is led to.
pub(super) fn outside() -> Response {
    Redirect::to("/school").into_response()
}

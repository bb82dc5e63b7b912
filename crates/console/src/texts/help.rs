//! Words of the help pages.

/// The page's words.
pub struct HelpWords {
    /// Title.
    pub title: &'static str,
    /// Whom it is for.
    pub lead: &'static str,
    /// At a gateway, before the data centre's address: the pages that are named are there.
    pub at_gateway: &'static str,
    /// Name of the list of topics.
    pub contents: &'static str,
    /// The topics, in the order of somebody's first weeks.
    pub topics: [Topic; 12],
}

/// One thing that people want to do.
pub struct Topic {
    /// Its anchor, the same in every language, so that pages link to it.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What to know and what to do, paragraph by paragraph.
    pub text: &'static [&'static str],
    /// What to type, if it is done by typing.
    pub commands: &'static [&'static str],
}

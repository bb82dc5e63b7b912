//! Words of the page about room on the disk.

/// Those words.
pub struct CapacityWords {
    /// Menu and title.
    pub title: &'static str,
    /// Heading: room.
    pub room: &'static str,
    /// Where it can't be told.
    pub unknown: &'static str,
    /// Free, of how much, in percent.
    pub free_of: fn(&str, &str, u64) -> String,
    /// Heading: the forecast.
    pub forecast: &'static str,
    /// What it grows by a day.
    pub growth: &'static str,
    /// The rate, the least and the most.
    pub growth_told: fn(&str, &str, &str) -> String,
    /// When it is full.
    pub full: &'static str,
    /// The day, the earliest and the latest.
    pub full_told: fn(&str, &str, &str) -> String,
    /// It isn't full within ten years.
    pub never: &'static str,
    /// Beyond ten years.
    pub beyond: &'static str,
    /// How sure it is.
    pub trust: &'static str,
    /// Sure.
    pub trust_good: &'static str,
    /// A guide.
    pub trust_rough: &'static str,
    /// Not to be trusted.
    pub trust_none: &'static str,
    /// How sure, from so many samples over so many days.
    pub made_of: fn(&str, u64, u64) -> String,
    /// By what method.
    pub method: &'static str,
    /// Too few samples.
    pub too_early: &'static str,
    /// Title of the drawing.
    pub plot: &'static str,
    /// What the drawing shows, in words.
    pub plot_told: &'static str,
    /// Caption of the table.
    pub samples: &'static str,
    /// Column: the day.
    pub day: &'static str,
    /// Column: bytes used.
    pub used: &'static str,
}

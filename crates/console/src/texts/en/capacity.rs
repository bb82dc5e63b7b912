//! Room on the disk.

use crate::texts::capacity::CapacityWords;

pub(crate) const WORDS: CapacityWords = CapacityWords {
    title: "Capacity",
    room: "Room on the disk",
    unknown: "The size of the disk isn’t known.",
    free_of: |free, size, percent| format!("{free} free of {size} ({percent}%)"),
    forecast: "Forecast",
    growth: "Growth a day",
    growth_told: |rate, least, most| {
        format!("{rate} (between {least} and {most}, 95 times in 100)")
    },
    full: "Disk full",
    full_told: |day, earliest, latest| {
        format!("{day} (at the earliest {earliest}, at the latest {latest})")
    },
    never: "Not within ten years at this pace",
    beyond: "more than ten years ahead",
    trust: "How sure",
    trust_good: "good",
    trust_rough: "rough: a guide, no more",
    trust_none: "none: use goes up and down more than it grows",
    made_of: |trust, samples, days| format!("{trust} ({samples} samples over {days} days)"),
    method: "A straight line by least squares through the samples of the last 90 days; the interval is two standard errors. A large deposit that is yet to come isn’t in it.",
    too_early: "Too early to tell: it takes at least four samples over three days. The data centre takes one a day.",
    plot: "Room used, from nothing to the whole disk",
    plot_told: "The line goes from the first sample, on the left, to the last, on the right; the rule at the top is the size of the disk. The table below gives the same numbers.",
    samples: "Samples, the newest first",
    day: "Day",
    used: "Used",
};

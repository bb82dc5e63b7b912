//! A plot as SVG: bars, one a day, coloured by the stylesheet alone, with a title and a description; the numbers stand in a table
//! beside it.

/// Where the bars stand, in the plot's own units.
const WIDTH: u64 = 900;
const HEIGHT: u64 = 160;

/// A bar.
pub(crate) struct Bar {
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) width: u64,
    pub(crate) height: u64,
}

/// A plot.
pub(crate) struct Plot {
    /// Id of its title; its description's ends in `-told`.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) told: String,
    /// The largest value, in words.
    pub(crate) top: String,
    pub(crate) from: String,
    pub(crate) to: String,
    values: Vec<u64>,
    /// A line that the bars must stay below.
    most: Option<u64>,
}

impl Plot {
    pub(crate) fn new(id: &'static str, title: &'static str, values: Vec<u64>) -> Self {
        Self {
            id,
            title,
            told: String::new(),
            top: String::new(),
            from: String::new(),
            to: String::new(),
            values,
            most: None,
        }
    }

    pub(crate) fn largest(&self) -> u64 {
        self.values.iter().copied().max().unwrap_or_default()
    }

    /// With a line that the bars must stay below.
    pub(crate) fn below(self, most: Option<u64>) -> Self {
        Self { most, ..self }
    }

    /// The value of that line.
    pub(crate) fn most(&self) -> Option<u64> {
        self.most
    }

    /// What the plot's height stands for.
    fn scale(&self) -> u64 {
        self.largest().max(self.most.unwrap_or_default()).max(1)
    }

    /// Where that line runs, a little below the top edge at the least, so that it is seen.
    pub(crate) fn line(&self) -> Option<u64> {
        let most = u128::from(self.most?);
        let height = most * u128::from(HEIGHT) / u128::from(self.scale());
        let y = HEIGHT - u64::try_from(height).unwrap_or(HEIGHT);
        Some(y.clamp(1, HEIGHT - 1))
    }

    /// The bars. What isn't zero is seen, however small.
    pub(crate) fn bars(&self) -> Vec<Bar> {
        let (largest, count) = (u128::from(self.scale()), self.values.len().max(1) as u64);
        let step = WIDTH / count;
        let bar = |(place, value): (usize, &u64)| {
            let scaled = u128::from(*value) * u128::from(HEIGHT) / largest;
            let height = u64::try_from(scaled).unwrap_or(HEIGHT);
            let height = if *value > 0 { height.max(2) } else { 0 };
            Bar {
                x: place as u64 * step,
                y: HEIGHT - height,
                width: step.saturating_sub(1).max(1),
                height,
            }
        };
        let bars = self.values.iter().enumerate().map(bar);
        bars.filter(|bar| bar.height > 0).collect()
    }
}

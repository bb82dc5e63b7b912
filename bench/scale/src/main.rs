//! What acts, objects and epochs cost, and how that grows: the figures of `docs/scale.md`.

mod chart;
mod costs;
mod country;
mod gauge;
mod ground;
mod objects;
mod plots;
mod state;
mod witness;

use std::path::PathBuf;

use ground::Outcome;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().collect();
    let number = |at: usize, default| args.get(at).and_then(|n| n.parse().ok()).unwrap_or(default);
    let into = args
        .get(2)
        .map_or_else(|| PathBuf::from("docs/scale"), PathBuf::from);
    let folder = tempfile::tempdir_in(".")?;
    match args.get(1).map(String::as_str) {
        Some("plots") => plots::draw(&into),
        Some("objects") => {
            objects::run(
                folder.path(),
                number(3, 10_000_000),
                objects::Readings::MANY,
                &into.join("objects.json"),
            )
            .await
        }
        Some("costs") => costs::run(folder.path(), &into.join("costs.json")).await,
        Some("country") => {
            let most = number(3, 10_000);
            let sizes = [10, 50, 100, 500, 1_000, 2_500, 5_000, 10_000];
            let sizes: Vec<usize> = sizes.into_iter().filter(|size| *size <= most).collect();
            country::run(folder.path(), &sizes, &into.join("country.json")).await
        }
        Some("state") => state::make(&into, number(3, 10_000), number(4, 1_000_000)).await,
        _ => {
            println!("usage: bench-scale costs|objects|country|plots [INTO] [MOST]");
            println!("       bench-scale state FOLDER [INSTITUTIONS] [OBJECTS]");
            std::process::exit(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every measurement runs, and every chart is drawn, on a small scale.
    #[tokio::test]
    async fn a_thousand_objects_and_fifty_institutions_give_every_chart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let few = objects::Readings::FEW;
        objects::run(&at("objects"), 1000, few, &at("objects.json"))
            .await
            .unwrap();
        country::run(&at("country"), &[10, 50], &at("country.json"))
            .await
            .unwrap();
        std::fs::copy(at("country.json"), at("country-before.json")).unwrap();
        plots::draw(folder.path()).unwrap();
        for chart in ["objects", "objects-cold", "epochs", "witnesses"] {
            let svg = std::fs::read_to_string(at(&format!("{chart}.svg"))).unwrap();
            assert!(svg.contains("<title") && svg.matches("class=\"line").count() >= 5);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{chart}");
        }
    }
}

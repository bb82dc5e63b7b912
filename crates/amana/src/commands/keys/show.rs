//! `amana keys show`: who acts for the institution, by the newest keyring that this machine holds. Nothing in it is secret.

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::Home;
use crate::gateway::held_keyring::HeldKeyring;
use crate::gateway::institution::Institution;
use crate::output;

/// Show the keyring.
#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    home: Home,
}

impl Show {
    pub(crate) fn run(self) -> Result<()> {
        let folder = self.home.folder();
        let institution = Institution::of(&folder)?;
        let held = HeldKeyring::load(&folder, &institution)?;
        let keyring = held.keyring();
        let members: Vec<Value> = keyring
            .members
            .iter()
            .map(|(id, member)| {
                json!({
                    "id": id.to_string(),
                    "role": member.role.as_str(),
                    "kind": member.kind.as_str(),
                    "name": member.name,
                    "this_machine": id.to_string() == institution.member,
                })
            })
            .collect();
        let plan = &keyring.custodians.plan;
        let answer = json!({
            "institution": institution.name,
            "root": institution.root,
            "keyring": keyring.number,
            "epoch": keyring.epoch().number,
            "custodians": plan.to_string(),
            "set": keyring.custodians.set,
            "members": members,
            "enrolled": institution.enrolled.is_some(),
        });
        self.home.print(&answer, || {
            let mut text = format!(
                "institution      {}\nroot public key  {}\nkeyring          {}\nepoch            {}\ncustodians       {plan}, set \
                 {}\n\n{}",
                institution.name,
                institution.root,
                keyring.number,
                keyring.epoch().number,
                keyring.custodians.set,
                output::table(&members, &["id", "role", "kind", "name", "this_machine"]),
            );
            if plan.is_one_person() {
                text += "\n\nWARNING: one page alone is the root. Share it: amana keys reshare --custodians 3-of-5";
            }
            text
        })
    }
}

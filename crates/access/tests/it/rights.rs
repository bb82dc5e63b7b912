//! The table of rights: every cell decided, every role and operation there once.

use amana_access::{Operation, RIGHTS, Role, may};

#[test]
fn every_operation_has_one_row_and_its_own_name() {
    let mut names: Vec<String> = RIGHTS.iter().map(|row| row.operation.name()).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for row in RIGHTS {
        let json = serde_json::to_string(&row.operation).unwrap();
        assert_eq!(json, format!("\"{}\"", row.operation.name()));
        assert!(std::ptr::eq(
            row.operation.rights().operation.rights(),
            row.operation.rights()
        ));
    }
}

/// The whole table once more, by hand: director, focal point, custodian, auditor, operator; then support. A change of a
/// right changes this page too, and is seen.
#[test]
fn each_cell_was_decided() {
    let expected = "\
own-account         d f c a o  -
read-overview       d f c a -  s
list-buckets        d f - a -  s
manage-buckets      - f - - -  -
list-objects        d f - a -  s
read-objects        d f - - -  -
deposit             - f - - -  -
delete-objects      - f - - -  -
read-receipts       d f c a -  s
read-access-keys    d f - a -  s
manage-access-keys  - f - - -  -
read-officials      d f c a -  s
invite-officials    d f - - -  -
read-proposals      d f c a -  -
propose             d f c - -  -
approve             d f c - -  -
read-journal        d f - a -  s
read-custodians     d f c a -  s
record-drill        d - c - -  -
read-sites          d f - a -  s
manage-sites        - f - - -  -
read-usage          d f - a -  s
read-alerts         d f c a -  s
read-messages       d f - a -  -
write-messages      d f - - -  -
read-evidence       d f - a -  -
allow-support       d f - - -  -
learn               d f c a o  -
read-centre         - - - - o  -
list-institutions   - - - - o  -
manage-institutions - - - - o  -
read-capacity       - - - - o  -
read-health         - - - - o  -
answer-messages     - - - - o  -
read-staff          - - - - o  -
manage-staff        - - - - o  -
";
    let mut shown = String::new();
    for row in RIGHTS {
        let cell = |(letter, role): (char, Role)| {
            if may(role, row.operation) {
                letter
            } else {
                '-'
            }
        };
        let cells: Vec<String> = "dfcao"
            .chars()
            .zip(Role::ALL)
            .map(cell)
            .map(String::from)
            .collect();
        let support = if row.support { 's' } else { '-' };
        shown += &format!(
            "{:<19} {}  {support}\n",
            row.operation.name(),
            cells.join(" ")
        );
    }
    assert_eq!(shown, expected);
}

#[test]
fn the_operator_has_no_right_in_an_institutions_space() {
    for row in RIGHTS {
        let institutions = Role::ALL[..4].iter().any(|role| may(*role, row.operation));
        let operators = may(Role::Operator, row.operation);
        let shared = [Operation::OwnAccount, Operation::Learn].contains(&row.operation);
        assert!(shared || institutions != operators, "{:?}", row.operation);
        assert!(
            !row.support || (institutions && row.reads),
            "{:?}",
            row.operation
        );
    }
    assert!(!Operation::ReadObjects.rights().support);
}

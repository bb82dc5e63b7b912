"""The judge of histories is judged: what can't have happened is refused, and what can is not."""

import random

import pytest

from history import NEVER, History, Operation, explained, out_of_order, step


def put(asked, answered, value, verb="put", wanted=None, outcome="done", receipt=None):
    return Operation("k", verb, asked, value, wanted, answered, outcome, receipt)


def get(asked, answered, value):
    return Operation("k", "get", asked, value, None, answered, "done")


def delete(asked, answered, outcome="done", wanted=None):
    return Operation("k", "delete if there" if wanted else "delete", asked, None, wanted, answered, outcome)


RIGHT = {
    "one after the other": [put(0, 1, "a"), get(2, 3, "a"), delete(4, 5), get(6, 7, None)],
    "either of two at once": [put(0, 9, "a"), put(0, 9, "b"), get(10, 11, "a"), get(12, 13, "a")],
    "seen before it is answered": [put(0, 9, "a"), get(1, 2, "a")],
    "an unknown one happens late": [put(0, NEVER, "a", outcome=None), get(1, 2, None), get(5, 6, "a")],
    "an unknown one never happens": [put(0, NEVER, "a", outcome=None), get(1, 2, None), put(3, 4, "b", "put if new")],
    "an unknown one is in the way": [put(0, NEVER, "a", outcome=None), put(3, 4, "b", "put if new", outcome="refused")],
    "a condition that holds": [put(0, 1, "a"), put(2, 3, "b", "put if there", "a"), get(4, 5, "b")],
    "a condition that fails": [put(0, 1, "a"), put(2, 3, "b", "put if there", "c", "refused"), get(4, 5, "a")],
    "nothing to delete": [delete(0, 1, "nothing")],
}
WRONG = {
    "an old value": [put(0, 1, "a"), put(2, 3, "b"), get(4, 5, "a")],
    "a lost act": [put(0, 1, "a"), get(2, 3, None)],
    "what nobody put": [put(0, 1, "a"), get(2, 3, "b")],
    "before it was asked": [get(0, 1, "a"), put(2, 3, "a")],
    "back and forth": [put(0, 9, "a"), put(0, 9, "b"), get(10, 11, "a"), get(12, 13, "b")],
    "seen, and then not": [put(0, NEVER, "a", outcome=None), get(1, 2, "a"), get(3, 4, None)],
    "two first ones": [put(0, 9, "a", "put if new"), put(0, 9, "b", "put if new")],
    "one version replaced twice": [
        put(0, 1, "a"), put(2, 9, "b", "put if there", "a"), put(2, 9, "c", "put if there", "a"),
    ],
    "a condition refused that held": [put(0, 1, "a"), put(2, 3, "b", "put if there", "a", "refused")],
    "refused, and done": [put(0, 1, "a"), put(2, 3, "b", "put if new", outcome="refused"), get(4, 5, "b")],
    "deleted, and there": [put(0, 1, "a"), delete(2, 3), get(4, 5, "a")],
    "nothing, and there": [put(0, 1, "a"), delete(2, 3, "nothing")],
    "deleted under another name": [put(0, 1, "a"), delete(2, 3, wanted="b")],
}


@pytest.mark.parametrize("operations", RIGHT.values(), ids=RIGHT)
def test_what_can_have_happened_is_explained(operations):
    assert explained(operations) is None


@pytest.mark.parametrize("operations", WRONG.values(), ids=WRONG)
def test_what_cannot_have_happened_is_refused(operations):
    assert explained(operations) is not None


def one_register(draw, count):
    """A history of clients that ask one true register, each operation at some instant between its two; some answers lost."""
    asked, state, operations = 0.0, None, []
    for number in range(count):
        asked += draw.random()
        verb = draw.choice(["put", "put if new", "put if there", "get", "delete"])
        one = Operation("k", verb, asked - draw.random() * 2, f"v{number}", None, asked + draw.random() * 2, "done")
        if verb == "put if there":
            one.wanted = state if state and draw.random() < 0.5 else "v-none"
        if verb == "get":
            one.value = state
        elif after := step(state, one):
            state = after[0]
        else:
            one.outcome = "nothing" if verb == "delete" else "refused"
        if verb != "get" and draw.random() < 0.1:
            one.outcome, one.answered = None, NEVER
        operations.append(one)
    return operations


@pytest.mark.parametrize("seed", range(20))
def test_a_true_register_is_believed_and_one_lie_in_it_is_not(seed):
    draw = random.Random(seed)
    operations = one_register(draw, 50)
    assert explained(operations) is None
    reads = [one for one in operations if one.verb == "get"]
    draw.choice(reads).value = "never put"
    assert explained(operations) is not None


def test_a_ledger_keeps_the_order_of_what_was_answered():
    right = [put(0, 5, "a", receipt="l/1"), put(1, 2, "b", receipt="l/0"), put(6, 7, "c", receipt="l/2")]
    assert out_of_order(right) is None
    late = [put(0, 1, "a", receipt="l/5"), put(2, 3, "b", receipt="l/4")]
    assert out_of_order(late) == (late[1], late[0])
    same = [put(0, 1, "a", receipt="l/5"), put(0, 3, "b", receipt="l/5")]
    assert out_of_order(same) is not None


def history(*operations):
    made = History()
    for one in operations:
        made.note(one)
    return made


def test_a_receipt_is_in_the_ledger_once_and_says_the_same():
    entry = ("l", 3, "object.put", "k", "a")
    right = history(put(0, 1, "a", receipt="l/3"))
    right.judge()
    right.judge_entries([entry])
    for entries in ([], [("l", 3, "object.put", "k", "b")], [("l", 3, "object.delete", "k", None)]):
        with pytest.raises(AssertionError):
            right.judge_entries(entries)
    with pytest.raises(AssertionError, match="twice"):
        right.judge_entries([entry, ("l", 4, "object.put", "k", "a")])
    with pytest.raises(AssertionError, match="by nobody"):
        right.judge_entries([entry, ("l", 4, "object.put", "k", "z")])
    with pytest.raises(AssertionError, match="no order"):
        history(*WRONG["a lost act"]).judge()


def test_what_no_entry_can_be_never_happened():
    seen = History()
    lost = [put(0, NEVER, f"lost-{number}", outcome=None) for number in range(40)]
    there = put(0, NEVER, "there", outcome=None)
    gone = delete(0, NEVER, outcome=None)
    for one in [*lost, there, gone, get(1, 2, "there")]:
        seen.note(one)
    entries = [("l", 3, "object.put", "k", "there")]
    seen.judge(entries)
    seen.note(get(3, 4, None))
    with pytest.raises(AssertionError, match="no order explains"):
        seen.judge(entries)
    seen.judge([*entries, ("l", 4, "object.delete", "k", None)])
    seen.note(get(5, 6, "lost-7"))
    with pytest.raises(AssertionError, match="no order explains"):
        seen.judge([*entries, ("l", 4, "object.delete", "k", None)])

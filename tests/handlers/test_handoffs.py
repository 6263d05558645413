"""A lead handed over, and what becomes of it, pressed and typed by people."""
import time
from tests.handlers.floor import Floor, errors, fill, press, shown, submit, told, top


def test_a_marketer_hands_a_lead_over_and_reads_who_is_asked(floor: Floor) -> None:
    t=time.time()
    floor.mika.types("/handoff Acme &amp; Sons", "#general")
    assert shown(floor.mika) == "hand_over"
    print("A", time.time()-t)
    fill(floor.mika, {"did": "Asked for a demo"})
    submit(floor.mika, "hand_over")
    print("B", time.time()-t)
    assert shown(floor.mika) == "handed_over"
    print(floor.mika.modal.text)
    c = floor.card()
    print("C", time.time()-t)
    print(c.text)
    assert 0

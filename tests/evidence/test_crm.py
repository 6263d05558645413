from collections import Counter
import time
from tests.evidence.day import Day

def test_day(day: Day) -> None:
    print(Counter(l.standing for l in day.look().values()))
    print(sum((c.done for c in day.cases), Counter()))
    print([ (f.kind,f.method,f.times,f.struck) for f in day.world.sandbox.slack.faults.standing()])
    print(Counter(r.getMessage() for r in day.world.errors.records))
    for r in day.world.errors.records[:5]:
        if r.exc_info: print(repr(r.exc_info[1]))
    print(day.world.now)

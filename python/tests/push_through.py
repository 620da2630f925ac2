"""
Pushes hints while somebody else restarts the daemon, and accounts for each. Says on every line how many it has
pushed, and with the last one, as JSON, what became of them.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import Any, Counter as CounterOf, List

from tests.daemon import DEXES, PATH
from turbo_mev import Hint, RateLimited, TurboMev, TurboMevError

BATCH = 10
PATIENT = 30.0
IMPATIENT = 0.1
FAILURES_IN_A_ROW = 3


def until_it_answers(client: TurboMev) -> None:
    while True:
        try:
            client.version()
            return
        except TurboMevError:
            time.sleep(0.01)


def main(total: int) -> None:
    hints = [Hint(path=PATH, dexes=DEXES, ttl_ms=1_000) for _ in range(total)]
    verdicts: CounterOf[str] = Counter()
    raised: CounterOf[str] = Counter()
    errors: CounterOf[str] = Counter()
    failures = 0
    with TurboMev() as client:
        for start in range(0, total, BATCH):
            batch = hints[start : start + BATCH]
            answered: List[Any] = []
            try:
                # One in four waits through a restart and is sent again; the others have no time for that.
                answered = client.push(batch, timeout=PATIENT if start % (4 * BATCH) == 0 else IMPATIENT)
                failures = 0
            except TurboMevError as error:
                answered = [*error.partial]
                raised.update({hint.id for hint in batch} - {verdict.id for verdict in answered})
                errors[type(error).__name__] += 1
                failures += 1
                if isinstance(error, RateLimited):
                    time.sleep(error.retry_after)
            verdicts.update(verdict.id for verdict in answered)
            print(start + len(batch), flush=True)
            if failures >= FAILURES_IN_A_ROW:
                until_it_answers(client)
                failures = 0
    known = {hint.id for hint in hints}
    account = {
        "hints": total,
        "verdicts": len(verdicts),
        "raised": len(raised),
        "more than once": [id for id, times in (verdicts + raised).items() if times > 1],
        "without": len(known - {*verdicts} - {*raised}),
        "errors": errors,
    }
    print(json.dumps(account), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))

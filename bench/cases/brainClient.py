"""The brain of the case `brain`: a job as JSON on stdin, its figures as JSON on stdout. Times are microseconds."""

import json
import sys
import time

job = json.load(sys.stdin)
sys.path.insert(0, job["python"])
from turbo_mev import TurboMev  # noqa: E402


def timed(calls, call):
    """Microseconds of each call."""
    taken = []
    for one in calls:
        start = time.perf_counter_ns()
        call(one)
        taken.append((time.perf_counter_ns() - start) / 1_000)
    return taken


def hops_of(route, pools):
    """The seed's way: by the route's tokens and exchanges to the reserves."""
    path, dexes = route["path"], route["dexes"]
    return [pools[f"{path[i]} {path[i + 1]} {dex}"] for i, dex in enumerate(dexes)]


def quote(hops, amount):
    for reserve_in, reserve_out, fee in hops:
        paid = amount * (1_000_000 - fee)
        amount = paid * reserve_out / (reserve_in * 1_000_000 + paid)
    return amount


GOLDEN = 0.6180339887498949
ROUNDS = 40


def best(route, pools):
    """The best gain by golden section: the question that the daemon answers, before gas."""
    hops = hops_of(route, pools)
    low, high = 0.0, hops[0][0]
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = quote(hops, left) - left, quote(hops, right) - right
    for _ in range(ROUNDS):
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = quote(hops, left) - left
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = quote(hops, right) - right
    return max(at_left, at_right)


def routes(mev):
    asked, pools = job["routes"], job["pools"]
    warm_up, few = asked[: job["warmUp"]], asked[:300]
    answers = []
    for _ in range(len(warm_up)):
        mev.version()
    version = timed(few, lambda _: mev.version())
    for route in warm_up:
        mev.process_route(route)
    taken = timed(asked[job["warmUp"] :], lambda route: answers.append(mev.process_route(route)))
    return {
        "version": version,
        "processRoute": taken,
        "best": timed(few, lambda route: best(route, pools)),
        "quote": timed(few, lambda route: quote(hops_of(route, pools), 1e18)),
        "answers": [
            {
                "profitable": one.profitable,
                "net": None if one.net_wei is None else str(one.net_wei),
                "profit": None if one.profit is None else str(one.profit),
                "amountIn": None if one.amount_in is None else str(one.amount_in),
            }
            for one in answers
        ],
    }


def arbitrage(mev):
    lists, pools = job["lists"], job["pools"]
    for _ in range(job["warmUp"]):
        mev.find_arbitrage(lists[0])
    turns = [lists[i % len(lists)] for i in range(job["rounds"])]
    return {
        "findArbitrage": timed(turns, mev.find_arbitrage),
        "best": timed(turns[:2], lambda routes: [best(route, pools) for route in routes]),
    }


def hints(mev):
    pushed, accepted, own = job["hints"], 0, 0
    mev.push(pushed)
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < job["seconds"]:
        verdicts = mev.push(pushed)
        count += len(verdicts)
        accepted += sum(one.accepted for one in verdicts)
    seconds = time.perf_counter() - start
    return {"count": count, "accepted": accepted, "perSecond": count / seconds}


with TurboMev(job["socket"], timeout=5.0) as client:
    print(json.dumps({"routes": routes, "arbitrage": arbitrage, "hints": hints}[job["what"]](client)))
